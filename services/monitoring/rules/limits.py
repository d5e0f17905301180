"""The shapes of the alarm limits: what is watched, and when it is told."""

from typing import Literal

from pydantic import model_validator

from kit.tables import Row, Table
from schemas.monitoring.alarms import AlarmKind, Priority

ORDER: tuple[Priority, ...] = ("low", "medium", "high", "emergency")
RANK: dict[Priority, int] = {priority: rank for rank, priority in enumerate(ORDER)}
LATCHING: tuple[Priority, ...] = ("high", "emergency")
"""Priorities that wait for a person's answer after their condition is over (clinical 4.9)."""
PULSE, MOAAS, NEWS2, NEWS2_RED = "8889-8", "moaas", "news2", "news2-red"
PROBE, GAP, BLIND, DISAGREE = "A16-probe", "A16-gap", "A16-blind", "A16b"


class Alarm(Row):
    """An alarm: what it watches, and how far a value must come back. Alarms of one cause are one alarm to people."""

    id: str
    title: str
    """Fit for a page: no value, name, drug or score."""
    kind: AlarmKind
    code: str
    cause: str
    hysteresis: float
    clear_below: float | None = None
    """Where a high value is back, whichever priority it had, instead of the hysteresis."""
    clear_observations: int = 1
    """Observations in a row that must be back."""
    cross_checked: bool = False
    """Held back while another signal of the same heart contradicts it."""
    backstop: bool = False
    """Never the only reason of a page: advisory unless something else stands."""


class Marks(Row):
    """What makes a limit: absolute marks in the unit of the code, and distances from the patient's baseline."""

    at_least: float | None = None
    above: float | None = None
    at_most: float | None = None
    below: float | None = None
    percent_over: float | None = None
    percent_under: float | None = None
    percent_above: float | None = None
    percent_below: float | None = None


class Limit(Marks):
    """When an alarm has a priority."""

    alarm: str
    priority: Priority
    given_code: str = ""
    """Counts only while this other code is at least, or at most, so much."""
    given_at_least: float | None = None
    given_at_most: float | None = None
    delay_seconds: float = 0
    confirm: Literal["none", "repeat", "apart"] = "none"
    apart_seconds: float = 0
    within_seconds: float = 0
    advice: str


class Interval(Row):
    """What is observed how often, and told when it was not."""

    id: str
    title: str
    codes: tuple[str, ...]
    first_minutes: float | None = None
    infusion_minutes: float
    infusion_minutes_if_raised: float | None = None
    recovery_minutes: float | None = None
    until_at_most: float | None = None
    """In recovery not asked for any more once the value was this or less."""
    once_seen: bool = False
    """Asked for only where it was observed before."""
    advice: str


class Continuous(Row):
    """How continuous pressure is judged."""

    median_seconds: float
    persist_seconds: float


class Technical(Row):
    """When watching itself fails."""

    probe_off_low_seconds: float
    probe_off_medium_seconds: float
    data_gap_seconds: float
    no_saturation_seconds: float
    signal_back_seconds: float


class Disagreement(Row):
    """When two signals of one heart disagree."""

    rate_below: float
    after_seconds: float
    unanswered_seconds: float
    agree_seconds: float


class News2Parts(Row):
    """What a score may be made of."""

    fresh_minutes: float
    alert_from_moaas: float


class Missed(Row):
    """When a missing observation is told, and for whom pressure is taken more often."""

    raised_systolic: float
    raised_diastolic: float
    low_after_minutes: float
    medium_after_minutes: float


class Chatter(Row):
    """When an alarm that comes and goes is held open."""

    opens: int
    within_seconds: float
    hold_seconds: float


class Time(Row):
    """How late or skewed a reading may be."""

    late_seconds: float
    skew_seconds: float


class AlarmLimits(Table):
    """When to raise an alarm."""

    continuous: Continuous
    technical: Technical
    disagreement: Disagreement
    news2: News2Parts
    missed: Missed
    chatter: Chatter
    time: Time
    interval: tuple[Interval, ...]
    alarm: tuple[Alarm, ...]
    limit: tuple[Limit, ...]

    @model_validator(mode="after")
    def _whole(self) -> "AlarmLimits":
        known = {alarm.id for alarm in self.alarm}
        if strange := sorted({limit.alarm for limit in self.limit} - known):
            raise ValueError(f"limits of alarms that are not declared: {strange}")
        pairs = [(limit.alarm, limit.priority) for limit in self.limit]
        if twice := sorted({f"{alarm} {priority}" for alarm, priority in pairs if pairs.count((alarm, priority)) > 1}):
            raise ValueError(f"two limits of one alarm and priority: {twice}")
        for limit in self.limit:
            if not any(getattr(limit, mark) is not None for mark in Marks.model_fields if mark not in Row.model_fields):
                raise ValueError(f"the {limit.priority} limit of {limit.alarm} has no mark")
        return self


class Range(Row):
    """Points for a value from `least` (in the unit of the code) up to the next row's."""

    code: str
    least: float
    points: int


class Other(Row):
    """Points for what is no number."""

    oxygen_points: int
    consciousness_points: int


class News2(Table):
    """NEWS2, scale 1. Copyright of the chart: Royal College of Physicians, 2017; reproduced as data with acknowledgement."""

    other: Other
    points: tuple[Range, ...]
