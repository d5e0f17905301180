"""Waitlist: who waits for a place, and why there was none."""

from uuid import UUID

from schemas.event import Event, Instant
from schemas.topic import Topic


class WaitlistJoined(Event):
    """There was no place for this series, so the patient waits."""

    patient_id: UUID
    order_id: UUID
    reasons: tuple[str, ...]
    joined_at: Instant


WAITLIST = Topic("waitlist", "scheduling", (WaitlistJoined,), key=("patient_id",))
