"""Policies as data: whom to tell at which step, when the next step is, how long an answer holds, and who may give it."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Literal

from pydantic import Field, model_validator

from kit.tables import Row, Table
from schemas.monitoring.alarms import Priority
from schemas.scheduling.staff import Role
from services.notifications.rules.people import Whom

RANK: dict[Priority, int] = {"low": 0, "medium": 1, "high": 2, "emergency": 3}
Subject = Literal["alarm", "safety", "dead letter"]
CHAIR_BOUND: tuple[Whom, ...] = ("bedside nurse", "second nurse")
"""Whom a chair may be without."""


class Ladder(Row):
    """What a ladder is for."""

    name: str
    subject: Subject
    priority: Priority
    codes: tuple[str, ...] = ()
    """Alarms that have this ladder for themselves, each with a page of its own; none: all others of the priority."""
    answered_by: tuple[Role, ...] = ()
    """Whose answer counts; none: anybody's."""
    ways: Literal["in turn", "in parallel"] = "in turn"
    """Whether a person's channels are tried one after the other, or all at once."""


class Step(Row):
    """Whom to tell, and how long after the beginning, in seconds."""

    ladder: str
    after_seconds: float = Field(ge=0)
    tell: tuple[Whom, ...] = Field(min_length=1)


class Lapse(Row):
    """How long an answer holds while the condition stands, in seconds."""

    emergency_seconds: float = Field(gt=0)
    high_seconds: float = Field(gt=0)


class Escalation(Table):
    """The ladders. Refuses a file in which one has a gap, ends in nobody, or is missing."""

    lapse: Lapse
    ladder: tuple[Ladder, ...]
    step: tuple[Step, ...]

    @model_validator(mode="after")
    def _whole(self) -> "Escalation":
        faults = [fault for ladder in self.ladder for fault in self._faults_of(ladder)]
        names = [ladder.name for ladder in self.ladder]
        faults += [f"two ladders are called {name!r}" for name in sorted({n for n in names if names.count(n) > 1})]
        faults += [f"a step is of the ladder {one.ladder!r}, which is none" for one in self.step if one.ladder not in names]
        for subject, priority in NEEDED:
            fitting = [one for one in self.ladder if (one.subject, one.priority, one.codes) == (subject, priority, ())]
            if len(fitting) != 1:
                faults.append(f"{subject} {priority}: one ladder without codes is needed, and there are {len(fitting)}")
        if faults:
            raise ValueError("; ".join(faults))
        return self

    def _faults_of(self, ladder: Ladder) -> Iterator[str]:
        steps = self.steps(ladder.name)
        times = [step.after_seconds for step in steps]
        if len(times) < 2 or times[0] != 0 or times != sorted(set(times)):
            yield f"the ladder {ladder.name!r} needs steps in order, the first at 0, and at least two"
        elif set(steps[-1].tell) <= set(CHAIR_BOUND):
            yield f"the ladder {ladder.name!r} may end in nobody: its last step must tell a role, or all staff"
        if ladder.priority == "low":
            yield f"the ladder {ladder.name!r} is for low: an advisory pages nobody"

    def steps(self, name: str) -> list[Step]:
        """The steps of a ladder, in order."""
        return [step for step in self.step if step.ladder == name]

    def ladder_of(self, subject: Subject, priority: Priority, code: str = "") -> Ladder | None:
        """Which ladder a page climbs: the alarm's own, else its priority's; None when nobody is paged."""
        fitting = [one for one in self.ladder if one.subject == subject and one.priority == priority]
        own = [one for one in fitting if code in one.codes]
        return next(iter(own or [one for one in fitting if not one.codes]), None)

    def alone(self, code: str) -> bool:
        """Whether alarms of a code have pages of their own."""
        return any(code in ladder.codes for ladder in self.ladder)


NEEDED: tuple[tuple[Subject, Priority], ...] = (
    ("alarm", "emergency"),
    ("alarm", "high"),
    ("alarm", "medium"),
    ("safety", "high"),
    ("dead letter", "high"),
)


def looser(ours: Escalation, theirs: Escalation) -> list[str]:
    """Where a clinic's own policies are looser than ours: whoever ours has told by then, theirs must have told, too."""
    found = []
    for ladder in ours.ladder:
        codes = ladder.codes or ("",)
        for own in {one.name: one for code in codes if (one := theirs.ladder_of(ladder.subject, ladder.priority, code))}.values():
            found += [f"{own.name}: {fault}" for fault in _looser_steps(ours.steps(ladder.name), theirs.steps(own.name))]
            if ladder.answered_by and not set(own.answered_by or NOBODY) <= set(ladder.answered_by):
                found.append(f"{own.name}: only {', '.join(ladder.answered_by)} may answer")
    for field in ("emergency_seconds", "high_seconds"):
        most, has = getattr(ours.lapse, field), getattr(theirs.lapse, field)
        if has > most:
            found.append(f"lapse.{field}: an answer holds for {most:g} s at most, not {has:g}")
    return found


NOBODY: tuple[str, ...] = ("",)


def _looser_steps(ours: Sequence[Step], theirs: Sequence[Step]) -> Iterator[str]:
    for step in ours:
        told = {kind for one in theirs if one.after_seconds <= step.after_seconds for kind in one.tell}
        missing = [kind for kind in step.tell if kind not in told and "all staff" not in told]
        if missing:
            yield f"{', '.join(missing)} must be told {step.after_seconds:g} s after the beginning at the latest"
    interval, most = repeat_of(theirs), repeat_of(ours)
    if interval > most:
        yield f"its last step is repeated every {interval:g} s, {most:g} at most"


def repeat_of(steps: Sequence[Step]) -> float:
    """Beyond its last step a ladder repeats it at its own last interval, in seconds."""
    return steps[-1].after_seconds - steps[-2].after_seconds


def step_at(steps: Sequence[Step], number: int) -> Step:
    """The step of a number; beyond the last it is the last again."""
    return steps[min(number, len(steps) - 1)]


def due(steps: Sequence[Step], since: datetime, number: int) -> datetime:
    """When a step is due, counted from the ladder's beginning; beyond the last at the last interval again and again."""
    beyond = max(0, number - len(steps) + 1)
    return since + timedelta(seconds=step_at(steps, number).after_seconds + beyond * repeat_of(steps))


def reached(steps: Sequence[Step], since: datetime, now: datetime) -> int:
    """The last step that is due by now; 0 at the beginning."""
    number = 0
    while due(steps, since, number + 1) <= now:
        number += 1
    return number


def lapses_at(rule: Lapse, priority: Priority, answered_at: datetime) -> datetime | None:
    """When an answer is too old; None when it never is."""
    if priority == "emergency":
        return answered_at + timedelta(seconds=rule.emergency_seconds)
    return answered_at + timedelta(seconds=rule.high_seconds) if priority == "high" else None
