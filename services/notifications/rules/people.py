"""Whom a step tells, of those who work here."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from schemas.scheduling.staff import Role

Whom = Literal["bedside nurse", "second nurse", "prescriber", "charge nurse", "medical director", "all staff"]
NURSES: tuple[Role, ...] = ("nurse", "charge nurse")


@dataclass(frozen=True)
class Member:
    """Somebody who works here, as the duty book has them now."""

    staff_id: str
    role: Role
    on_duty: bool
    chairs: frozenset[int] = frozenset()


def whom(tell: Sequence[Whom], chair: int | None, staff: Sequence[Member]) -> list[str]:
    """Staff ids to tell at a step, in order; empty when nobody of the kinds is on duty."""
    found: dict[str, None] = {}
    for kind in tell:
        for member in _of_kind(kind, chair, [m for m in staff if m.on_duty]):
            found[member.staff_id] = None
    return list(found)


def anybody(tell: Sequence[Whom], staff: Sequence[Member]) -> list[str]:
    """Whom to tell when nobody is on duty for any step: those of the step's kinds, else all who work here. Silence is worse."""
    roles = {kind for kind in tell if kind in ("prescriber", "charge nurse", "medical director")}
    of_role = [m.staff_id for m in staff if m.role in roles]
    return of_role or [m.staff_id for m in staff]


def _of_kind(kind: Whom, chair: int | None, staff: Sequence[Member]) -> list[Member]:
    bedside = [m for m in staff if chair is not None and chair in m.chairs]
    if kind == "bedside nurse":
        return bedside
    if kind == "second nurse":
        others = sorted((m for m in staff if m.role in NURSES and m not in bedside), key=lambda m: NURSES.index(m.role))
        return others[:1]
    if kind == "all staff":
        return list(staff)
    return [m for m in staff if m.role == kind]
