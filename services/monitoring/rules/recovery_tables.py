"""The shapes of what recovery needs: the whole discharge gate, the longest stay, driving and the calls."""

from datetime import time
from typing import Literal, get_args

from pydantic import model_validator

from kit.tables import Row, Table
from schemas.monitoring.alarms import Priority
from services.monitoring.rules.tables import AttestedFact

RiskLevel = Literal["NONE", "LOW", "MODERATE", "HIGH", "HIGH-PENDING"]
"""C-SSRS screener triage, clinical 5.1. HIGH-PENDING: answers 4 to 6 cannot be read; it counts as HIGH until cleared."""
Leaving = Literal["discharge", "departure"]


class MinimumRecovery(Row):
    """How long a patient stays after the infusion, in minutes; a provider may order less, down to the floor."""

    least_minutes: float
    floor_minutes: int


class Checks(Row):
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
    check_minutes: float
    """How old what goes with a pressure may be."""


class Scoring(Row):
    """How often, and how far apart, recovery scores must fit."""

    times: int
    apart_minutes: float


class MeasuredFact(Row):
    """A fact that a reading tells. Where an attested row has the same id, whichever is later counts."""

    id: str
    label: str
    code: str
    least: float | None = None
    most: float | None = None

    @model_validator(mode="after")
    def _bounded(self) -> "MeasuredFact":
        if (self.least is None) == (self.most is None):
            raise ValueError("give either least or most")
        return self


class StatedFact(AttestedFact):
    """A fact that staff must attest, and what to tell while it is not met."""

    missing: str


class RescreenLevel(Row):
    """What a level of the re-screen means for going home."""

    level: RiskLevel
    outcome: Literal["met", "signature", "never"]
    advice: str


class StayLimit(Row):
    """How long after the infusion's end somebody not ready to go is told of, and how urgently."""

    minutes: float
    priority: Priority
    advice: str


class Driving(Row):
    """Until when there is no driving: not before an hour of the next day, and some hours after the end."""

    not_before: time
    least_hours: float


class Call(Row):
    """A call to somebody who went home."""

    after: Leaving
    hours: float


class HomeGate(Table):
    """What must hold before a patient goes home, and what follows."""

    recovery: MinimumRecovery
    vitals: Checks
    attested: tuple[StatedFact, ...]
    scoring: Scoring
    measured: tuple[MeasuredFact, ...]
    rescreen: tuple[RescreenLevel, ...]
    stay: tuple[StayLimit, ...]
    driving: Driving
    call: tuple[Call, ...]

    @model_validator(mode="after")
    def _whole(self) -> "HomeGate":
        levels = sorted(row.level for row in self.rescreen)
        if levels != sorted(get_args(RiskLevel)):
            raise ValueError(f"rescreen must have each level once: {', '.join(get_args(RiskLevel))}")
        minutes = [row.minutes for row in self.stay]
        if not minutes or minutes != sorted(set(minutes)):
            raise ValueError("stay must have rows, each later than the one before")
        return self

    def level(self, level: RiskLevel) -> RescreenLevel:
        """The row of a level."""
        return next(row for row in self.rescreen if row.level == level)
