"""Origin: where a transaction comes from."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from schemas.event import Envelope


@dataclass(frozen=True)
class Origin:
    """Where a transaction comes from: who acts, on what, and as part of which story."""

    actor: str
    correlation_id: UUID
    cause: Envelope | None = None
    due_at: datetime | None = None
    traceparent: str | None = None
