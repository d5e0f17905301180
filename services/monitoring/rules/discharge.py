"""The discharge gate: may the patient go home. A fact never heard of is not met."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from schemas.monitoring.sessions import GateFact
from services.monitoring.rules.gates import NEVER, Attested, Reading, attested_fact
from services.monitoring.rules.tables import BREATHS, DIASTOLIC, HEART_RATE, SATURATION, SYSTOLIC, DischargeGate

NEEDED = {HEART_RATE: "heart rate", SATURATION: "oxygen saturation", BREATHS: "breaths"}
"""What a pressure alone does not tell."""


def judge_discharge(
    gate: DischargeGate,
    ended_at: datetime | None,
    baseline: Mapping[str, float],
    attested: Mapping[str, Attested],
    readings: Sequence[Reading],
    open_alarms: Sequence[str],
    now: datetime,
) -> tuple[GateFact, ...]:
    """Judge the discharge gate: all of it must be met. Row 9, the signature, is whoever discharges."""
    facts = [_recovery(gate, ended_at, now), _discharge_vitals(gate, baseline, readings, ended_at)]
    facts += [attested_fact(row, attested.get(row.id)) for row in gate.attested]
    detail = f"{len(open_alarms)} high alarms are open" if open_alarms else ""
    facts.append(GateFact(id="alarms_answered", met=not open_alarms, source="alarms", observed_at=now, detail=detail))
    return tuple(facts)


def _recovery(gate: DischargeGate, ended_at: datetime | None, now: datetime) -> GateFact:
    if ended_at is None:
        return GateFact(id="recovery_time", met=False, source=NEVER)
    minutes = (now - ended_at).total_seconds() / 60
    met = minutes >= gate.recovery.least_minutes
    detail = f"{int(minutes)} of {gate.recovery.least_minutes:g} minutes"
    return GateFact(id="recovery_time", met=met, source="infusion", observed_at=ended_at, detail=detail)


def _discharge_vitals(
    gate: DischargeGate, baseline: Mapping[str, float], readings: Sequence[Reading], ended_at: datetime | None
) -> GateFact:
    """The latest pressure and one at least the given minutes before it within limits, and none out of limits between.

    With each pressure go the heart rate, saturation and breaths last measured in recovery; one never measured is not met.
    """
    rule = gate.vitals
    good_since: datetime | None = None
    last: datetime | None = None
    good = 0
    latest: dict[str, float] = {}
    missing: list[str] = []
    for reading in readings:
        if ended_at is None or reading.at < ended_at:
            continue
        latest |= reading.values
        if SYSTOLIC not in reading.values or DIASTOLIC not in reading.values:
            continue
        last = reading.at
        missing = [name for code, name in NEEDED.items() if code not in latest]
        if not missing and _within(gate, baseline, latest):
            good_since = good_since or reading.at
            good += 1
        else:
            good_since, good = None, 0
    if last is None:
        return GateFact(id="vital_signs", met=False, source=NEVER)
    met = good_since is not None and good >= rule.readings and last - good_since >= timedelta(minutes=rule.apart_minutes)
    detail = f"{', '.join(missing)} {NEVER}" if missing else f"{good} good readings in a row"
    return GateFact(id="vital_signs", met=met, source="vitals", observed_at=last, detail=detail)


def _within(gate: DischargeGate, baseline: Mapping[str, float], values: Mapping[str, float]) -> bool:
    rule = gate.vitals
    if values[SYSTOLIC] >= rule.below_systolic or values[DIASTOLIC] >= rule.below_diastolic:
        return False
    for code in (SYSTOLIC, DIASTOLIC):
        if code in baseline and abs(values[code] - baseline[code]) > baseline[code] * rule.within_percent / 100:
            return False
    limits = {
        HEART_RATE: (rule.least_heart_rate, rule.most_heart_rate),
        SATURATION: (rule.least_saturation, 100.0),
        BREATHS: (rule.least_breaths, rule.most_breaths),
    }
    return all(least <= values[code] <= most for code, (least, most) in limits.items())
