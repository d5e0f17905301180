"""The start gate, clinical 4.2: may the infusion start. A fact never heard of is not met."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from schemas.parts import GateFact
from services.monitoring.rules.checklist import ChecklistItem, StartGate
from services.monitoring.rules.pressure import SEVERITY, Level, Pressure, Reading, judge_pressure
from services.monitoring.rules.tables import BREATHS, HEART_RATE, SATURATION, TEMPERATURE, AttestedFact

__all__ = ["NEVER", "Attested", "Reading", "Said", "StartOutcome", "StartVerdict", "attested_fact", "judge_start"]

NEVER = "never heard of"
PROVIDER_START = "provider_start_decision"
StartOutcome = Literal["GO", "RE-MEASURE", "HOLD", "CANCEL TODAY", "NO START"]


@dataclass(frozen=True)
class Attested:
    """What a member of staff stated."""

    fact: str
    met: bool
    by: str
    at: datetime
    detail: str = ""


@dataclass(frozen=True)
class Said:
    """What another service said: a screening, an order, a consent."""

    met: bool
    source: str
    at: datetime | None
    detail: str = ""
    todo: str = ""


@dataclass(frozen=True)
class StartVerdict:
    """Whether the infusion may start."""

    outcome: StartOutcome
    facts: tuple[GateFact, ...]
    baseline: Mapping[str, float]
    """Means of the readings the gate used, by LOINC code."""

    @property
    def unmet(self) -> tuple[str, ...]:
        """The hard facts that are not met."""
        return tuple(fact.id for fact in self.facts if fact.hard and not fact.met)


def judge_start(
    gate: StartGate,
    said: Mapping[str, Said | None],
    attested: Mapping[str, Attested],
    readings: Sequence[Reading],
    now: datetime,
    *,
    cancelled_at: datetime | None = None,
) -> StartVerdict:
    """Judge the start gate from all readings since check-in. The worst part decides.

    A provider's decision overrides a hold, and a raised pressure once it was measured again as often as the table says. It covers
    what the provider could see: nothing that came up or got worse since, nothing never measured, no hard item of the checklist,
    and no CANCEL TODAY, which stands for the session once it was judged (at `cancelled_at`).
    """
    readings = [reading for reading in readings if reading.at <= now]
    fresh = _fresh(gate, readings, now)
    listed = [_said(name, heard) for name, heard in said.items()]
    listed += [_checklist(item, attested.get(item.id), fresh) for item in gate.attested]
    pressure, vitals = judge_pressure(gate, readings, now), _vitals(gate, fresh)
    provider = attested.get(PROVIDER_START)
    if provider is not None:
        row = AttestedFact(id=PROVIDER_START, label="provider's decision to start", source="clinical 4.2", evidence="D")
        listed.append(attested_fact(row, provider).model_copy(update={"hard": False}))
    covered = provider is not None and provider.met and _covers(gate, provider.at, readings, pressure, _bad(vitals))
    facts = (*listed, _pressure_fact(gate, pressure, cancelled_at), *vitals)
    outcome: StartOutcome
    if pressure.level == "CANCEL TODAY" or cancelled_at is not None:
        outcome = "CANCEL TODAY"
    elif any(fact.hard and not fact.met for fact in listed):
        outcome = "NO START"
    elif pressure.level is None or any(fact.hard and fact.source == NEVER for fact in vitals):
        outcome = "HOLD"
    elif (pressure.level == "GO" and not _bad(vitals)) or covered:
        outcome = "GO"
    elif pressure.level == "RE-MEASURE" and pressure.remeasured < gate.pressure.remeasure and not _bad(vitals):
        outcome = "RE-MEASURE"
    else:
        outcome = "HOLD"
    return StartVerdict(outcome, facts, _baseline(pressure, fresh))


def _fresh(gate: StartGate, readings: Sequence[Reading], at: datetime) -> list[Reading]:
    since = at - timedelta(minutes=gate.pressure.fresh_minutes)
    return [reading for reading in readings if since <= reading.at <= at]


def _covers(gate: StartGate, decided_at: datetime, readings: Sequence[Reading], now: Pressure, bad: frozenset[str]) -> bool:
    """Whether a decision is about things as bad as they are now."""
    seen = [reading for reading in readings if reading.at <= decided_at]
    then = judge_pressure(gate, seen, decided_at)
    if then.level is None or now.level is None or SEVERITY.index(now.level) > SEVERITY.index(then.level):
        return False
    too_early = then.level == now.level == "RE-MEASURE" and now.remeasured < gate.pressure.remeasure
    return not too_early and bad <= _bad(_vitals(gate, _fresh(gate, seen, decided_at)))


def _pressure_fact(gate: StartGate, pressure: Pressure, cancelled_at: datetime | None) -> GateFact:
    rule, advice = gate.pressure, gate.advice
    if pressure.level is None:
        detail = f"{pressure.taken} of {rule.readings} readings of the last {rule.fresh_minutes:g} minutes"
        source = "vitals" if pressure.at else NEVER
        return GateFact(
            id="blood_pressure", met=False, source=source, observed_at=pressure.at, detail=detail, todo=advice.measure
        )
    level: Level = "CANCEL TODAY" if cancelled_at is not None else pressure.level
    detail, todo = str(level), ""
    if level == "RE-MEASURE":
        detail = f"raised; measured again {min(pressure.remeasured, rule.remeasure)} of {rule.remeasure} times"
        todo = advice.remeasure if pressure.remeasured < rule.remeasure else advice.decide
    elif level == "HOLD" and pressure.low:
        detail, todo = "HOLD: low", advice.vitals
    elif level == "HOLD":
        left = max(0.0, rule.hold_minutes - pressure.held_minutes)
        detail = f"HOLD: {left:.0f} of {rule.hold_minutes:g} minutes left to measure again"
        todo = advice.hold if left else advice.hold_over
    elif level == "CANCEL TODAY":
        todo = advice.emergency if pressure.emergency else advice.cancel
    return GateFact(id="blood_pressure", met=level == "GO", source="vitals", observed_at=pressure.at, detail=detail, todo=todo)


def _vitals(gate: StartGate, fresh: Sequence[Reading]) -> list[GateFact]:
    """The other vital signs, the latest of each. Temperature is judged where it was taken, and shown as missing where not."""
    rule = gate.vitals
    limits = {
        HEART_RATE: ("heart_rate", rule.least_heart_rate, rule.most_heart_rate),
        SATURATION: ("oxygen_saturation", rule.least_saturation, 100.0),
        BREATHS: ("breaths", rule.least_breaths, rule.most_breaths),
        TEMPERATURE: ("temperature", None, rule.fever_celsius),
    }
    facts = []
    for code, (name, least, most) in limits.items():
        latest = _latest(code, fresh)
        if latest is None:
            facts.append(GateFact(id=name, met=False, source=NEVER, hard=code != TEMPERATURE, todo="measure it"))
            continue
        value = latest.values[code]
        met = value < most if least is None else least <= value <= most
        todo = "" if met else gate.advice.vitals
        facts.append(GateFact(id=name, met=met, source="vitals", observed_at=latest.at, todo=todo))
    return facts


def _bad(vitals: Sequence[GateFact]) -> frozenset[str]:
    return frozenset(fact.id for fact in vitals if not fact.met and fact.source != NEVER)


def _latest(code: str, readings: Sequence[Reading]) -> Reading | None:
    return next((reading for reading in reversed(readings) if code in reading.values), None)


def _baseline(pressure: Pressure, fresh: Sequence[Reading]) -> dict[str, float]:
    baseline = dict(pressure.means)
    for code in (HEART_RATE, SATURATION) if baseline else ():
        known = [reading.values[code] for reading in fresh if code in reading.values]
        if known:
            baseline[code] = sum(known) / len(known)
    return baseline


def _checklist(item: ChecklistItem, stated: Attested | None, fresh: Sequence[Reading]) -> GateFact:
    measured = _latest(item.code, fresh) if item.code else None
    if measured is not None:
        met = measured.values[item.code] >= item.least
        fact = GateFact(id=item.id, met=met, source="vitals", observed_at=measured.at, detail=item.label)
    else:
        fact = attested_fact(item, stated)
    return fact.model_copy(update={"hard": item.hard, "todo": "" if fact.met else item.todo})


def attested_fact(row: AttestedFact, stated: Attested | None) -> GateFact:
    """What was stated about a row that staff must attest; not met while nobody has."""
    if stated is None:
        return GateFact(id=row.id, met=False, source=NEVER, detail=row.label)
    return GateFact(id=row.id, met=stated.met, source=f"attested by {stated.by}", observed_at=stated.at, detail=row.label)


def _said(name: str, heard: Said | None) -> GateFact:
    if heard is None:
        return GateFact(id=name, met=False, source=NEVER)
    todo = "" if heard.met else heard.todo
    return GateFact(id=name, met=heard.met, source=heard.source, observed_at=heard.at, detail=heard.detail, todo=todo)
