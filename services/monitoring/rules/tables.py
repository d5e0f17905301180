"""The shapes of monitoring's tables."""

from typing import Literal

from pydantic import Field, model_validator

from kit.tables import Row, Table
from schemas.monitoring.alarms import AlarmKind, Priority

ORDER: tuple[Priority, ...] = ("low", "medium", "high", "emergency")
SYSTOLIC, DIASTOLIC, MEAN, HEART_RATE, SATURATION, BREATHS, TEMPERATURE = (
    "8480-6",
    "8462-4",
    "8478-0",
    "8867-4",
    "59408-5",
    "9279-1",
    "8310-5",
)
PRESSURES = (SYSTOLIC, DIASTOLIC, MEAN)


class Alarm(Row):
    """An alarm: what it watches, and how far a value must come back."""

    id: str
    title: str
    kind: AlarmKind
    code: str
    direction: Literal["high", "low"]
    hysteresis: float
    group: str = ""


class Limit(Row):
    """When an alarm has a priority: an absolute limit, a distance from baseline, a delay or a confirmation."""

    alarm: str
    priority: Priority
    absolute: float | None = None
    percent: float | None = None
    delay_seconds: float = 0
    confirm: Literal["none", "repeat", "apart"] = "none"
    apart_seconds: float = 0
    within_seconds: float = 0
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


class Missed(Row):
    """How often pressure must be taken, and when a missing one is told."""

    first_minutes: float
    infusion_minutes: float
    infusion_minutes_if_raised: float
    raised_systolic: float
    raised_diastolic: float
    recovery_minutes: float
    low_after_minutes: float
    medium_after_minutes: float


class Time(Row):
    """How late or skewed a reading may be."""

    late_seconds: float
    skew_seconds: float


class AlarmLimits(Table):
    """When to raise an alarm."""

    continuous: Continuous
    technical: Technical
    missed: Missed
    time: Time
    alarm: tuple[Alarm, ...]
    limit: tuple[Limit, ...]

    @model_validator(mode="after")
    def _known(self) -> "AlarmLimits":
        known = {alarm.id for alarm in self.alarm}
        strange = [limit.alarm for limit in self.limit if limit.alarm not in known]
        if strange:
            raise ValueError(f"limits of alarms that are not declared: {strange}")
        return self


class StartPressure(Row):
    """The pressure part of the start gate."""

    go_systolic: float
    go_diastolic: float
    hold_systolic: float
    hold_diastolic: float
    cancel_systolic: float
    cancel_diastolic: float
    readings: int
    fresh_minutes: float


class StartVitals(Row):
    """The other vital signs of the start gate."""

    least_systolic: float
    least_heart_rate: float
    most_heart_rate: float
    least_saturation: float
    least_breaths: float
    most_breaths: float
    fever_celsius: float


class AttestedFact(Row):
    """A fact that staff must attest."""

    id: str
    label: str


class StartGate(Table):
    """What must hold before a drug runs."""

    pressure: StartPressure
    vitals: StartVitals
    attested: tuple[AttestedFact, ...]


class Recovery(Row):
    """How long a patient stays after the infusion."""

    least_minutes: float


class DischargeVitals(Row):
    """The vital signs of the discharge gate."""

    readings: int
    apart_minutes: float
    within_percent: float
    below_systolic: float
    below_diastolic: float
    least_heart_rate: float
    most_heart_rate: float
    least_saturation: float
    least_breaths: float
    most_breaths: float


class DischargeGate(Table):
    """What must hold before a patient goes home."""

    recovery: Recovery
    vitals: DischargeVitals
    attested: tuple[AttestedFact, ...]


class Vital(Row):
    """A vital sign that may be measured."""

    code: str = Field(pattern=r"^(\d+-\d|[a-z][a-z0-9-]*)$")
    """LOINC, or a word of this house where LOINC has none."""
    name: str
    unit: str
    """UCUM."""
    least: float
    most: float
    """Values outside are implausible: set aside, never judged."""


class Vitals(Table):
    """What may be measured."""

    vital: tuple[Vital, ...]
