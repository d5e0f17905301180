"""Intake over HTTP, on a real store and broker: charts in, events out, and garbage answered clearly."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest

from kit.testing import Stage
from schemas.intake.orders import ORDERS
from schemas.intake.patients import PATIENTS, ChartUpdated, PatientRegistered
from schemas.intake.referrals import REFERRALS
from schemas.intake.safety import SAFETY
from schemas.intake.screenings import SCREENINGS
from services.intake.app import SERVICE

MORNING = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
SYNTHEA = Path(__file__).parents[4] / "shared" / "data" / "synthea"
ALL = ("charts.read", "charts.write", "assessments.write", "consents.write", "screenings.write", "orders.sign")
ICD = "http://hl7.org/fhir/sid/icd-10-cm"


@pytest.fixture
async def stage(kafka: str, database: str, prefix: str, tmp_path: Path) -> AsyncIterator[Stage]:
    async with Stage([SERVICE], kafka, {"intake": database}, prefix, tmp_path, MORNING) as there:
        yield there


@pytest.fixture
def intake(stage: Stage) -> httpx2.AsyncClient:
    return stage.http("intake", actor="dr-lee", permissions=ALL)


def bundle(**patient: Any) -> dict[str, Any]:
    who = {
        "resourceType": "Patient",
        "id": "p1",
        "identifier": [{"system": "urn:test", "value": "1"}],
        "name": [{"family": "Doe", "given": ["Jo"]}],
        "gender": "male",
        "birthDate": "1985-05-05",
    } | patient
    condition = {
        "resourceType": "Condition",
        "id": "c1",
        "code": {"coding": [{"system": ICD, "code": "F33.2"}]},
        "clinicalStatus": {"coding": [{"code": "active"}]},
    }
    return {"resourceType": "Bundle", "type": "transaction", "entry": [{"resource": who}, {"resource": condition}]}


async def test_a_real_chart_is_taken_once_and_the_second_time_changes_nothing(stage: Stage, intake: httpx2.AsyncClient) -> None:
    files = sorted(SYNTHEA.glob("*.json"))
    if not files:
        pytest.skip("the real charts of ../shared/data/synthea are not here")
    for file in files:
        first = await intake.post("/fhir", content=file.read_bytes(), headers={"Content-Type": "application/fhir+json"})
        assert first.status_code == 201, first.text
        again = await intake.post("/fhir", content=file.read_bytes())
        assert again.status_code == 200
        assert again.json() == first.json() | {"created": False}
        screened = await intake.post(f"/patients/{first.json()['patient_id']}/screenings", json={})
        codes = {fact["code"] for rule in screened.json()["fired"] for fact in rule["facts"]}
        assert "http://snomed.info/sct|38341003" in codes
    await stage.settle()
    assert (
        len(await stage.events(PATIENTS))
        == len(await stage.events(REFERRALS))
        == len(await stage.events(SCREENINGS))
        == len(files)
    )


async def test_a_later_chart_updates_and_lists_what_changed(stage: Stage, intake: httpx2.AsyncClient) -> None:
    assert (await intake.post("/fhir", json=bundle())).status_code == 201
    later = bundle(name=[{"family": "Roe", "given": ["Jo"]}])
    later["entry"] += [
        {"resource": {"resourceType": "MedicationRequest", "id": "m1", "status": "active", "medicationCodeableConcept": {
            "coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "28439"}]}}},
        {"resource": {"resourceType": "Basic", "id": "b1"}},
        {"resource": {"resourceType": "Condition", "id": "c2", "code": {}}},
    ]  # fmt: skip
    answer = await intake.post("/fhir", json=later)
    assert answer.status_code == 200
    assert answer.json()["changed"] == ["changed Patient", "added Medication http://www.nlm.nih.gov/research/umls/rxnorm|28439"]
    assert len(answer.json()["not_understood"]) == 2
    await stage.settle()
    assert [type(event) for event in await stage.events(PATIENTS)] == [PatientRegistered, ChartUpdated]
    kept = await stage.running["intake"].store.pool.fetch("SELECT content FROM not_understood ORDER BY place")
    assert json.loads(kept[0]["content"])["id"] == "b1"


@pytest.mark.parametrize(
    ("body", "expression"),
    [
        (b"{", "Bundle"),
        (b"[]", "Bundle.resourceType"),
        (json.dumps({"resourceType": "Patient"}).encode(), "Bundle.resourceType"),
        (json.dumps(bundle() | {"type": "history"}).encode(), "Bundle.type"),
        (json.dumps(bundle() | {"entry": []}).encode(), "Bundle.entry"),
        (json.dumps(bundle() | {"entry": [{}]}).encode(), "Bundle.entry[0].resource"),
        (json.dumps(bundle(identifier=[])).encode(), "Bundle.entry[0].resource.identifier"),
        (json.dumps(bundle(birthDate="yesterday")).encode(), "Bundle.entry[0].resource.birthDate"),
        (json.dumps(bundle(name=None)).encode(), "Bundle.entry[0].resource.name"),
    ],
)
async def test_a_broken_bundle_is_refused_by_an_operation_outcome_and_nothing_is_kept(
    stage: Stage, intake: httpx2.AsyncClient, body: bytes, expression: str
) -> None:
    answer = await intake.post("/fhir", content=body)
    assert answer.status_code == 422
    assert answer.json()["resourceType"] == "OperationOutcome"
    assert answer.json()["issue"][0]["expression"] == [expression]
    assert await stage.running["intake"].store.pool.fetchval("SELECT count(*) FROM patients") == 0


async def test_a_chart_of_many_strange_entries_is_kept_whole_and_told_in_short(stage: Stage, intake: httpx2.AsyncClient) -> None:
    many = bundle()
    many["entry"] += [{"resource": {"resourceType": "Spaceship", "id": str(number)}} for number in range(20_000)]
    answer = await intake.post("/fhir", json=many)
    assert (answer.status_code, len(answer.json()["not_understood"])) == (201, 20_000)
    await stage.settle()
    [received] = await stage.events(REFERRALS)
    assert received.not_understood[-1] == "and 19500 more"
    assert await stage.running["intake"].store.pool.fetchval("SELECT count(*) FROM not_understood") == 20_000


async def test_a_name_that_no_event_could_carry_is_refused_and_nothing_is_kept(stage: Stage, intake: httpx2.AsyncClient) -> None:
    answer = await intake.post("/fhir", json=bundle(name=[{"family": "x" * 1_000_000}]))
    assert (answer.status_code, answer.json()["resourceType"]) == (422, "OperationOutcome")
    assert await stage.running["intake"].store.pool.fetchval("SELECT count(*) FROM patients") == 0


async def test_two_referrals_at_once_of_one_identifier_make_one_patient(stage: Stage, intake: httpx2.AsyncClient) -> None:
    import asyncio

    answers = await asyncio.gather(*(intake.post("/fhir", json=bundle()) for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [200] * 5 + [201]
    assert len({answer.json()["patient_id"] for answer in answers}) == 1


async def test_from_referral_to_signed_order(stage: Stage, intake: httpx2.AsyncClient) -> None:
    referral = {
        "identifier": {"system": "urn:test", "value": "7"},
        "family_name": "Doe",
        "given_names": ["Jo"],
        "birth_date": "1985-05-05",
        "gender": "male",
        "conditions": [{"system": ICD, "code": "F33.2"}],
        "observations": [
            {"code": code, "value": value, "unit": unit, "at": "2026-03-02T07:30:00Z"}
            for code, value, unit in (
                ("8480-6", 122, "mm[Hg]"),
                ("8462-4", 78, "mm[Hg]"),
                ("29463-7", 82, "kg"),
                ("8302-2", 178, "cm"),
            )
        ],
    }
    patient = (await intake.post("/referrals", json=referral)).json()["patient_id"]
    phq9 = await intake.post(f"/patients/{patient}/phq-9", json={"answers": [3, 3, 2, 2, 2, 2, 1, 1, 1]})
    assert (phq9.json()["total"], phq9.json()["suicide_risk"]) == (17, "same contact")
    blocked = await intake.post(f"/patients/{patient}/screenings", json={})
    assert blocked.json()["decision"] == "BLOCKED"
    refused = await intake.post(f"/screenings/{blocked.json()['screening_id']}/signature", json={})
    assert refused.status_code == 409
    assert "CI-13" in refused.json()["detail"]
    consent = {"version": "ketamine-infusion-1", "signature": "Jo Doe"}
    assert (await intake.post(f"/patients/{patient}/consents", json=consent)).status_code == 201
    trial = {
        "drug": "sertraline", "drug_class": "SSRI", "max_dose_mg": 150, "label_minimum_mg": 50, "weeks_at_adequate_dose": 8,
        "adherence": 0.9, "response_pct": 10, "stop_reason": "nonresponse", "source": "record",
    }  # fmt: skip
    for _ in range(2):
        judged = await intake.post(f"/patients/{patient}/medication-trials", json=trial)
        assert judged.json()["failed"] is True
    screened = await intake.post(f"/patients/{patient}/screenings", json={})
    assert screened.json()["decision"] == "ELIGIBLE"
    signed = await intake.post(f"/screenings/{screened.json()['screening_id']}/signature", json={})
    assert signed.status_code == 201, signed.text
    assert (signed.json()["dose_mg"], signed.json()["infusions"]) == (41.0, 6)
    twice = await intake.post(f"/screenings/{screened.json()['screening_id']}/signature", json={})
    assert twice.status_code == 409
    await stage.settle()
    [order] = await stage.events(ORDERS)
    assert order.prescriber_id == "dr-lee"
    assert len(await stage.events(SAFETY)) == 1


async def test_without_the_permission_and_with_garbage(stage: Stage, intake: httpx2.AsyncClient) -> None:
    anonymous = stage.http("intake")
    assert (await anonymous.get("/patients/00000000-0000-0000-0000-000000000000")).status_code == 401
    reader = stage.http("intake", permissions=["charts.read"])
    refused = await reader.post("/referrals", json={})
    assert (refused.status_code, "charts.write" in refused.json()["detail"]) == (403, True)
    garbage = await intake.post("/referrals", json={"identifier": {"system": "s", "value": "SECRET"}, "gender": "SECRET"})
    assert garbage.status_code == 422
    assert {fault["field"] for fault in garbage.json()["faults"]} == {"body.family_name", "body.gender"}
    assert "SECRET" not in garbage.text
    unknown = await intake.post("/patients/00000000-0000-0000-0000-000000000000/screenings", json={})
    assert unknown.status_code == 404


async def test_the_same_idempotency_key_does_a_command_once(stage: Stage, intake: httpx2.AsyncClient) -> None:
    patient = (await intake.post("/fhir", json=bundle())).json()["patient_id"]
    key = {"Idempotency-Key": "0b7a1a0e-8f5c-4f0e-9d0e-1f0c6f1b2a3c"}
    consent = {"version": "ketamine-infusion-1", "signature": "Jo Doe"}
    first = await intake.post(f"/patients/{patient}/consents", json=consent, headers=key)
    again = await intake.post(f"/patients/{patient}/consents", json=consent, headers=key)
    assert (first.status_code, again.status_code, again.json()) == (201, 201, first.json())
    assert again.headers["Idempotency-Replayed"] == "true"
    other = await intake.post(f"/patients/{patient}/consents", json=consent | {"signature": "Someone"}, headers=key)
    assert other.status_code == 422
    assert await stage.running["intake"].store.pool.fetchval("SELECT count(*) FROM consents") == 1
