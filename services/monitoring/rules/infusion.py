"""The infusion: what the order asks of a pump, what was given so far, and what must hold to start or go on. Clinical 3.1, 4.4."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from kit.tables import Row, Table
from schemas.monitoring.alarms import Priority
from services.monitoring.rules import units
from services.monitoring.rules.gates import Said
from services.monitoring.rules.pressure import Reading
from services.monitoring.rules.tables import DIASTOLIC, SYSTOLIC
from services.monitoring.rules.units import (
    Kilograms,
    MgPerKg,
    MgPerMin,
    MgPerMl,
    Milligrams,
    Millilitres,
    Minutes,
    MlPerHour,
    Percent,
)

PUMP_RATE, PUMP_VOLUME = "pump-rate", "pump-volume"
"""Codes under which a session keeps what its pump should say."""
FULL_RATE = Percent(100)
NOTHING = Milligrams(0)
TWO = 2
"""How many people an independent check and a time-out take."""


class OrderRule(Row):
    """What an order is checked by."""

    tolerance_percent: float
    least_minutes: float
    soft_most_mg_per_kg: float
    rise_percent: float


class Concentration(Row):
    """How the drug is diluted, in mg/mL."""

    default_mg_per_ml: float
    undiluted_mg_per_ml: float


class BolusRule(Row):
    """How much may be given at once, and for what."""

    most_mg_per_kg: float
    indications: tuple[str, ...]


class ResumeRule(Row):
    """When an infusion that was paused for pressure may go on."""

    alarms: tuple[str, ...]
    priorities: tuple[Priority, ...]
    stops: tuple[Priority, ...]
    """Priorities that ask to stop for good."""
    most_percent: int
    readings: int
    below_systolic: float
    below_diastolic: float


class PauseRule(Row):
    """How often and for how long an infusion may be paused."""

    most: int
    longest_minutes: float
    priority: Priority
    advice: str


class InfusionTable(Table):
    """What is checked before and while a drug runs."""

    order: OrderRule
    concentration: Concentration
    bolus: BolusRule
    resume: ResumeRule
    pauses: PauseRule


@dataclass(frozen=True)
class Order:
    """An order that was heard of. What is None came before it was kept."""

    dose: Milligrams
    duration: Minutes
    signed_at: datetime
    per_kilogram: MgPerKg | None = None
    weight: Kilograms | None = None
    indication: str | None = None


@dataclass(frozen=True)
class Plan:
    """An order, drawn up: what the pump is asked for."""

    dose: Milligrams
    duration: Minutes
    concentration: MgPerMl

    @property
    def rate(self) -> MgPerMin:
        """As ordered."""
        return units.rate(self.dose, self.duration)

    @property
    def volume(self) -> Millilitres:
        """Of the whole dose."""
        return units.volume(self.dose, self.concentration)

    def pump_rate(self, percent: Percent = FULL_RATE) -> MlPerHour:
        """What the pump runs at, at so many percent of the ordered rate."""
        return units.pump_rate(MgPerMin(self.rate * percent / FULL_RATE), self.concentration)


@dataclass(frozen=True)
class Change:
    """The rate from an instant on, and what was given at once at that instant."""

    at: datetime
    percent: Percent
    bolus: Milligrams = NOTHING
    for_pressure: bool = False
    """A pause because pressure was too high: it is resumed under conditions only."""


def given(plan: Plan, changes: Sequence[Change], now: datetime) -> Milligrams:
    """What is in by now: each rate for as long as it lasted, and the boluses. A syringe holds no more than the dose."""
    ends = [*(change.at for change in changes[1:]), now]
    total = 0.0
    for change, end in zip(changes, ends, strict=True) if changes else ():
        minutes = max(0.0, (min(end, now) - change.at).total_seconds() / 60)
        total += plan.rate * change.percent / FULL_RATE * minutes
        total += change.bolus if change.at <= now else 0.0
    return Milligrams(min(plan.dose, total))


def ends_at(plan: Plan, changes: Sequence[Change], now: datetime) -> datetime | None:
    """When the dose will be in if the rate stays as it is; None while nothing runs."""
    if not changes or changes[-1].percent == 0:
        return None
    speed = plan.rate * changes[-1].percent / FULL_RATE
    return now + timedelta(minutes=(plan.dose - given(plan, changes, now)) / speed)


def pauses(changes: Sequence[Change]) -> int:
    """How often it was paused."""
    return sum(change.percent == 0 for change in changes)


def paused_for_pressure(changes: Sequence[Change]) -> datetime | None:
    """When it was last paused because pressure was too high."""
    return next((change.at for change in reversed(changes) if change.for_pressure), None)


def most_at_once(rule: BolusRule, weight: Kilograms, plan: Plan, before: Milligrams) -> Milligrams:
    """How large a bolus may be when so much is in already."""
    return Milligrams(max(0.0, min(units.dose_for(MgPerKg(rule.most_mg_per_kg), weight), plan.dose - before)))


def check_reason(rule: OrderRule, order: Order, previous: Milligrams | None) -> str:
    """Why two people must check the dose; empty where they need not. A dose per kilogram that is not known needs it."""
    if order.per_kilogram is None:
        return "dose per kilogram not known"
    if order.per_kilogram > rule.soft_most_mg_per_kg:
        return f"above {rule.soft_most_mg_per_kg:g} mg/kg"
    if previous is not None and order.dose > previous * (1 + rule.rise_percent / 100):
        return f"over {rule.rise_percent:g} % more than last time"
    return ""


def order_facts(
    table: InfusionTable, order: Order | None, previous: Milligrams | None, checked: Mapping[str, datetime]
) -> dict[str, Said | None]:
    """What the start gate asks of the order itself: how long it runs and, where it is large, that two people checked it."""
    if order is None:
        return {"duration": None}
    rule = table.order
    facts: dict[str, Said | None] = {
        "duration": Said(
            order.duration >= rule.least_minutes,
            "orders",
            order.signed_at,
            f"{order.duration:g} minutes, at least {rule.least_minutes:g}",
            todo="the prescriber signs an order that runs longer",
        )
    }
    if why := check_reason(rule, order, previous):
        facts["dose_check"] = Said(
            len(checked) >= TWO,
            f"checked by {' and '.join(checked) or 'nobody'}",
            max(checked.values(), default=None),
            f"needed: {why}",
            todo="two people compute dose and rate, each for themselves, and say so as a dose check",
        )
    return facts


def why_not_resume(
    rule: ResumeRule,
    *,
    percent: int,
    paused_at: datetime,
    pressures: Sequence[Reading],
    priorities: Sequence[str],
    ordered_at: datetime | None,
) -> list[str]:
    """Why an infusion that was paused for pressure at an instant may not go on like this; empty where it may.

    `pressures` are readings since then, `priorities` those of the pressure alarms that stood since, `ordered_at` is when a
    provider ordered to go on.
    """
    why = []
    if any(priority in rule.stops for priority in priorities):
        why.append("an alarm asked to stop it for good")
    if percent > rule.most_percent:
        why.append(f"at most {rule.most_percent} % of the ordered rate")
    taken = [r.values for r in pressures if r.at > paused_at and SYSTOLIC in r.values and DIASTOLIC in r.values][-rule.readings :]
    quiet = [v for v in taken if v[SYSTOLIC] < rule.below_systolic and v[DIASTOLIC] < rule.below_diastolic]
    if len(quiet) < rule.readings:
        below = f"{rule.below_systolic:g}/{rule.below_diastolic:g}"
        why.append(f"the last {rule.readings} pressures since the pause must be below {below}")
    if ordered_at is None or ordered_at <= paused_at:
        why.append("a provider must have ordered it since the pause")
    return why
