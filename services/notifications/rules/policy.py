"""Policies as data: whom to tell at which step, when the next step is, and how long an answer holds."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

from pydantic import model_validator

from kit.tables import Row, Table
from schemas.monitoring.alarms import Priority
from services.notifications.rules.people import Whom

Ladder = Literal["emergency", "high", "medium", "safety", "dead letter"]
RANK: dict[Priority, int] = {"low": 0, "medium": 1, "high": 2, "emergency": 3}


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


def ladder_of(subject: str, priority: Priority) -> Ladder | None:
    """Which ladder a page climbs; None when nobody is paged."""
    if subject in ("safety", "dead letter"):
        return "safety" if subject == "safety" else "dead letter"
    return None if priority == "low" else priority


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
