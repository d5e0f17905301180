"""Screening: the clinic's rules read against a chart; each rule that speaks says what it looked at."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Literal

from pydantic import Field

from kit.tables import Row, Table
from schemas.intake.screenings import Decision, FactUsed, FiredRule
from services.intake.rules.chart import Entry
from services.intake.rules.trials import Adequacy, Trial, failed_adequate

Outcome = Literal["INDICATED", "BLOCK", "REVIEW", "WARN", "INCOMPLETE"]
MILLIMETRES = ("mm[Hg]", "mmHg")
"""UCUM's millimetres of mercury, and how charts write them. In kilopascals any pressure looks safe: it does not count."""
SYSTOLIC, DIASTOLIC = "http://loinc.org|8480-6", "http://loinc.org|8462-4"


class Rule(Row):
    """One rule. `check` names the function that reads it; codes are `system|code`, a trailing `*` covers what begins so."""

    id: str
    check: Literal["indication", "age", "pressure", "condition", "allergy", "pregnancy", "consent", "medicine", "benzodiazepine"]
    outcome: Outcome
    reason: str
    strength: Literal["LABEL", "CONSENSUS", "POLICY", ""] = ""
    codes: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    """Codes that keep the rule from speaking."""
    words: tuple[str, ...] = ()
    """Names to look for where a chart codes a product rather than its ingredient."""
    attested: str = ""
    """A fact that staff may attest instead."""
    numbers: dict[str, float] = Field(default_factory=dict)


class ScreeningRules(Table):
    """All rules, and how long a decision holds."""

    expires_days: int
    adequacy: Adequacy
    rule: tuple[Rule, ...]


@dataclass(frozen=True)
class Attested:
    """A fact that a person stated."""

    fact: str
    value: str
    by: str
    at: datetime


@dataclass(frozen=True)
class Facts:
    """What is known of a patient when the rules are read."""

    birth_date: date | None
    gender: str
    entries: Sequence[Entry]
    trials: Sequence[Trial]
    consent_expires_at: datetime | None
    attested: Mapping[str, Attested] = field(default_factory=dict)


@dataclass(frozen=True)
class Verdict:
    """What the rules came to."""

    decision: Decision
    indication: str | None
    fired: tuple[FiredRule, ...]
    expires_at: datetime


def decide(facts: Facts, rules: ScreeningRules, now: datetime, indication: str) -> Verdict:
    """Read every rule. What blocks outweighs what is missing, which outweighs what a provider must review."""
    fired = [spoken for rule in rules.rule for spoken in CHECKS[rule.check](rule, facts, rules, now)]
    outcomes = {spoken.outcome for spoken in fired}
    indicated = [spoken.rule_id for spoken in fired if spoken.outcome == "INDICATED" and spoken.rule_id == indication]
    decision: Decision
    if "BLOCK" in outcomes:
        decision = "BLOCKED"
    elif "INCOMPLETE" in outcomes:
        decision = "INCOMPLETE"
    elif "REVIEW" in outcomes or not indicated:
        decision = "REVIEW"
    else:
        decision = "ELIGIBLE_WITH_CONDITIONS" if "WARN" in outcomes else "ELIGIBLE"
    return Verdict(decision, indicated[0] if indicated else None, tuple(fired), now + timedelta(days=rules.expires_days))


def _says(rule: Rule, facts: Iterable[FactUsed], outcome: Outcome | None = None, reason: str = "") -> list[FiredRule]:
    spoken = FiredRule(
        rule_id=rule.id, outcome=outcome or rule.outcome, reason=reason or rule.reason, evidence=rule.evidence, facts=tuple(facts)
    )
    return [spoken]


def _used(entry: Entry, code: str) -> FactUsed:
    return FactUsed(fact=entry.kind, code=code, source=entry.source, observed_at=entry.at)


def _stated(attested: Attested) -> FactUsed:
    return FactUsed(fact=attested.fact, source=f"attested by {attested.by}", observed_at=attested.at)


def _matching(entries: Iterable[Entry], kind: str, codes: Sequence[str], words: Sequence[str] = ()) -> list[FactUsed]:
    found = []
    for entry in entries:
        if entry.kind != kind or not entry.active:
            continue
        token = next((c.token for c in entry.codings if any(_covers(code, c.token) for code in codes)), None)
        names = " ".join([entry.text, *(c.display for c in entry.codings)]).lower()
        if token is None and any(word in names for word in words):
            token = entry.codings[0].token if entry.codings else None
            found.append(FactUsed(fact=f"{kind}, matched by name", code=token, source=entry.source, observed_at=entry.at))
        elif token is not None:
            found.append(_used(entry, token))
    return found


def _covers(code: str, token: str) -> bool:
    return token.startswith(code[:-1]) if code.endswith("*") else token == code


def _indication(rule: Rule, facts: Facts, rules: ScreeningRules, now: datetime) -> list[FiredRule]:
    diagnoses = _matching(facts.entries, "Condition", rule.codes)
    if not diagnoses or _matching(facts.entries, "Condition", rule.without):
        return []
    failed, classes = failed_adequate(facts.trials, rules.adequacy)
    needed = int(rule.numbers["failed_adequate_trials"])
    trials = FactUsed(fact=f"{failed} failed adequate trials ({', '.join(classes) or 'none'})", source="medication trials")
    if not facts.trials:
        return _says(rule, diagnoses, "INCOMPLETE", "no medication trials are recorded")
    return _says(rule, [*diagnoses, trials]) if failed >= needed else []


