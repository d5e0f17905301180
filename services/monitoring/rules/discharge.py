"""The discharge gate: may the patient go home. A fact never heard of is not met, nor is one stated before the infusion ended."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from schemas.parts import GateFact
from services.monitoring.rules.gates import NEVER, Attested, Reading
from services.monitoring.rules.recovery_tables import Checks, HomeGate, MeasuredFact, MinimumRecovery, StatedFact
from services.monitoring.rules.rescreen import Rescreened, judge_rescreen
from services.monitoring.rules.scores import OXYGEN, Scored, ScoreTable, judge_score
from services.monitoring.rules.tables import BREATHS, DIASTOLIC, HEART_RATE, SATURATION, SYSTOLIC

NAMES = {
    SYSTOLIC: "systolic pressure",
    DIASTOLIC: "diastolic pressure",
    HEART_RATE: "heart rate",
    SATURATION: "oxygen saturation",
    BREATHS: "breaths",
}


@dataclass(frozen=True)
class Shortened:
    """A provider's order for how long this patient stays at least, in minutes."""

    least_minutes: int
    reason: str
    by: str
    at: datetime


@dataclass(frozen=True)
class Unexplained:
    """What the drug ledger cannot explain of a session, in words for a nurse; nothing when it is reconciled."""

    missing: Sequence[str]
    at: datetime
    """When the ledger was read."""


@dataclass(frozen=True)
class Known:
    """What is known of a patient in recovery."""

    ended_at: datetime | None
    now: datetime
    baseline: Mapping[str, float] = field(default_factory=dict)
    attested: Mapping[str, Attested] = field(default_factory=dict)
    readings: Sequence[Reading] = ()
    """Since the infusion ended, oldest first."""
    scores: Sequence[Scored] = ()
    """Oldest first."""
    rescreen: Rescreened | None = None
    """The latest."""
    shortened: Shortened | None = None
    drug: Unexplained | None = None
    open_alarms: Sequence[str] = ()
    """Codes of high and emergency alarms that still need somebody."""
    unresolved: Sequence[str] = ()
    """Codes of high and emergency alarms, over or not, of which nobody said what they were."""
    signer: str | None = None
    """Who asks, if they may sign: a provider or a nurse."""

    def recovered(self, at: datetime) -> bool:
        """Whether something happened after the infusion ended."""
        return self.ended_at is not None and at >= self.ended_at


def judge_discharge(gate: HomeGate, scales: ScoreTable, known: Known) -> tuple[GateFact, ...]:
    """Judge the discharge gate, clinical 4.7: all of it must be met."""
    stated = {row.id: row for row in gate.attested}
    measured = {row.id for row in gate.measured}
    facts = [_recovery(gate.recovery, known), _vital_signs(gate.vitals, known)]
    facts += [judge_score(gate.scoring, scale, known.scores, known.ended_at, known.now) for scale in scales.scale]
    facts += [_measured(row, stated.get(row.id), known) for row in gate.measured]
    facts += [_attested(row, known) for row in gate.attested if row.id not in measured]
    return (*facts, _waste(known), judge_rescreen(gate, known.rescreen, known.ended_at), *_alarms(known), _signature(known))


def missing(facts: Sequence[GateFact]) -> list[str]:
    """What is not met, in words for a nurse."""
    return [f"{fact.id}: {fact.detail}" if fact.detail else fact.id for fact in facts if not fact.met]


def latest_check(rule: Checks, readings: Sequence[Reading], now: datetime) -> dict[str, float]:
    """The last value of each code that is no older than a check may be; oxygen is given until it is said to be off."""
    since = now - timedelta(minutes=rule.check_minutes)
    return {
        code: value
        for reading in readings
        for code, value in reading.values.items()
        if reading.at <= now and (reading.at >= since or code == OXYGEN)
    }


def _recovery(rule: MinimumRecovery, known: Known) -> GateFact:
    least = known.shortened.least_minutes if known.shortened else rule.least_minutes
    ordered = f", as {known.shortened.by} ordered: {known.shortened.reason}" if known.shortened else ""
    if known.ended_at is None:
        return GateFact(id="recovery_time", met=False, source=NEVER, detail=f"the infusion has not ended; then {least:g} minutes")
    minutes = (known.now - known.ended_at).total_seconds() / 60
    detail = f"{int(minutes)} of {least:g} minutes{ordered}"
    return GateFact(id="recovery_time", met=minutes >= least, source="infusion", observed_at=known.ended_at, detail=detail)


def _vital_signs(rule: Checks, known: Known) -> GateFact:
    """The latest check and one at least the given minutes before it are good, and none between is bad.

    A check is a pressure with the heart rate, saturation and breaths last measured before it, no older than the interval of
    checks in recovery (clinical 4.1). Oxygen is given until it is said to be off.
    """
    since: datetime | None = None
    last: datetime | None = None
    good, faults = 0, [""]
    seen: dict[str, tuple[datetime, float]] = {}
    for at, values in _by_instant(known):
        seen |= {code: (at, value) for code, value in values.items()}
        if SYSTOLIC not in values or DIASTOLIC not in values:
            continue
        last, oldest = at, at - timedelta(minutes=rule.check_minutes)
        check = {code: value for code, (when, value) in seen.items() if when >= oldest or code == OXYGEN}
        faults = _faults(rule, known.baseline, check)
        since, good = (None, 0) if faults else (since or at, good + 1)
    needed = f"{rule.readings} good checks needed, {rule.apart_minutes:g} min apart"
    if last is None:
        return GateFact(id="vital_signs", met=False, source=NEVER, detail=f"no pressure since the infusion ended: {needed}")
    apart = last - since if since else timedelta()
    met = good >= rule.readings and apart >= timedelta(minutes=rule.apart_minutes)
    detail = f"{good} good in a row, {int(apart.total_seconds() // 60)} min apart"
    if faults:
        detail = f"{'; '.join(faults)}; then {needed}"
    elif not met:
        detail += f": {needed}"
    return GateFact(id="vital_signs", met=met, source="vitals", observed_at=last, detail=detail)


