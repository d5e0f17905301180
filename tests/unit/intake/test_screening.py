"""Who may be treated, as a table a clinician can read."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from services.intake import tables
from services.intake.rules.chart import Coding, Entry
from services.intake.rules.screening import Attested, Facts, decide
from services.intake.rules.trials import Trial

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ICD, RX, SNOMED, LOINC = (
    "http://hl7.org/fhir/sid/icd-10-cm",
    "http://www.nlm.nih.gov/research/umls/rxnorm",
    "http://snomed.info/sct",
    "http://loinc.org",
)


def coded(kind: Any, system: str, code: str, display: str = "", *, active: bool = True) -> Entry:
    return Entry(key=f"{kind}/{code}", kind=kind, codings=(Coding(system=system, code=code, display=display),), active=active)


def pressure(systolic: float, diastolic: float, before: timedelta = timedelta(0), unit: str = "mm[Hg]") -> list[Entry]:
    at = NOW - before
    return [
        Entry(
            key=f"{code}/{at}",
            kind="Observation",
            codings=(Coding(system=LOINC, code=code),),
            at=at,
            value=value,
            unit=unit,
            source=f"Observation/{at}",
        )
        for code, value in (("8480-6", systolic), ("8462-4", diastolic))
    ]


def trial(**changed: Any) -> Trial:
    plain = {
        "drug": "sertraline",
        "drug_class": "SSRI",
        "max_dose_mg": 150,
        "label_minimum_mg": 50,
        "weeks_at_adequate_dose": 8,
        "adherence": 0.9,
        "response_pct": 10,
        "stop_reason": "nonresponse",
        "source": "record",
    }
    return Trial.model_validate(plain | changed)


MDD = coded("Condition", ICD, "F33.2", "Major depressive disorder, recurrent, severe")


def facts(*more: Entry, **changed: Any) -> Facts:
    plain: dict[str, Any] = {
        "birth_date": date(1985, 5, 5),
        "gender": "male",
        "entries": [MDD, *pressure(124, 78), *more],
        "trials": [trial(), trial(drug="venlafaxine", drug_class="SNRI")],
        "consent_expires_at": NOW + timedelta(days=200),
        "attested": {},
    }
    return Facts(**(plain | changed))


def stated(fact: str, value: str, before: timedelta = timedelta(0)) -> dict[str, Attested]:
    return {fact: Attested(fact, value, "nurse-1", NOW - before)}


BENZO = coded("Medication", RX, "2598", "Clonazepam")
TABLE = [
    # what is known                                                           decision                     who spoke
    ("nothing against it", facts(), "ELIGIBLE", {"IND-TRD"}),
    ("one failed trial only", facts(trials=[trial()]), "REVIEW", set()),
    ("no trials recorded", facts(trials=[]), "INCOMPLETE", {"IND-TRD"}),
    ("psychotic features", facts(coded("Condition", ICD, "F33.3")), "BLOCKED", {"CI-06"}),
    ("schizophrenia", facts(coded("Condition", ICD, "F20.0")), "BLOCKED", {"CI-06", "IND-TRD"}),
    ("schizophrenia, resolved in error", facts(coded("Condition", ICD, "F20.0", active=False)), "ELIGIBLE", {"IND-TRD"}),
    ("aneurysm (S19)", facts(coded("Condition", ICD, "I71.4")), "BLOCKED", {"CI-02", "IND-TRD"}),
    ("ketamine allergy", facts(coded("Allergy", RX, "6130", "ketamine")), "BLOCKED", {"CI-04", "IND-TRD"}),
    ("ketamine allergy by product", facts(coded("Allergy", RX, "1", "Ketamine 10 MG/ML")), "BLOCKED", {"CI-04", "IND-TRD"}),
    (
        "ketamine allergy in words alone",
        facts(Entry(key="Allergy/1", kind="Allergy", codings=(), text="Ketamine: hives")),
        "BLOCKED",
        {"CI-04", "IND-TRD"},
    ),
    ("depression in remission", facts(entries=[coded("Condition", ICD, "F33.42"), *pressure(124, 78)]), "REVIEW", set()),
    ("no consent", facts(consent_expires_at=None), "BLOCKED", {"CI-13", "IND-TRD"}),
    ("consent expired", facts(consent_expires_at=NOW), "BLOCKED", {"CI-13", "IND-TRD"}),
    ("no blood pressure", facts(entries=[MDD]), "INCOMPLETE", {"CI-01", "IND-TRD"}),
    (
        "blood pressure of last year",
        facts(entries=[MDD, *pressure(120, 70, timedelta(days=100))]),
        "INCOMPLETE",
        {"CI-01", "IND-TRD"},
    ),
    (
        "22/13.5 kilopascals, which is 165/101",
        facts(entries=[MDD, *pressure(22, 13.5, unit="kPa")]),
        "INCOMPLETE",
        {"CI-01", "IND-TRD"},
    ),
    ("one reading of 165/90", facts(*pressure(165, 90, timedelta(hours=1))), "REVIEW", {"CI-01", "IND-TRD"}),
    (
        "165/90 on two visits",
        facts(*pressure(165, 90, timedelta(days=1)), *pressure(164, 90, timedelta(days=8))),
        "BLOCKED",
        {"CI-01", "IND-TRD"},
    ),
    ("181/100 once", facts(*pressure(181, 100, timedelta(hours=1))), "BLOCKED", {"CI-01", "IND-TRD"}),
    ("a woman, pregnancy unknown", facts(gender="female"), "BLOCKED", {"CI-08", "IND-TRD"}),
    ("a woman, test negative", facts(gender="female", attested=stated("pregnancy_test", "negative")), "ELIGIBLE", {"IND-TRD"}),
    (
        "a woman, test too old",
        facts(gender="female", attested=stated("pregnancy_test", "negative", timedelta(hours=73))),
        "BLOCKED",
        {"CI-08", "IND-TRD"},
    ),
    (
        "a woman, test positive",
        facts(gender="female", attested=stated("pregnancy_test", "positive")),
        "BLOCKED",
        {"CI-08", "IND-TRD"},
    ),
    (
        "no childbearing potential",
        facts(gender="female", attested=stated("childbearing_potential", "no")),
        "ELIGIBLE",
        {"IND-TRD"},
    ),
    ("lamotrigine", facts(coded("Medication", RX, "28439")), "ELIGIBLE_WITH_CONDITIONS", {"IX-01", "IND-TRD"}),
    (
        "lamotrigine as a product",
        facts(coded("Medication", RX, "198427", "lamoTRIgine 100 MG Oral Tablet")),
        "ELIGIBLE_WITH_CONDITIONS",
        {"IX-01", "IND-TRD"},
    ),
    ("cannabis", facts(attested=stated("cannabis_use", "yes")), "ELIGIBLE_WITH_CONDITIONS", {"IX-02", "IND-TRD"}),
    ("benzodiazepine, dose not stated", facts(BENZO), "INCOMPLETE", {"IX-03", "IND-TRD"}),
    (
        "benzodiazepine, 10 mg (S18)",
        facts(BENZO, attested=stated("diazepam_equivalent_mg_per_day", "10")),
        "REVIEW",
        {"IX-03", "IND-TRD"},
    ),
    (
        "benzodiazepine, 8 mg",
        facts(BENZO, attested=stated("diazepam_equivalent_mg_per_day", "8")),
        "ELIGIBLE_WITH_CONDITIONS",
        {"IX-03", "IND-TRD"},
    ),
    ("seventeen", facts(birth_date=date(2008, 3, 3)), "BLOCKED", {"AGE-18", "IND-TRD"}),
    ("eighteen today", facts(birth_date=date(2008, 3, 2)), "ELIGIBLE", {"IND-TRD"}),
    ("sixty-five", facts(birth_date=date(1961, 3, 2)), "REVIEW", {"AGE-65", "IND-TRD"}),
]


@pytest.mark.parametrize(("known", "decision", "spoke"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_decision(known: Facts, decision: str, spoke: set[str]) -> None:
    found = decide(known, tables.screening_rules(), NOW, "IND-TRD")
    assert (found.decision, {rule.rule_id for rule in found.fired}) == (decision, spoke)


def test_each_rule_that_speaks_names_what_it_looked_at_by_its_code() -> None:
    found = decide(facts(coded("Condition", ICD, "I71.4")), tables.screening_rules(), NOW, "IND-TRD")
    blocked = next(rule for rule in found.fired if rule.rule_id == "CI-02")
    assert [(fact.code, fact.fact) for fact in blocked.facts] == [(f"{ICD}|I71.4", "Condition")]
    assert blocked.evidence == "L"


TRIALS = [
    ("adequate and failed", trial(), True, True),
    ("five weeks", trial(weeks_at_adequate_dose=5), False, False),
    ("too low a dose", trial(max_dose_mg=25), False, False),
    ("not taken", trial(adherence=0.7), False, False),
    ("it helped", trial(response_pct=60, stop_reason="cost"), True, False),
    ("not tolerated although it helped", trial(response_pct=60, stop_reason="intolerance"), True, True),
]


@pytest.mark.parametrize(("one", "adequate", "failed"), [row[1:] for row in TRIALS], ids=[row[0] for row in TRIALS])
def test_medication_trials(one: Trial, adequate: bool, failed: bool) -> None:
    from services.intake.rules.trials import judge

    found = judge(one, tables.screening_rules().adequacy)
    assert (found.adequate, found.failed) == (adequate, failed)
