"""The start gate: may the infusion start. A fact never heard of is not met."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from schemas.monitoring.sessions import GateFact
from services.monitoring.rules.tables import (
    BREATHS,
    DIASTOLIC,
    HEART_RATE,
    SATURATION,
    SYSTOLIC,
    TEMPERATURE,
    AttestedFact,
    StartGate,
)

NEVER = "never heard of"
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


@dataclass(frozen=True)
class Reading:
    """Vital signs of one instant, by LOINC code."""

    at: datetime
    values: Mapping[str, float]


@dataclass(frozen=True)
class StartVerdict:
    """Whether the infusion may start."""

    outcome: StartOutcome
    facts: tuple[GateFact, ...]
    baseline: Mapping[str, float]
    """Means of the readings the gate used, by LOINC code."""


def judge_start(
    gate: StartGate,
    said: Mapping[str, Said | None],
    attested: Mapping[str, Attested],
    readings: Sequence[Reading],
    now: datetime,
) -> StartVerdict:
    """Judge the start gate. The worst part decides; `provider_start_decision` may override a hold or a repeated measurement."""
    facts = [_said(name, heard) for name, heard in said.items()]
    facts += [attested_fact(row, attested.get(row.id)) for row in gate.attested]
    missing = [fact for fact in facts if not fact.met]
    pressure, outcome, baseline = _pressure(gate, readings, now)
    vitals, out_of_range = _vitals(gate, readings, now)
    provider = attested.get("provider_start_decision")
    overridden = provider is not None and provider.met
    if provider is not None:
        facts.append(
            attested_fact(
                AttestedFact(id=provider.fact, label="provider's decision to start", source="clinical 4.2", evidence="D"),
                provider,
            )
        )
    if outcome == "CANCEL TODAY":
        verdict: StartOutcome = outcome
    elif missing:
        verdict = "NO START"
    elif (outcome == "HOLD" or out_of_range) and not overridden:
        verdict = "HOLD"
    elif outcome == "RE-MEASURE" and not overridden:
        verdict = outcome
    elif outcome == "HOLD" and not baseline:
        verdict = "HOLD"
    else:
        verdict = "GO"
    return StartVerdict(verdict, (*facts, pressure, *vitals), baseline)


def _pressure(gate: StartGate, readings: Sequence[Reading], now: datetime) -> tuple[GateFact, StartOutcome, dict[str, float]]:
    rule = gate.pressure
    since = now - timedelta(minutes=rule.fresh_minutes)
    whole = [r for r in readings if since <= r.at <= now and SYSTOLIC in r.values and DIASTOLIC in r.values][-rule.readings :]
    if len(whole) < rule.readings:
        detail = f"{len(whole)} of {rule.readings} readings of the last {rule.fresh_minutes:g} minutes"
        source, at = ("vitals", whole[-1].at) if whole else (NEVER, None)
        return GateFact(id="blood_pressure", met=False, source=source, observed_at=at, detail=detail), "HOLD", {}
    baseline = {code: sum(r.values[code] for r in whole) / len(whole) for code in (SYSTOLIC, DIASTOLIC)}
    for code in (HEART_RATE, SATURATION):
        known = [r.values[code] for r in readings if since <= r.at <= now and code in r.values]
        if known:
            baseline[code] = sum(known) / len(known)
    systolic, diastolic = baseline[SYSTOLIC], baseline[DIASTOLIC]
    outcome: StartOutcome = "GO"
    if systolic >= rule.cancel_systolic or diastolic >= rule.cancel_diastolic:
        outcome = "CANCEL TODAY"
    elif systolic >= rule.hold_systolic or diastolic >= rule.hold_diastolic or systolic < gate.vitals.least_systolic:
        outcome = "HOLD"
    elif systolic >= rule.go_systolic or diastolic >= rule.go_diastolic:
        outcome = "RE-MEASURE"
    fact = GateFact(id="blood_pressure", met=outcome == "GO", source="vitals", observed_at=whole[-1].at, detail=outcome)
    return fact, outcome, baseline


def _vitals(gate: StartGate, readings: Sequence[Reading], now: datetime) -> tuple[list[GateFact], bool]:
    rule = gate.vitals
    limits = {
        HEART_RATE: ("heart_rate", rule.least_heart_rate, rule.most_heart_rate),
        SATURATION: ("oxygen_saturation", rule.least_saturation, 100.0),
        BREATHS: ("breaths", rule.least_breaths, rule.most_breaths),
    }
    since = now - timedelta(minutes=gate.pressure.fresh_minutes)
    fresh = [r for r in readings if since <= r.at <= now]
    facts, bad = [], False
    for code, (name, least, most) in limits.items():
        latest = next((r for r in reversed(fresh) if code in r.values), None)
        if latest is None:
            facts.append(GateFact(id=name, met=False, source=NEVER))
            bad = True
            continue
        met = least <= latest.values[code] <= most
        bad = bad or not met
        facts.append(GateFact(id=name, met=met, source="vitals", observed_at=latest.at))
    warm = next((r for r in reversed(fresh) if TEMPERATURE in r.values), None)
    if warm is not None:
        met = warm.values[TEMPERATURE] < rule.fever_celsius
        bad = bad or not met
        facts.append(GateFact(id="temperature", met=met, source="vitals", observed_at=warm.at))
    return facts, bad


def attested_fact(row: AttestedFact, stated: Attested | None) -> GateFact:
    """What was stated about a row that staff must attest; not met while nobody has."""
    if stated is None:
        return GateFact(id=row.id, met=False, source=NEVER, detail=row.label)
    return GateFact(id=row.id, met=stated.met, source=f"attested by {stated.by}", observed_at=stated.at, detail=row.label)


def _said(name: str, heard: Said | None) -> GateFact:
    if heard is None:
        return GateFact(id=name, met=False, source=NEVER)
    return GateFact(id=name, met=heard.met, source=heard.source, observed_at=heard.at, detail=heard.detail)