def _by_instant(known: Known) -> list[tuple[datetime, dict[str, float]]]:
    """Readings in recovery; those of one instant are one."""
    found: dict[datetime, dict[str, float]] = {}
    for reading in known.readings:
        if known.recovered(reading.at):
            found.setdefault(reading.at, {}).update(reading.values)
    return sorted(found.items(), key=lambda pair: pair[0])


def _faults(rule: Checks, baseline: Mapping[str, float], values: Mapping[str, float]) -> list[str]:
    """What is wrong with a check."""
    limits = {
        HEART_RATE: (rule.least_heart_rate, rule.most_heart_rate),
        SATURATION: (min(rule.least_saturation, baseline.get(SATURATION, rule.least_saturation)), 100.0),
        BREATHS: (rule.least_breaths, rule.most_breaths),
    }
    found = []
    for code, below in ((SYSTOLIC, rule.below_systolic), (DIASTOLIC, rule.below_diastolic)):
        if values[code] >= below:
            found.append(f"{NAMES[code]} {values[code]:g}: below {below:g} needed")
        elif code not in baseline:
            found.append(f"{NAMES[code]} before the infusion {NEVER}")
        elif abs(values[code] - baseline[code]) > baseline[code] * rule.within_percent / 100:
            found.append(f"{NAMES[code]} {values[code]:g}: within {rule.within_percent:g} % of {baseline[code]:g} needed")
    for code, (least, most) in limits.items():
        if code not in values:
            found.append(f"{NAMES[code]} not measured within {rule.check_minutes:g} min before the pressure")
        elif not least <= values[code] <= most:
            found.append(f"{NAMES[code]} {values[code]:g}: {least:g} to {most:g} needed")
    if values.get(OXYGEN):
        found.append("oxygen is given: room air needed")
    return found


def _measured(row: MeasuredFact, stated: StatedFact | None, known: Known) -> GateFact:
    """What the latest reading in recovery tells; a later statement counts instead, where one may be made."""
    needed = f"{row.least:g} or more needed" if row.least is not None else f"{row.most:g} or less needed"
    found = [r for r in known.readings if known.recovered(r.at) and row.code in r.values]
    said = _attested(stated, known) if stated else None
    said_at = said.observed_at if said else None
    if said and said_at and known.recovered(said_at) and not (found and found[-1].at > said_at):
        return said
    if not found:
        detail = f"{row.label} not recorded since the infusion ended: {needed}"
        return GateFact(id=row.id, met=False, source=NEVER, detail=detail)
    value = found[-1].values[row.code]
    met = value >= row.least if row.least is not None else value <= (row.most or 0)
    detail = f"{row.label} {value:g}" + ("" if met else f": {needed}")
    return GateFact(id=row.id, met=met, source="vitals", observed_at=found[-1].at, detail=detail)


def _attested(row: StatedFact, known: Known) -> GateFact:
    said = known.attested.get(row.id)
    if said is None:
        return GateFact(id=row.id, met=False, source=NEVER, detail=f"{row.missing} (nobody has stated it)")
    met, detail = said.met and known.recovered(said.at), row.label
    if not said.met:
        detail = f"{row.missing}: {said.detail}" if said.detail else row.missing
    elif not met:
        detail = f"{row.missing} (stated before the infusion ended: state it again)"
    return GateFact(id=row.id, met=met, source=f"attested by {said.by}", observed_at=said.at, detail=detail)


def _waste(known: Known) -> GateFact:
    """Row 7: the ledger tells, nobody states it."""
    if known.drug is None:
        return GateFact(id="waste_reconciled", met=False, source=NEVER, detail="the drug ledger was not read")
    lacks = known.drug.missing
    detail = f"waste not reconciled: {'; '.join(lacks)}" if lacks else "waste reconciled"
    return GateFact(id="waste_reconciled", met=not lacks, source="drug ledger", observed_at=known.drug.at, detail=detail)


def _alarms(known: Known) -> Iterator[GateFact]:
    """Answered, and with a reason code, clinical 4.9."""
    for name, codes, what in (
        ("alarms_answered", known.open_alarms, "high alarms are open"),
        ("alarms_resolved", known.unresolved, "high alarms without a reason code"),
    ):
        listed = ", ".join(sorted(set(codes)))
        detail = f"{what}: {listed}" if listed else ""
        yield GateFact(id=name, met=not listed, source="alarms", observed_at=known.now, detail=detail)


def _signature(known: Known) -> GateFact:
    """Row 9: whoever discharges signs by it."""
    if known.signer is None:
        return GateFact(id="signature", met=False, source=NEVER, detail="a provider or nurse must sign, by discharging")
    source = f"{known.signer} may sign"
    return GateFact(id="signature", met=True, source=source, observed_at=known.now, detail="signed by discharging")
