"""Saying something on `trends`, and waiting until every replica has it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from kit.cloudevents import headers_of
from schemas.event import Envelope, Event
from schemas.trends.trends import TRENDS

NAMES = UUID("0f4d7c2e-2f0b-4a0e-9a39-7f6f1f2f5b1d")


@dataclass(frozen=True)
class Voice:
    """Says events under ids drawn from their cause: said twice, it is one."""

    topic: Any

    async def say(self, event: Event, named: str, at: datetime, cause: Envelope | None = None) -> None:
        """Say an event whose id is drawn from `named`."""
        key, identity = TRENDS.key_of(event), uuid5(NAMES, named)
        envelope = Envelope(
            id=identity,
            type=type(event).__name__,
            source="trends",
            time=at,
            subject=key,
            correlation_id=cause.correlation_id if cause else identity,
            causation_id=cause.id if cause else None,
            traceparent=cause.traceparent if cause else None,
        )
        sent = await self.topic.send(key=key.encode(), value=event.model_dump_json().encode(), headers=dict(headers_of(envelope)))
        await sent
