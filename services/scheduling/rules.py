"""What scheduling decides: a place for each infusion of a series, or the reasons why there is none."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from kit.tables import Row, Table

SEARCH_DAYS = 28
"""How far ahead the first infusion is looked for."""


class Induction(Row):
    """How a series is spread."""

    least_days: int
    most_days: int
    least_gap_hours: int
    usual_gap_days: int
    most_gap_days: int


class ChairTime(Row):
    """How long a chair is needed beyond the infusion."""

    recovery_minutes: int


class Planning(Table):
    """Scheduling's numbers."""

    induction: Induction
    chair: ChairTime


@dataclass(frozen=True)
class Hours:
    """When the clinic is open, in its own time zone."""

    zone: ZoneInfo
    opens: time
    closes: time
    days: frozenset[int]
    """ISO weekdays, 1 is Monday."""
    step: timedelta


@dataclass(frozen=True)
class Busy:
    """A chair, or the patient where chair is None, is taken."""

    chair: int | None
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class Place:
    """A chair for a time."""

    chair: int
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class NoPlace:
    """Why a series cannot be placed."""

    reasons: tuple[str, ...]


def chair_time(duration_minutes: int, preparation_minutes: int, planning: Planning) -> timedelta:
    """How long one infusion takes a chair."""
    return timedelta(minutes=preparation_minutes + duration_minutes + planning.chair.recovery_minutes)


def plan(
    infusions: int, length: timedelta, now: datetime, chairs: int, hours: Hours, busy: Sequence[Busy], planning: Planning
) -> tuple[Place, ...] | NoPlace:
    """Earliest places for a series: the first as soon as a chair is free, the others spread as the protocol says."""
    rule = planning.induction
    today = now.astimezone(hours.zone).date()
    free: dict[date, Place | None] = {}

    def on(day: date) -> Place | None:
        if day not in free:
            free[day] = _earliest(day, length, now, chairs, hours, busy)
        return free[day]

    for first in range(SEARCH_DAYS):
        begun = on(today + timedelta(days=first))
        if begun is not None:
            found = _following([begun], infusions, on, rule)
            if found is not None:
                return tuple(found)
    if not any(on(today + timedelta(days=d)) for d in range(SEARCH_DAYS)):
        return NoPlace((f"no chair is free for {length.total_seconds() / 60:.0f} minutes within {SEARCH_DAYS} days",))
    return NoPlace(
        (f"{infusions} infusions do not fit into {rule.least_days} to {rule.most_days} days with the chairs that are free",)
    )


def _following(placed: list[Place], infusions: int, on: Callable[[date], Place | None], rule: Induction) -> list[Place] | None:
    """Place the rest, nearest to the usual gap first, going back where a choice leads nowhere."""
    left = infusions - len(placed)
    begun, last = placed[0].starts_at, placed[-1]
    if left == 0:
        long_enough = infusions == 1 or last.starts_at - begun >= timedelta(days=rule.least_days)
        return placed if long_enough else None
    for gap in sorted(range(1, rule.most_gap_days + 1), key=lambda days: (abs(days - rule.usual_gap_days), days)):
        place = on(last.starts_at.date() + timedelta(days=gap))
        if place is None or place.starts_at - last.starts_at < timedelta(hours=rule.least_gap_hours):
            continue
        span = place.starts_at - begun
        if span > timedelta(days=rule.most_days):
            continue
        found = _following([*placed, place], infusions, on, rule)
        if found is not None:
            return found
    return None


def _earliest(day: date, length: timedelta, now: datetime, chairs: int, hours: Hours, busy: Sequence[Busy]) -> Place | None:
    for start in _starts(day, length, now, hours):
        end = start + length
        overlapping = [b for b in busy if b.starts_at < end and start < b.ends_at]
        if any(b.chair is None for b in overlapping):
            continue
        taken = {b.chair for b in overlapping}
        for chair in range(1, chairs + 1):
            if chair not in taken:
                return Place(chair, start, end)
    return None


def _starts(day: date, length: timedelta, now: datetime, hours: Hours) -> Iterator[datetime]:
    if day.isoweekday() not in hours.days:
        return
    start = datetime.combine(day, hours.opens, hours.zone)
    closes = datetime.combine(day, hours.closes, hours.zone)
    while start + length <= closes:
        if start >= now:
            yield start
        start += hours.step
