"""The shapes of monitoring's tables."""

from pydantic import Field

from kit.tables import Row, Table

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
    observed: bool = False
    """Whether a person sees it: 1 is seen, 0 is cleared."""
    least: float
    most: float
    """Values outside are implausible: set aside, never judged."""


class Vitals(Table):
    """What may be measured."""

    vital: tuple[Vital, ...]
