"""The shapes of the start gate's table: pressures, advice, and the checklist of clinical 3.5."""

from typing import Self

from pydantic import model_validator

from kit.tables import Row, Table
from services.monitoring.rules.tables import AttestedFact


class StartVitals(Row):
    """The other vital signs of the start gate."""

    least_systolic: float
    least_heart_rate: float
    most_heart_rate: float
    least_saturation: float
    least_breaths: float
    most_breaths: float
    fever_celsius: float


class GatePressure(Row):
    """The pressure part of the start gate, in mm[Hg] and minutes."""

    go_systolic: float
    go_diastolic: float
    hold_systolic: float
    hold_diastolic: float
    cancel_systolic: float
    cancel_diastolic: float
    emergency_systolic: float
    emergency_diastolic: float
    readings: int
    """How many pressures a mean is made of."""
    fresh_minutes: float
    """How old they may be at the start."""
    rest_least_minutes: float
    rest_most_minutes: float
    remeasure: int
    """How often a raised pressure is measured again before a provider decides."""
    hold_minutes: float


class GateAdvice(Row):
    """What to do while the gate is not passed."""

    measure: str
    remeasure: str
    decide: str
    hold: str
    hold_over: str
    cancel: str
    emergency: str
    vitals: str


class ChecklistItem(AttestedFact):
    """A fact that staff attest, or that a fresh reading of a code says by being at least so much."""

    hard: bool = True
    todo: str = ""
    code: str = ""
    least: float = 0


class StartGate(Table):
    """What must hold before a drug runs, and what else is recorded."""

    pressure: GatePressure
    vitals: StartVitals
    advice: GateAdvice
    attested: tuple[ChecklistItem, ...]

    @model_validator(mode="after")
    def _once(self) -> Self:
        ids = [row.id for row in self.attested]
        if twice := sorted({name for name in ids if ids.count(name) > 1}):
            raise ValueError(f"asked for twice: {twice}")
        return self
