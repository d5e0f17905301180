"""A session begins to count when its infusion starts, and is over when the patient is away."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from schemas.event import Event
from schemas.trends.trends import LoadCount
from services.trends.rules.rows import Row, noted
from services.trends.rules.vitals import settle

HOUR = 3600
OVER = {
    "PatientDischarged": "discharged_at",
    "SessionCancelled": "cancelled_at",
    "PatientTransferred": "transferred_at",
    "PatientLeftAgainstAdvice": "left_at",
}
"""Events that end a session, by name because not every release has them all, and the field of their instant."""


def over_at(event: Event, said_at: datetime) -> datetime | None:
    """When an event ended a session; None for an event that ends none."""
    field = OVER.get(type(event).__name__)
    return getattr(event, field, said_at) if field else None


def start(row: Row, at: float) -> tuple[Row, tuple[LoadCount, ...]]:
    """The infusion started: what was measured until now is the baseline. A second start changes nothing."""
    if row["started"] is not None:
        return row, ()
    signs: dict[str, Any] = {}
    for code, sign in row["signs"].items():
        signs[code] = {**sign, "pending": {}}
        for minute, stretch in sorted((int(minute), stretch) for minute, stretch in sign["pending"].items()):
            settle(signs[code], minute, stretch, at)
    new = noted({**row, "started": at, "signs": signs}, at)
    return new, (LoadCount(what="start", at=instant(at)), *_ended(new))


def end(row: Row, at: float) -> tuple[Row, tuple[LoadCount, ...]]:
    """The session is over. A second end changes nothing."""
    if row["over"] is not None:
        return row, ()
    new = noted({**row, "over": at}, at)
    return new, _ended(new)


def _ended(row: Row) -> tuple[LoadCount, ...]:
    """Once both are known, the infusion no longer runs, and its hours are known."""
    started, over = row["started"], row["over"]
    if started is None or over is None:
        return ()
    return (LoadCount(what="over", at=instant(started)), *watched(started, over))


def watched(started: float, over: float) -> Iterator[LoadCount]:
    """A session's time, cut at full hours."""
    while started < over:
        until = min(started - started % HOUR + HOUR, over)
        yield LoadCount(what="watched", at=instant(started), seconds=until - started)
        started = until


def instant(at: float) -> datetime:
    """Seconds since the epoch as an instant."""
    return datetime.fromtimestamp(at, UTC)
