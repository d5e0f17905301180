"""What notifications decides: whom to tell at which step, when the next step is, and what a page may say."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from pydantic import model_validator

from kit.tables import Row, Table
from schemas.monitoring.alarms import Priority
from schemas.scheduling.staff import Role

Ladder = Literal["emergency", "high", "medium", "safety", "dead letter"]
Whom = Literal["bedside nurse", "second nurse", "prescriber", "charge nurse", "medical director", "all staff"]
RANK: dict[Priority, int] = {"low": 0, "medium": 1, "high": 2, "emergency": 3}
NURSES: tuple[Role, ...] = ("nurse", "charge nurse")


class Step(Row):
    """Whom to tell, and how long after the beginning."""

    ladder: Ladder
    after_seconds: float
    tell: tuple[Whom, ...]


class Lapse(Row):
    """How long an answer holds while the condition stands."""

    emergency_seconds: float
    high_seconds: float


class Escalation(Table):
    """The ladders."""

    lapse: Lapse
    step: tuple[Step, ...]

    @model_validator(mode="after")
    def _whole(self) -> "Escalation":
        for ladder in ("emergency", "high", "medium", "safety", "dead letter"):
            times = [step.after_seconds for step in self.step if step.ladder == ladder]
            if len(times) < 2 or times[0] != 0 or times != sorted(set(times)):
                raise ValueError(f"the ladder {ladder!r} needs steps in order, the first at 0, and at least two")
        return self

    def ladder(self, name: Ladder) -> list[Step]:
        """The steps of a ladder, in order."""
        return [step for step in self.step if step.ladder == name]


@dataclass(frozen=True)
class Member:
    """Somebody who works here, as the duty book has them now."""

    staff_id: str
    role: Role
    on_duty: bool
    chairs: frozenset[int] = frozenset()


def ladder_of(subject: str, priority: Priority) -> Ladder | None:
    """Which ladder a page climbs; None when nobody is paged."""
    if subject in ("safety", "dead letter"):
        return "safety" if subject == "safety" else "dead letter"
    return None if priority == "low" else priority


def whom(step: Step, chair: int | None, staff: Sequence[Member]) -> list[str]:
    """Staff ids to tell at a step, in order; empty when nobody of the kind is on duty."""
    found: dict[str, None] = {}
    for kind in step.tell:
        for member in _of_kind(kind, chair, [m for m in staff if m.on_duty]):
            found[member.staff_id] = None
    return list(found)


def anybody(step: Step, staff: Sequence[Member]) -> list[str]:
    """Whom to tell when nobody is on duty for any step: those of the step's kinds, else all who work here. Silence is worse."""
    roles = {kind for kind in step.tell if kind in ("prescriber", "charge nurse", "medical director")}
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


def step_at(steps: Sequence[Step], number: int) -> Step:
    """The step of a number; beyond the last it is the last again."""
    return steps[min(number, len(steps) - 1)]


def due(steps: Sequence[Step], since: datetime, number: int) -> datetime:
    """When a step is due, counted from the ladder's beginning; beyond the last at the last interval again and again."""
    if number < len(steps):
        return since + timedelta(seconds=steps[number].after_seconds)
    interval = steps[-1].after_seconds - steps[-2].after_seconds
    return since + timedelta(seconds=steps[-1].after_seconds + interval * (number - len(steps) + 1))


def lapses_at(rule: Lapse, priority: Priority, answered_at: datetime) -> datetime | None:
    """When an answer is too old; None when it never is."""
    if priority == "emergency":
        return answered_at + timedelta(seconds=rule.emergency_seconds)
    return answered_at + timedelta(seconds=rule.high_seconds) if priority == "high" else None


def page_text(clinic: str, chair: int | None, priority: Priority, title: str, since: datetime) -> str:
    """What a page says: clinic, chair, priority, alarm class in words, since when. Nothing else (clinical 6.3)."""
    where = f" chair {chair}" if chair is not None else ""
    return f"{clinic}{where}: {priority.upper()} {title}, since {since:%H:%M} UTC"


TITLES = {
    "safety": "a patient's answer needs a prescriber now",
    "dead letter": "a message could not be read; a patient may be concerned",
}
