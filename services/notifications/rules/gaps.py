"""Gaps: when a step of a policy would find nobody. They are judged by the function that pages, so they cannot differ from it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from schemas.scheduling.staff import Role
from services.notifications.rules.people import NURSES, Member, Whom, whom
from services.notifications.rules.roster import Roster, course

ROLES_OF: dict[Whom, tuple[Role, ...]] = {
    "second nurse": NURSES,
    "prescriber": ("prescriber",),
    "charge nurse": ("charge nurse",),
    "medical director": ("medical director",),
}
"""Kinds that a roster alone can be judged for: a bedside nurse is a chair's, and all staff are whoever is there."""
ANY_CHAIR = 0


@dataclass(frozen=True)
class Gap:
    """Nobody of a kind is on duty or on call for this time."""

    kind: Whom
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class Unreachable:
    """Somebody is on duty or on call, first at this instant, and no way to reach them is known."""

    staff_id: str
    first_at: datetime


@dataclass(frozen=True)
class Judgement:
    """What a roster lacks."""

    gaps: tuple[Gap, ...]
    unreachable: tuple[Unreachable, ...]
    unjudged: tuple[Whom, ...]
    """Kinds of which people have shifts and no rotation: whether their nights need anybody is not known here."""


def judge(roster: Roster, told: Collection[Whom], contacts: Collection[str], since: datetime, until: datetime) -> Judgement:
    """What a roster lacks between two instants, for the kinds that policies tell.

    A kind with a rotation is judged round the clock; one without is a gap only where nobody of it is planned at all.
    """
    kinds = [kind for kind in ROLES_OF if kind in told]
    round_the_clock = with_rotation(roster)
    found = gaps(roster, kinds, since, until)
    empty = {gap.kind for gap in found if (gap.starts_at, gap.ends_at) == (since, until)}
    return Judgement(
        tuple(gap for gap in found if gap.kind in round_the_clock or gap.kind in empty),
        unreachable(roster, contacts, since, until),
        tuple(kind for kind in kinds if kind not in round_the_clock and kind not in empty),
    )


def with_rotation(roster: Roster) -> set[Whom]:
    """The kinds for which somebody is on call by a rotation."""
    called = {rotation.role for rotation in roster.rotations}
    return {kind for kind, roles in ROLES_OF.items() if called & set(roles)}


def gaps(roster: Roster, kinds: Collection[Whom], since: datetime, until: datetime) -> list[Gap]:
    """When nobody of a kind would be told, in the order of kinds and time."""
    found: dict[Whom, list[Gap]] = {kind: [] for kind in kinds}
    for starts, ends, staff in course(roster, since, until):
        for kind, of_kind in found.items():
            if _somebody(kind, staff):
                continue
            begun = of_kind.pop().starts_at if of_kind and of_kind[-1].ends_at == starts else starts
            of_kind.append(Gap(kind, begun, ends))
    return [gap for of_kind in found.values() for gap in of_kind]


def opened(before: Sequence[Gap], after: Sequence[Gap]) -> list[Gap]:
    """The gaps, or parts of gaps, that were not there before."""
    left = list(after)
    for old in before:
        left = [part for gap in left for part in _without(gap, old)]
    return left


def unreachable(roster: Roster, contacts: Collection[str], since: datetime, until: datetime) -> tuple[Unreachable, ...]:
    """Who is on duty or on call and cannot be reached, each with the first instant."""
    found: dict[str, Unreachable] = {}
    for starts, _, staff in course(roster, since, until):
        for member in staff:
            if (member.on_duty or member.on_call) and member.staff_id not in contacts:
                found.setdefault(member.staff_id, Unreachable(member.staff_id, starts))
    return tuple(found.values())


def _somebody(kind: Whom, staff: Sequence[Member]) -> bool:
    """Whether a step of a kind finds somebody; a second nurse is somebody else than the one at the bedside."""
    if kind == "second nurse" and (one := next((m for m in staff if m.on_duty and m.role in NURSES), None)) is not None:
        staff = [replace(m, chairs=frozenset({ANY_CHAIR})) if m is one else m for m in staff]
    return bool(whom([kind], ANY_CHAIR, staff))


def _without(gap: Gap, old: Gap) -> list[Gap]:
    if old.kind != gap.kind or old.ends_at <= gap.starts_at or gap.ends_at <= old.starts_at:
        return [gap]
    parts = (Gap(gap.kind, gap.starts_at, old.starts_at), Gap(gap.kind, old.ends_at, gap.ends_at))
    return [part for part in parts if part.starts_at < part.ends_at]
