"""What the alarm engine remembers of a session, and what it finds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from schemas.monitoring.alarms import Priority
from services.monitoring.rules.inputs import Override, Place, Stage

NEVER = float("inf")


@dataclass(slots=True)
class Condition:
    """What is remembered of one alarm's condition while there is anything to remember."""

    since: dict[Priority, float] = field(default_factory=dict)
    """Since when the value is beyond each priority's limit."""
    seen: dict[Priority, int] = field(default_factory=dict)
    """Measurements in a row beyond each limit."""
    due: dict[Priority, float] = field(default_factory=dict)
    """When each is raised without its confirmation."""
    on: Priority | None = None
    """The priority at which the condition stands."""
    at: float = 0.0
    """Since when it stands at this priority: when its delay or confirmation was complete."""
    confirmed: bool = True
    detail: str = ""
    back: float | None = None
    """Since when a technical signal is back."""
    cleared: int = 0
    """Observations in a row that were back."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A condition began, changed or ended."""

    at: float
    alarm: str
    before: Priority | None
    after: Priority | None
    confirmed: bool = True
    artefact: bool = False
    """A single measurement that the next one refuted."""
    detail: str = ""


@dataclass(slots=True)
class Conditions:
    """A session's conditions, as a fold over its inputs in the order of measurement. Small, and stored as JSON."""

    place: Place = (0.0, "", "")
    """The last input taken in."""
    ticked: float = 0.0
    """The last deadline that passed without an input."""
    next_due: float = NEVER
    """No deadline is earlier."""
    stage: Stage | None = None
    begun: float = 0.0
    recovering: float = 0.0
    baseline: dict[str, float] = field(default_factory=dict)
    overrides: tuple[Override, ...] = ()
    without: tuple[str, ...] = ()
    last: dict[str, tuple[float, float]] = field(default_factory=dict)
    """When each code last had a value, and which."""
    recent: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    """Continuous pressures of the last seconds, per code."""
    off: dict[str, float] = field(default_factory=dict)
    """Since when each probe is off."""
    heard: dict[str, tuple[float, bool]] = field(default_factory=dict)
    """When each device last said something, and whether it speaks as a stream."""
    observed: float = 0.0
    """When a person last entered an observation."""
    apart: float | None = None
    """Since when two signals of the heart disagree."""
    answered: bool = False
    """Whether somebody answered that they do."""
    by: dict[str, Condition] = field(default_factory=dict)
    """Conditions by alarm; those with nothing to remember are left out."""

    def latest(self, code: str) -> float | None:
        """The last value of a code."""
        found = self.last.get(code)
        return found[1] if found else None

    def to_json(self) -> dict[str, Any]:
        """As JSON values."""
        kept = {name: getattr(self, name) for name in Conditions.__slots__ if name not in ("by", "overrides", "next_due")}
        kept["next_due"] = None if self.next_due == NEVER else self.next_due
        kept["overrides"] = [[o.alarm, o.priority, list(o.marks), o.expires] for o in self.overrides]
        kept["by"] = {alarm: {name: getattr(one, name) for name in Condition.__slots__} for alarm, one in self.by.items()}
        return kept

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "Conditions":
        """From JSON values; an empty object is a session of which nothing is known."""
        if not kept:
            return cls()
        found = cls(**{name: kept[name] for name in Conditions.__slots__ if name in kept})
        at, device, what = kept["place"]
        found.place = (at, device, what)
        found.next_due = NEVER if kept["next_due"] is None else kept["next_due"]
        found.overrides = tuple(
            Override(alarm, priority, tuple((name, value) for name, value in marks), expires)
            for alarm, priority, marks, expires in kept["overrides"]
        )
        found.without = tuple(kept["without"])
        found.last = {code: (at, value) for code, (at, value) in kept["last"].items()}
        found.recent = {code: [(at, value) for at, value in pairs] for code, pairs in kept["recent"].items()}
        found.heard = {device: (at, stream) for device, (at, stream) in kept["heard"].items()}
        found.by = {alarm: Condition(**one) for alarm, one in kept["by"].items()}
        return found
