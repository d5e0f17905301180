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


class AttestedFact(Row):
    """A fact that staff must attest."""

    id: str
    label: str


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
