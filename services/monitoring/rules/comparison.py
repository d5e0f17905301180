"""What other limits change: alarms gained and lost, told sooner or later, or at another priority."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from schemas.monitoring.alarms import Priority
from services.monitoring.rules.limits import RANK
from services.monitoring.rules.recorder import Heard

Kind = Literal["same", "gained", "lost", "sooner", "later", "priority", "joined", "split"]
NEVER = float("inf")
SAME_INSTANT = 1.0
"""Seconds within which two alarms count as told at the same time: less than the pace of a monitor."""


class Step(NamedTuple):
    """An alarm at a priority, from an instant on (seconds since the epoch)."""

    at: float
    alarm: str
    priority: Priority


@dataclass(slots=True)
class Told:
    """An alarm, as people were told of it."""

    cause: str
    steps: list[Step]
    confirmed: bool = True
    late: bool = False
    detail: str = ""
    cleared: float | None = None
    """Since when its condition is over, while it waits for an answer."""
    ended: float | None = None
    artefact: bool = False
    signs: list[tuple[float, str]] = field(default_factory=list)
    """When its condition was over, and stood again."""

    @property
    def raised(self) -> float:
        """When people were told first."""
        return self.steps[0].at

    @property
    def now(self) -> Step:
        """What it is at last."""
        return self.steps[-1]

    @property
    def highest(self) -> Step:
        """When it was first at its highest."""
        return max(self.steps, key=lambda step: (RANK[step.priority], -step.at))

    def meets(self, other: "Told") -> bool:
        """Were both open at some time."""
        return self.raised <= _end(other) and other.raised <= _end(self)


def alarms(heard: Iterable[Heard]) -> list[Told]:
    """What was heard, alarm by alarm, in the order they were raised."""
    found: list[Told] = []
    standing: dict[str, Told] = {}
    for at, fact in heard:
        if fact.what == "raised":
            step = Step(at, fact.alarm, fact.priority)
            standing[fact.cause] = Told(fact.cause, [step], fact.confirmed, fact.late, fact.detail)
            found.append(standing[fact.cause])
        elif (told := standing.get(fact.cause)) is None:
            continue
        elif fact.what == "priority":
            told.steps.append(Step(at, fact.alarm, fact.priority))
            told.confirmed, told.detail = fact.confirmed, fact.detail
        elif fact.what == "ended":
            told.ended, told.artefact = at, fact.artefact
            del standing[fact.cause]
        else:
            told.cleared = at if fact.what == "cleared" else None
            told.signs.append((at, fact.what))
    return found


class Difference(NamedTuple):
    """One alarm under both limits; one side is None where nobody was told."""

    kind: Kind
    before: Told | None
    after: Told | None

    @property
    def cause(self) -> str:
        """Of which cause."""
        told = self.before or self.after
        assert told is not None
        return told.cause

    @property
    def seconds(self) -> float:
        """How much later people are told first; negative is sooner."""
        return self.after.raised - self.before.raised if self.before and self.after else 0.0


def compare(before: Sequence[Told], after: Sequence[Told]) -> list[Difference]:
    """Pair the alarms of each cause that were open at the same time, and say what differs, in the order of time."""
    found: list[Difference] = []
    for cause in sorted({told.cause for told in (*before, *after)}):
        old, new = ([told for told in side if told.cause == cause] for side in (before, after))
        paired: set[int] = set()
        for told in new:
            match = next((one for one in old if id(one) not in paired and one.meets(told)), None)
            if match is not None:
                paired.add(id(match))
                found.append(Difference(_kind(match, told), match, told))
            else:
                found.append(Difference("split" if any(one.meets(told) for one in old) else "gained", None, told))
        alone = [told for told in old if id(told) not in paired]
        found += [Difference("joined" if any(one.meets(told) for one in new) else "lost", told, None) for told in alone]
    return sorted(found, key=_when)


def _kind(before: Told, after: Told) -> Kind:
    if before.highest.priority != after.highest.priority:
        return "priority"
    shift = max((after.raised - before.raised, after.highest.at - before.highest.at), key=abs)
    if abs(shift) < SAME_INSTANT:
        return "same"
    return "later" if shift > 0 else "sooner"


def _end(told: Told) -> float:
    return NEVER if told.ended is None else told.ended


def _when(difference: Difference) -> tuple[float, str]:
    told = difference.before or difference.after
    return (told.raised if told else 0.0), difference.cause
