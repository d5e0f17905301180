"""Dosing: from weight, height and sex to milligrams, within the protocol's limits."""

from dataclasses import dataclass
from typing import Literal

from kit.tables import Row, Table

Policy = Literal["ACTUAL", "IBW", "ADJ"]
INCH_CM = 2.54


class Mood(Row):
    """The infusion for mood."""

    mg_per_kg: float
    least_mg_per_kg: float
    soft_most_mg_per_kg: float
    hard_most_mg_per_kg: float
    minutes: int
    least_minutes: int
    most_minutes: int
    infusions: int


class Weight(Row):
    """Which weight is dosed for, from which body mass index on."""

    least_kg: float
    most_kg: float
    fresh_days: int
    bmi_adjusts_from: float
    policy: Policy


class Protocols(Table):
    """How ketamine is given here."""

    mood: Mood
    weight: Weight


@dataclass(frozen=True)
class Body:
    """What a dose is computed from."""

    weight_kg: float
    height_cm: float | None
    gender: str


@dataclass(frozen=True)
class Dose:
    """A dose, and the weight it was computed for."""

    mg: float
    mg_per_kg: float
    dosing_weight_kg: float
    policy: Policy
    minutes: int


class DoseRefused(Exception):
    """No dose can be computed; `field` says what is missing or out of range, `expected` what would do."""

    def __init__(self, field: str, expected: str) -> None:
        super().__init__(f"{field}: {expected}")
        self.field = field
        self.expected = expected


def bmi(body: Body) -> float | None:
    """Body mass index, kg/m2; None without a height."""
    return None if body.height_cm is None else body.weight_kg / (body.height_cm / 100) ** 2


def ideal_weight(height_cm: float, gender: str) -> float:
    """Ideal body weight in kg, by Devine."""
    return (50.0 if gender == "male" else 45.5) + 2.3 * (height_cm / INCH_CM - 60)


def dosing_weight(body: Body, policy: Policy, rule: Weight) -> float:
    """The weight to dose for, in kg: actual below the body mass index at which the policy begins. Raises DoseRefused."""
    if not rule.least_kg <= body.weight_kg <= rule.most_kg:
        raise DoseRefused("weight", f"{rule.least_kg:g} to {rule.most_kg:g} kg")
    index = bmi(body)
    if policy == "ACTUAL" or (index is not None and index < rule.bmi_adjusts_from):
        return body.weight_kg
    if body.height_cm is None:
        raise DoseRefused("height", "a body height (LOINC 8302-2, cm), to know whether ideal weight applies")
    if body.gender not in ("male", "female"):
        raise DoseRefused("gender", "male or female, for the ideal weight by Devine; else the policy ACTUAL")
    ideal = ideal_weight(body.height_cm, body.gender)
    return ideal if policy == "IBW" else ideal + 0.4 * (body.weight_kg - ideal)


def dose(
    body: Body, protocols: Protocols, *, mg_per_kg: float | None, minutes: int | None, policy: Policy | None, checked: bool
) -> Dose:
    """The dose for a session. `checked` says that a second person checked it, needed above the soft limit. Raises DoseRefused."""
    mood = protocols.mood
    strength = mood.mg_per_kg if mg_per_kg is None else mg_per_kg
    duration = mood.minutes if minutes is None else minutes
    if not mood.least_mg_per_kg <= strength <= mood.hard_most_mg_per_kg:
        raise DoseRefused("dose_mg_per_kg", f"{mood.least_mg_per_kg:g} to {mood.hard_most_mg_per_kg:g} mg/kg")
    if strength > mood.soft_most_mg_per_kg and not checked:
        raise DoseRefused(
            "second_check_by", f"a second person's check, because the dose is above {mood.soft_most_mg_per_kg:g} mg/kg"
        )
    if not mood.least_minutes <= duration <= mood.most_minutes:
        raise DoseRefused("duration_minutes", f"{mood.least_minutes} to {mood.most_minutes} minutes")
    used = policy or protocols.weight.policy
    weight = dosing_weight(body, used, protocols.weight)
    return Dose(round(strength * weight, 1), strength, round(weight, 1), used, duration)
