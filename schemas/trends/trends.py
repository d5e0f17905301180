"""Trends: what the readings of a session amount to."""

from uuid import UUID

from schemas.event import Event, Instant, Part
from schemas.topic import SESSION_PARTITIONS, Topic


class Trend(Part):
    """One vital sign's course."""

    code: str
    unit: str
    baseline: float
    latest: float
    change: float
    """Latest less baseline, in the unit."""
    slope_per_minute: float
    """Least-squares slope over the window, in the unit per minute."""
    samples: int


class TrendComputed(Event):
    """This is how a session's vital signs move. It informs; it never decides an alarm."""

    session_id: UUID
    trends: tuple[Trend, ...]
    window_minutes: int
    computed_at: Instant


TRENDS = Topic("trends", "trends", (TrendComputed,), key=("session_id",), partitions=SESSION_PARTITIONS)
