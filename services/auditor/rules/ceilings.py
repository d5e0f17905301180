"""Ceilings as data: by when each step of an alarm must have been told, and by when an answer must have lapsed."""

from datetime import timedelta

from pydantic import Field, model_validator

from kit.tables import Row, Table
from schemas.monitoring.alarms import Priority

RANK: dict[Priority, int] = {"low": 0, "medium": 1, "high": 2, "emergency": 3}
AUDITED: tuple[Priority, ...] = ("high", "emergency")
"""Priorities that are promised to reach somebody, and so are judged."""


class Ceiling(Row):
    """Whom to have told, at the latest so long after the beginning."""

    priority: Priority
    after_seconds: float = Field(ge=0)
    tell: tuple[str, ...] = Field(min_length=1)


class Allowance(Row):
    """How long a telling may take from its time to the channel's receipt."""

    seconds: float = Field(gt=0)


class Lapse(Row):
    """How long an answer may hold while the condition stands."""

    emergency_seconds: float = Field(gt=0)
    high_seconds: float = Field(gt=0)


class Beats(Row):
    """After how many missed beats a watcher counts as silent."""

    silent_after: int = Field(ge=2)


class WayOut(Row):
    """How often a fault that nobody takes care of is said again."""

    again_seconds: float = Field(gt=0)


class Ceilings(Table):
    """The whole file. Times are domain seconds."""

    allowance: Allowance
    lapse: Lapse
    beats: Beats
    way_out: WayOut
    ceiling: tuple[Ceiling, ...]

    @model_validator(mode="after")
    def _whole(self) -> "Ceilings":
        for priority in ("emergency", "high", "medium"):
            times = [row.after_seconds for row in self.ceiling if row.priority == priority]
            if len(times) < 2 or times[0] != 0 or times != sorted(set(times)):
                raise ValueError(f"the ceilings of {priority!r} go in order, the first at 0, and are at least two")
        return self

    def steps(self, priority: Priority) -> list[timedelta]:
        """By when each step must have been told, counted from the beginning."""
        return [timedelta(seconds=row.after_seconds) for row in self.ceiling if row.priority == priority]

    def step_lasts(self, priority: Priority, step: int) -> timedelta:
        """How long a step has until the next is due; the last, which has no next, as long as the one before it."""
        steps = self.steps(priority)
        at = min(step, len(steps) - 2)
        return steps[at + 1] - steps[at]

    def holds(self, priority: Priority) -> timedelta | None:
        """How long an answer may hold; None for ever."""
        seconds = {"emergency": self.lapse.emergency_seconds, "high": self.lapse.high_seconds}.get(priority)
        return timedelta(seconds=seconds) if seconds is not None else None
