"""The catalogue: every topic and event of the house, found by walking this folder."""

import importlib
import pkgutil
from functools import cache
from pathlib import Path

from schemas.event import Event
from schemas.topic import Topic


@cache
def topics() -> dict[str, Topic]:
    """Topics by name, from `schemas/<producer>/<topic>.py`. Raises ValueError when a file breaks the law of names."""
    found: dict[str, Topic] = {}
    for producer in sorted(p for p in Path(__file__).parent.iterdir() if (p / "__init__.py").exists()):
        for module in pkgutil.iter_modules([str(producer)]):
            path = f"schemas.{producer.name}.{module.name}"
            declared = [v for v in vars(importlib.import_module(path)).values() if isinstance(v, Topic)]
            mine = [t for t in declared if (t.producer, t.name) == (producer.name, module.name)]
            if len(mine) != 1:
                raise ValueError(f"{path} must declare exactly one Topic named {module.name!r} of producer {producer.name!r}")
            if module.name in found:
                raise ValueError(f"two topics are named {module.name!r}")
            found[module.name] = mine[0]
    return found


@cache
def events() -> dict[str, tuple[type[Event], Topic]]:
    """Event classes and their topics by event name. Raises ValueError when a name is used twice."""
    found: dict[str, tuple[type[Event], Topic]] = {}
    for topic in topics().values():
        for event in topic.events:
            if event.__name__ in found:
                raise ValueError(f"two events are named {event.__name__}")
            found[event.__name__] = (event, topic)
    return found
