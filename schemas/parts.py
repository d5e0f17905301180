"""Parts that several events of a session carry."""

from schemas.event import Instant, Part


class GateFact(Part):
    """A fact a gate asked for: whether it is met, where it came from and when it was observed."""

    id: str
    met: bool
    source: str
    """`never heard of` where no service or person has said it."""
    observed_at: Instant | None = None
    detail: str = ""
    hard: bool = True
    """Whether the gate stays closed without it; what is not hard is recorded and shown as missing."""
    todo: str = ""
    """What to do while it is not met."""


class VitalSnapshot(Part):
    """The last value of a vital sign when a session moved, and when it was measured; null from a probe that was off."""

    code: str
    value: float | None
    measured_at: Instant


class LimitMark(Part):
    """A mark that replaces the table's: at_least, above, at_most, below in the unit of the alarm's code, or a percentage."""

    mark: str
    value: float
