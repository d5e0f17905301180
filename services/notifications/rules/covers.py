"""Cover: who stands in for whom, for how long, and who may."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from schemas.scheduling.staff import Role

STANDS_IN: dict[Role, tuple[Role, ...]] = {
    "nurse": ("nurse", "charge nurse"),
    "charge nurse": ("charge nurse",),
    "prescriber": ("prescriber",),
    "medical director": ("medical director",),
}
"""Who may do the work of a role: those of the role, and for a nurse a charge nurse."""


@dataclass(frozen=True)
class Cover:
    """Whoever would tell the absent tells the cover, during this time."""

    cover_id: UUID
    absent: str
    cover: str
    starts_at: datetime
    ends_at: datetime
    made_at: datetime


def stands_in(role: Role | None, needed: Role) -> bool:
    """Whether somebody of a role may do the work of another."""
    return role in STANDS_IN[needed]


def covering(covers: Sequence[Cover], at: datetime) -> dict[str, str]:
    """Who is covered by whom at an instant."""
    return {one.absent: one.cover for one in covers if one.starts_at <= at < one.ends_at}


def resolve(staff_id: str, covered: Mapping[str, str]) -> str:
    """Who is told in somebody's place: the end of the chain of covers."""
    seen = {staff_id}
    while (cover := covered.get(staff_id)) is not None and cover not in seen:
        seen.add(cover)
        staff_id = cover
    return staff_id


def overlapping(covers: Sequence[Cover], wanted: Cover) -> Cover | None:
    """A cover of the same absent that shares time with another."""
    return next((one for one in covers if one.absent == wanted.absent and _share(one, wanted.starts_at, wanted.ends_at)), None)


def circle(covers: Sequence[Cover], wanted: Cover) -> list[str]:
    """The chain of people by which a cover would lead back to the absent at some instant; empty when it does not."""
    return _walk(covers, wanted.absent, [wanted.absent, wanted.cover], wanted.starts_at, wanted.ends_at)


def _walk(covers: Sequence[Cover], home: str, path: list[str], since: datetime, until: datetime) -> list[str]:
    for one in covers:
        if one.absent != path[-1] or not _share(one, since, until):
            continue
        if one.cover == home:
            return [*path, home]
        if one.cover in path:
            continue
        found = _walk(covers, home, [*path, one.cover], max(since, one.starts_at), min(until, one.ends_at))
        if found:
            return found
    return []


def _share(cover: Cover, since: datetime, until: datetime) -> bool:
    return cover.starts_at < until and since < cover.ends_at
