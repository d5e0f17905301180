"""Whom a step tells, of those who work here: those on duty first, and where none of a kind is, those on call."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from schemas.scheduling.staff import Role

Whom = Literal["bedside nurse", "second nurse", "prescriber", "charge nurse", "medical director", "all staff"]
NURSES: tuple[Role, ...] = ("nurse", "charge nurse")


@dataclass(frozen=True)
class Member:
    """Somebody who works here, as the duty book has them now: cover and hand-over are done."""

    staff_id: str
    role: Role
    on_duty: bool
    chairs: frozenset[int] = frozenset()
    on_call: frozenset[Role] = frozenset()
    """As what they are on call: a charge nurse may be on call as a nurse."""


def whom(tell: Sequence[Whom], chair: int | None, staff: Sequence[Member]) -> list[str]:
    """Staff ids to tell at a step, in order; empty when nobody of the kinds is on duty or on call."""
    found: dict[str, None] = {}
    for kind in tell:
        for member in _on_duty(kind, chair, staff) or _on_call(kind, chair, staff):
            found[member.staff_id] = None
    return list(found)


def anybody(tell: Sequence[Whom], staff: Sequence[Member]) -> list[str]:
    """Whom to tell when nobody is there for any step: those of the step's kinds, else all who work here. Silence is worse."""
    roles = {kind for kind in tell if kind in ("prescriber", "charge nurse", "medical director")}
    of_role = [m.staff_id for m in staff if m.role in roles]
    return of_role or [m.staff_id for m in staff]


def _on_duty(kind: Whom, chair: int | None, staff: Sequence[Member]) -> list[Member]:
    there = [m for m in staff if m.on_duty]
    bedside = _bedside(chair, there)
    if kind == "bedside nurse":
        return bedside
    if kind == "second nurse":
        return _second([(m, {m.role}) for m in there if m not in bedside])
    if kind == "all staff":
        return there
    return [m for m in there if m.role == kind]


def _on_call(kind: Whom, chair: int | None, staff: Sequence[Member]) -> list[Member]:
    if kind == "bedside nurse":
        return []
    called = [m for m in staff if m.on_call]
    if kind == "second nurse":
        bedside = _bedside(chair, [m for m in staff if m.on_duty])
        return _second([(m, m.on_call) for m in called if m not in bedside])
    if kind == "all staff":
        return called
    return [m for m in called if kind in m.on_call]


def _bedside(chair: int | None, there: Sequence[Member]) -> list[Member]:
    return [m for m in there if chair is not None and chair in m.chairs]


def _second(those: Sequence[tuple[Member, Collection[Role]]]) -> list[Member]:
    """One nurse; a charge nurse only where there is no other."""
    return [m for wanted in NURSES for m, roles in those if wanted in roles][:1]
