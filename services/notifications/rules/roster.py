"""The roster: shifts, rotations, covers and chairs, and who that makes there at an instant."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from uuid import UUID

from schemas.scheduling.staff import Role
from services.notifications.rules.covers import Cover, covering, resolve
from services.notifications.rules.oncall import Rotation, Turn, on_call, turns
from services.notifications.rules.people import Member

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Shift:
    """Somebody is on duty for this time."""

    staff_id: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class Chair:
    """Somebody has a chair, by an assignment or since it was handed over."""

    assignment_id: UUID
    staff_id: str
    chair: int


@dataclass(frozen=True)
class Roster:
    """Everybody who works here, and what was planned for a time. `chairs` are those of its beginning."""

    roles: Mapping[str, Role]
    shifts: Sequence[Shift] = ()
    rotations: Sequence[Rotation] = ()
    covers: Sequence[Cover] = ()
    chairs: Sequence[Chair] = ()


def members_at(roster: Roster, at: datetime) -> list[Member]:
    """Everybody as they are at an instant: who is covered is not there, and whoever covers is in their place."""
    covered = covering(roster.covers, at)
    on_duty = {resolve(shift.staff_id, covered) for shift in roster.shifts if shift.starts_at <= at < shift.ends_at}
    chairs: dict[str, set[int]] = {}
    for chair in roster.chairs:
        chairs.setdefault(resolve(chair.staff_id, covered), set()).add(chair.chair)
    called: dict[str, set[Role]] = {}
    for rotation in roster.rotations:
        if (whose := on_call(rotation, at)) is not None:
            called.setdefault(resolve(whose, covered), set()).add(rotation.role)
    return [
        Member(
            staff_id, role, staff_id in on_duty, frozenset(chairs.get(staff_id, ())), on_call=frozenset(called.get(staff_id, ()))
        )
        for staff_id, role in sorted(roster.roles.items())
    ]


def course(roster: Roster, since: datetime, until: datetime) -> Iterator[tuple[datetime, datetime, list[Member]]]:
    """Who is there between two instants, a row for each time in which nothing changes. Chairs are left out.

    By the day, so that a month costs thirty times a day and not nine hundred.
    """
    while since < until:
        end = min(since + DAY, until)
        today = _between(roster, since, end)
        for starts, ends in pairwise(sorted({since, end, *_changes(today, since, end)})):
            yield starts, ends, members_at(today, starts)
        since = end


def _between(roster: Roster, since: datetime, until: datetime) -> Roster:
    return replace(
        roster,
        shifts=[one for one in roster.shifts if one.starts_at < until and since < one.ends_at],
        covers=[one for one in roster.covers if one.starts_at < until and since < one.ends_at],
        chairs=(),
    )


def _changes(roster: Roster, since: datetime, until: datetime) -> set[datetime]:
    spans: list[Shift | Cover | Turn] = [*roster.shifts, *roster.covers]
    for rotation in roster.rotations:
        spans += turns(rotation, since, until)
    return {instant for one in spans for instant in (one.starts_at, one.ends_at) if since < instant < until}
