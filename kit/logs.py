"""Logs: one JSON line an entry, from every library alike, and never a payload or a local variable."""

import logging
import logging.config
import sys
from typing import Any

import structlog
from structlog.tracebacks import ExceptionDictTransformer

QUIET = ("aiokafka", "asyncio", "httpx", "httpx2", "uvicorn.access")
SILENT = ("apprise",)
"""It writes addresses, tokens and numbers into its faults; what went wrong is said by the job."""


TELLING = frozenset(
    {
        "AttributeError",
        "ConnectionRefusedError",
        "ConnectionResetError",
        "ImportError",
        "ModuleNotFoundError",
        "NameError",
        "Rejected",
        "SettingsRefused",
        "TableRefused",
        "TimeoutError",
        "TryLater",
    }
)
"""Exceptions whose text is about code and machines; every other text stays out of the log, its frames do not."""


def _drop_colour(_: Any, __: str, entry: dict[str, Any]) -> dict[str, Any]:
    entry.pop("color_message", None)
    return entry


def _without_values(_: Any, __: str, entry: dict[str, Any]) -> dict[str, Any]:
    """Only these say nothing of a patient; others quote a key, a row or a field."""
    _silence(entry.get("exception"))
    return entry


def _silence(chain: Any) -> None:
    for link in chain if isinstance(chain, list) else ():
        if link.get("exc_type") not in TELLING:
            link["exc_value"], link["exc_notes"] = "", []
        for inner in link.get("exceptions", ()):
            _silence(inner)


def _first_line(_: Any, __: str, entry: dict[str, Any]) -> dict[str, Any]:
    """asyncio puts the failed task below its own words, and in it the text of the exception."""
    if entry.get("logger") == "asyncio":
        entry["event"] = str(entry.get("event", "")).partition("\n")[0]
    return entry


def configure_logging(service: str, level: str = "INFO") -> None:
    """Send everything to stdout as JSON, with the service's name. Call once, at the start of a process."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False)),
        _without_values,
    ]
    formatter = {
        "()": structlog.stdlib.ProcessorFormatter,
        "foreign_pre_chain": [*shared, structlog.stdlib.ExtraAdder(), _drop_colour, _first_line],
        "processors": [
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(),
        ],
    }
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"json": formatter},
            "handlers": {"out": {"class": "logging.StreamHandler", "stream": sys.stdout, "formatter": "json"}},
            "root": {"handlers": ["out"], "level": level},
            "loggers": {name: {"level": "ERROR"} for name in QUIET} | {name: {"level": "CRITICAL"} for name in SILENT},
        }
    )
    logging.captureWarnings(True)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        cache_logger_on_first_use=False,
    )
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(service=service)