def _age(rule: Rule, facts: Facts, _: ScreeningRules, now: datetime) -> list[FiredRule]:
    if facts.birth_date is None:
        return _says(rule, [], "INCOMPLETE", "no birth date is known")
    today = now.date()
    years = today.year - facts.birth_date.year - ((today.month, today.day) < (facts.birth_date.month, facts.birth_date.day))
    born = FactUsed(fact="age", source="chart")
    if years < rule.numbers.get("below", 0) or years >= rule.numbers.get("from", 999):
        return _says(rule, [born])
    return []


def _pressure(rule: Rule, facts: Facts, _: ScreeningRules, now: datetime) -> list[FiredRule]:
    n = rule.numbers
    readings = _readings(facts.entries, now - timedelta(days=n["fresh_days"]))
    if not readings:
        return _says(rule, [], "INCOMPLETE", f"no blood pressure (mm[Hg]) of the last {n['fresh_days']:g} days is known")
    crisis = [r for r in readings if r.systolic >= n["crisis_systolic"] or r.diastolic >= n["crisis_diastolic"]]
    if crisis:
        return _says(rule, _pair(crisis[-1]), reason="hypertensive crisis: urgent referral")
    high = [r for r in readings if r.systolic >= n["systolic"] or r.diastolic >= n["diastolic"]]
    days = {r.at.date() for r in high}
    apart = [r for i, r in enumerate(high) if i == 0 or (r.at - high[i - 1].at) >= timedelta(minutes=n["apart_minutes"])]
    if len(days) >= n["visits"] or len(apart) >= n["readings"]:
        return _says(rule, [fact for reading in high for fact in _pair(reading)])
    if high:
        return _says(rule, _pair(high[-1]), "REVIEW", "one high blood pressure, not confirmed: measure again")
    return []


@dataclass(frozen=True)
class _Reading:
    at: datetime
    systolic: float
    diastolic: float
    source: str


def _readings(entries: Iterable[Entry], since: datetime) -> list[_Reading]:
    parts: dict[tuple[str, datetime], dict[str, float]] = {}
    for entry in entries:
        value = entry.value if entry.unit in MILLIMETRES else None
        if entry.kind == "Observation" and entry.at and entry.at >= since and value is not None:
            for coding in entry.codings:
                if coding.token in (SYSTOLIC, DIASTOLIC):
                    parts.setdefault((entry.source, entry.at), {})[coding.token] = value
    whole = [
        _Reading(at, values[SYSTOLIC], values[DIASTOLIC], source)
        for (source, at), values in parts.items()
        if SYSTOLIC in values and DIASTOLIC in values
    ]
    return sorted(whole, key=lambda reading: reading.at)


def _pair(reading: _Reading) -> list[FactUsed]:
    return [
        FactUsed(fact="Observation", code=code, source=reading.source, observed_at=reading.at) for code in (SYSTOLIC, DIASTOLIC)
    ]


def _condition(rule: Rule, facts: Facts, _: ScreeningRules, now: datetime) -> list[FiredRule]:
    found = _matching(facts.entries, "Condition", rule.codes)
    return _says(rule, found) if found else []


def _allergy(rule: Rule, facts: Facts, _: ScreeningRules, now: datetime) -> list[FiredRule]:
    found = _matching(facts.entries, "Allergy", rule.codes, rule.words) + _matching(facts.entries, "Condition", rule.codes)
    return _says(rule, found) if found else []


def _pregnancy(rule: Rule, facts: Facts, _: ScreeningRules, now: datetime) -> list[FiredRule]:
    conditions = _matching(facts.entries, "Condition", rule.codes)
    if conditions:
        return _says(rule, conditions)
    if facts.gender == "male":
        return []
    potential, test = facts.attested.get("childbearing_potential"), facts.attested.get("pregnancy_test")
    if potential is not None and potential.value == "no":
        return []
    if test is None or now - test.at > timedelta(hours=rule.numbers["fresh_hours"]):
        return _says(rule, [_stated(test)] if test else [], reason="pregnancy status is not known")
    return [] if test.value == "negative" else _says(rule, [_stated(test)])


def _consent(rule: Rule, facts: Facts, _: ScreeningRules, now: datetime) -> list[FiredRule]:
    if facts.consent_expires_at is None:
        return _says(rule, [], reason="no consent of the current version is signed")
    return [] if facts.consent_expires_at > now else _says(rule, [], reason="the consent has expired")


def _medicine(rule: Rule, facts: Facts, _: ScreeningRules, now: datetime) -> list[FiredRule]:
    found = _matching(facts.entries, "Medication", rule.codes, rule.words)
    stated = facts.attested.get(rule.attested) if rule.attested else None
    if stated is not None and stated.value == "yes":
        found.append(_stated(stated))
    return _says(rule, found) if found else []


def _benzodiazepine(rule: Rule, facts: Facts, _: ScreeningRules, now: datetime) -> list[FiredRule]:
    found = _matching(facts.entries, "Medication", rule.codes, rule.words)
    stated = facts.attested.get(rule.attested)
    if stated is None:
        reason = "a benzodiazepine is taken, and its daily diazepam equivalent (mg) is not stated"
        return _says(rule, found, "INCOMPLETE", reason) if found else []
    used = [*found, _stated(stated)]
    if float(stated.value) > rule.numbers["diazepam_mg_per_day"]:
        return _says(rule, used)
    return _says(rule, used, "WARN", "a benzodiazepine may lessen the effect; none on the same day") if found else []


CHECKS: Mapping[str, Callable[[Rule, Facts, ScreeningRules, datetime], list[FiredRule]]] = {
    "indication": _indication,
    "age": _age,
    "pressure": _pressure,
    "condition": _condition,
    "allergy": _allergy,
    "pregnancy": _pregnancy,
    "consent": _consent,
    "medicine": _medicine,
    "benzodiazepine": _benzodiazepine,
}
