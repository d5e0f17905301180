"""On call outside shifts: whose turn it is, by the clock on the wall of a rotation's own time zone."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from schemas.scheduling.staff import Role


@dataclass(frozen=True)
class Rotation:
    """Members who are on call in turn, while it is in force. A rotation that is changed is another one from then on."""

    rotation_id: str
    role: Role
    time_zone: str
    """An IANA name."""
    members: tuple[str, ...]
    first_date: date
    """The local date on which the first member's first turn begins."""
    hand_over: time
    """Local."""
    days: int
    """How long a turn is."""
    since: datetime
    until: datetime | None = None
    made_at: datetime = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Turn:
    """Somebody is on call for this time."""

    staff_id: str
    starts_at: datetime
    ends_at: datetime


def hand_over_at(rotation: Rotation, number: int) -> datetime:
    """When a turn begins, in UTC; turn 0 is the first member's first.

    A local time that a night leaves out counts on from before the change (02:30 is then 03:30); one that a night has twice is
    the first of the two (PEP 495, fold 0). So each turn has one beginning, and ends where the next one begins.
    """
    day = rotation.first_date + timedelta(days=number * rotation.days)
    return datetime.combine(day, rotation.hand_over, ZoneInfo(rotation.time_zone)).astimezone(UTC)


def first_hand_over(rotation: Rotation) -> datetime:
    """From when somebody is on call by this rotation, were it in force."""
    return hand_over_at(rotation, 0)


def in_force(rotation: Rotation, at: datetime) -> bool:
    """Whether a rotation says at an instant who is on call."""
    begun = max(rotation.since, first_hand_over(rotation)) <= at
    return begun and (rotation.until is None or at < rotation.until)


def on_call(rotation: Rotation, at: datetime) -> str | None:
    """Who is on call at an instant; None while the rotation is not in force."""
    return _member(rotation, turn_at(rotation, at)) if in_force(rotation, at) else None


def turns(rotation: Rotation, since: datetime, until: datetime) -> list[Turn]:
    """Who is on call between two instants, in order, without gap or overlap; the first and the last turn are cut to them."""
    at = max(since, rotation.since, first_hand_over(rotation))
    end = until if rotation.until is None else min(until, rotation.until)
    found = []
    while at < end:
        number = turn_at(rotation, at)
        ends = min(hand_over_at(rotation, number + 1), end)
        found.append(Turn(_member(rotation, number), at, ends))
        at = ends
    return found


def turn_at(rotation: Rotation, at: datetime) -> int:
    """The number of the turn that an instant lies in."""
    today = at.astimezone(ZoneInfo(rotation.time_zone)).date()
    number = (today - rotation.first_date).days // rotation.days
    while hand_over_at(rotation, number) > at:
        number -= 1
    while hand_over_at(rotation, number + 1) <= at:
        number += 1
    return number


def _member(rotation: Rotation, number: int) -> str:
    return rotation.members[number % len(rotation.members)]
