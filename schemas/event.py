"""Event is a fact; Envelope is how the fact travelled."""

from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

Instant = AwareDatetime
"""A moment with its offset from UTC; a naive one is refused."""


class Event(BaseModel):
    """Something that happened, in the past tense. Frozen; unknown fields are ignored, so a producer may ship first."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class Part(BaseModel):
    """A piece of an event that has no life of its own."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class Envelope(Part):
    """How an event travelled: CloudEvents 1.0 attributes and the three extensions Chairside adds."""

    id: UUID
    type: str
    """The event's class name."""
    source: str
    """The service that said it."""
    time: Instant
    """When it was decided, on the domain clock."""
    subject: str
    """The key, which is also the Kafka record's key."""
    correlation_id: UUID
    """The first cause: the command, timer or reading that began it all."""
    causation_id: UUID | None = None
    """The event that this one answers."""
    sequence: Annotated[int, Field(ge=0)] = 0
    """Counts up per topic and key, from 1; 0 where no outbox numbered it. It shows gaps and decides nothing."""
    traceparent: str | None = None
    """W3C trace context."""
