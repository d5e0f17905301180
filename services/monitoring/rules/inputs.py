"""What the alarm engine takes in. Times are seconds since the epoch, because this runs for every reading."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from schemas.monitoring.alarms import Priority

Place = tuple[float, str, str]
"""Where an input belongs: when, then from whom and what, so that any order of arrival sorts the same way."""
Stage = Literal["infusion", "recovery"]


@dataclass(frozen=True, slots=True)
class Reading:
    """Values of one instant, sorted by code; None is a probe that is off."""

    at: float
    device: str
    values: Mapping[str, float | None]
    continuous: bool = False
    by_hand: bool = False

    @property
    def place(self) -> Place:
        """Where it belongs."""
        return self.at, self.device, ",".join(self.values)


@dataclass(frozen=True, slots=True)
class Override:
    """A limit of one patient: the marks that replace the table's, until when (seconds since the epoch)."""

    alarm: str
    priority: Priority
    marks: tuple[tuple[str, float], ...]
    expires: float


@dataclass(frozen=True, slots=True)
class Setting:
    """What is known of the session, from this instant. Without a stage nobody is watched."""

    at: float
    stage: Stage | None
    baseline: Mapping[str, float] = field(default_factory=dict)
    overrides: tuple[Override, ...] = ()
    without: tuple[str, ...] = ()
    """Alarms that are not judged for this patient."""

    @property
    def place(self) -> Place:
        """Where it belongs: before what is measured at the same instant."""
        return self.at, "", "0"


@dataclass(frozen=True, slots=True)
class Answered:
    """Somebody answered the alarm of a cause."""

    at: float
    cause: str

    @property
    def place(self) -> Place:
        """Where it belongs."""
        return self.at, "", f"1 {self.cause}"


@dataclass(frozen=True, slots=True)
class Released:
    """A device watches this session no longer."""

    at: float
    device: str

    @property
    def place(self) -> Place:
        """Where it belongs."""
        return self.at, "", f"2 {self.device}"


Input = Reading | Setting | Answered | Released


def to_json(given: Setting | Answered | Released) -> dict[str, Any]:
    """As JSON values, for the log of what the engine was told."""
    if isinstance(given, Setting):
        overrides = [[o.alarm, o.priority, list(o.marks), o.expires] for o in given.overrides]
        return {"stage": given.stage, "baseline": dict(given.baseline), "overrides": overrides, "without": list(given.without)}
    return {"cause": given.cause} if isinstance(given, Answered) else {"device": given.device}


def from_json(kind: str, at: float, kept: Mapping[str, Any]) -> Setting | Answered | Released:
    """From the log."""
    if kind == "Setting":
        overrides = tuple(
            Override(alarm, priority, tuple((name, value) for name, value in marks), expires)
            for alarm, priority, marks, expires in kept["overrides"]
        )
        return Setting(at, kept["stage"], kept["baseline"], overrides, tuple(kept["without"]))
    return Answered(at, kept["cause"]) if kind == "Answered" else Released(at, kept["device"])
