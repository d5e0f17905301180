"""What every agent does with a record: decode inside, try again, set aside, never raise."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import structlog

from kit.cloudevents import envelope_of, event_of, known_types, type_of
from kit.errors import Rejected
from kit.metrics import Metrics
from schemas.event import Envelope, Event

log = structlog.get_logger("trends")
TRIES = 5


@dataclass(frozen=True)
class Fact:
    """An event with its envelope and the place where it lies."""

    event: Event
    envelope: Envelope
    key: str
    topic: str
    partition: int
    offset: int

    @property
    def place(self) -> str:
        """The field of a row that holds how far it has taken this source in."""
        return f"offset {self.topic}"


Take = Callable[[Fact], Awaitable[None]]


@dataclass(frozen=True)
class Care:
    """Handles one record after another. A bug or an absent broker ends the process, with the event not acknowledged."""

    metrics: Metrics
    topics: Mapping[str, str]
    """Topic names by Kafka name."""

    async def of(self, message: Any, value: bytes, take: Take) -> None:
        """Handle one record; a kind that nobody here knows is passed by."""
        topic = self.topics[message.topic]
        for attempt in range(TRIES):
            try:
                if fact := _fact(message, value, topic):
                    await take(fact)
                self.metrics.handled(topic, 1, 0.0)
                return
            except Rejected as error:
                self.metrics.dead_letter(topic)
                log.error("event set aside", topic=topic, partition=message.partition, offset=message.offset, error=str(error))
                return
            except Exception:
                log.exception("trying again", topic=topic, partition=message.partition, offset=message.offset)
                await asyncio.sleep(0.1 * 2**attempt)
        os._exit(70)


def _fact(message: Any, value: bytes, topic: str) -> Fact | None:
    given: Iterable[tuple[str, Any]] = message.headers.items() if hasattr(message.headers, "items") else message.headers
    headers = [(name, bytes(body)) for name, body in given]
    kind = known_types().get(type_of(headers) or "")
    if kind is None or kind.__name__ in UNREAD:
        return None
    envelope = envelope_of(headers)
    return Fact(event_of(kind, value), envelope, (message.key or b"").decode(), topic, message.partition, message.offset)


UNREAD = {"TrendComputed", "SessionSummarised", "AlarmLoadComputed"}
"""What trends says for others; it listens to itself only for what it counts."""
