"""Logs: one JSON line an entry, and no value of an exception or a local variable in it."""

import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog

from kit.errors import Rejected
from kit.logs import configure_logging

Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    logging.captureWarnings(False)
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Lines:
    return lambda: [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def fail(error: Exception) -> None:
    patient = "Ada Lovelace"
    assert patient
    raise error


@pytest.mark.parametrize(
    "error", [ValueError("Ada Lovelace"), KeyError("Ada Lovelace"), ExceptionGroup("two", [ValueError("Ada Lovelace")])]
)
def test_neither_the_text_of_an_error_nor_its_locals_are_written(lines: Lines, error: Exception) -> None:
    configure_logging("probe")
    for name in ("kit.probe", "uvicorn.error"):
        try:
            fail(error)
        except Exception:
            structlog.get_logger(name).exception("failed")
            logging.getLogger(name).exception("failed")
    said = lines()
    assert len(said) == 4
    assert "Lovelace" not in json.dumps(said)
    assert all(type(error).__name__ in json.dumps(one["exception"]) and "fail" in json.dumps(one["exception"]) for one in said)


def test_our_own_words_are_written(lines: Lines) -> None:
    configure_logging("probe")
    try:
        fail(Rejected("the unit is not known"))
    except Rejected:
        structlog.get_logger("kit.probe").exception("failed")
    assert "the unit is not known" in json.dumps(lines())


def test_asyncio_does_not_tell_what_a_lost_task_raised(lines: Lines) -> None:
    configure_logging("probe")
    logging.getLogger("asyncio").error("Task exception was never retrieved\nfuture: <Task exception=ValueError('Ada Lovelace')>")
    [line] = lines()
    assert line["event"] == "Task exception was never retrieved"
    assert line["service"] == "probe"


def test_uvicorns_colours_are_left_out(lines: Lines) -> None:
    configure_logging("probe")
    logging.getLogger("uvicorn.error").info("started", extra={"color_message": "\x1b[1mstarted"})
    [line] = lines()
    assert "color_message" not in line
    assert (line["event"], line["level"]) == ("started", "info")


def test_apprise_writes_no_address_into_its_faults(lines: Lines) -> None:
    configure_logging("probe")
    logging.getLogger("apprise").error("Failed to send to %s", "a-secret-token")
    assert lines() == []
