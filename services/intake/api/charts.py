"""Charts: a FHIR bundle or a short referral comes in, and is kept once."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from fastapi import Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from kit.fields import Instant, Number
from kit.http import Command, Fault, Problem, Refused, Routes, needs
from schemas.intake.patients import ChartUpdated, PatientIdentity, PatientRegistered
from schemas.intake.referrals import ReferralReceived
from services.intake import store
from services.intake.rules.chart import Chart, Coding, Entry, Identity, Kind, changes
from services.intake.rules.fhir import BundleRefused, read_bundle


def operation_outcome(problem: Problem) -> Response:
    """A refusal as FHIR callers expect it."""
    faults = problem.faults or [Fault(field="", expected=problem.detail or problem.title)]
    kind = {401: "login", 403: "forbidden", 404: "not-found", 409: "conflict", 413: "too-long", 503: "transient"}.get(
        problem.status, "invalid"
    )
    issues: list[dict[str, Any]] = [
        {
            "severity": "error",
            "code": kind,
            "diagnostics": " ".join(
                part for part in (problem.title, problem.detail, f"Expected: {fault.expected}.", problem.todo) if part
            ),
            **({"expression": [fault.field]} if fault.field else {}),
        }
        for fault in faults
    ]
    return JSONResponse({"resourceType": "OperationOutcome", "issue": issues}, problem.status, media_type="application/fhir+json")


MOST_NAMED = 500
routes = Routes(tags=["charts"])
fhir_routes = Routes(tags=["charts"], answer=operation_outcome)


class Code(BaseModel):
    """A code of a code system."""

    model_config = ConfigDict(extra="forbid")

    system: str = Field(min_length=1)
    code: str = Field(min_length=1)
    display: str = ""


class Identifier(BaseModel):
    """What the patient is known by elsewhere."""

    model_config = ConfigDict(extra="forbid")

    system: str = Field(min_length=1)
    value: str = Field(min_length=1)


class Measured(BaseModel):
    """An observation: a LOINC code, a number and its UCUM unit."""

    model_config = ConfigDict(extra="forbid")

    code: str = Field(min_length=1)
    value: Number
    unit: str
    at: Instant


class ShortReferral(BaseModel):
    """A referral without FHIR."""

    model_config = ConfigDict(extra="forbid")

    identifier: Identifier
    family_name: str = Field(min_length=1, max_length=200)
    given_names: list[str] = []
    birth_date: date | None = None
    gender: Literal["male", "female", "other", "unknown"] = "unknown"
    conditions: list[Code] = []
    medications: list[Code] = []
    allergies: list[Code] = []
    observations: list[Measured] = []


class Received(BaseModel):
    """What became of a referral."""

    patient_id: UUID
    referral_id: UUID | None
    created: bool
    changed: list[str]
    not_understood: list[str]


KNOWN: dict[int | str, dict[str, Any]] = {200: {"model": Received, "description": "A patient we knew."}}


class ChartShown(BaseModel):
    """A patient's chart."""

    patient_id: UUID
    identity: Identity
    entries: list[Entry]


@fhir_routes.post("/fhir", dependencies=[needs("charts.write")], status_code=201, responses=KNOWN)
async def refer_by_bundle(request: Request, response: Response, tx: Command) -> Received:
    """Take a FHIR R4 bundle: 201 for a new patient, 200 for a known one."""
    try:
        chart = read_bundle(await request.body())
    except BundleRefused as fault:
        raise Refused(422, fault.what, field=fault.expression, expected=fault.expected) from None
    return await _take(tx, chart, "fhir-bundle", response)


@routes.post("/referrals", dependencies=[needs("charts.write")], status_code=201, responses=KNOWN)
async def refer(body: ShortReferral, response: Response, tx: Command) -> Received:
    """Take a short referral: 201 for a new patient, 200 for a known one."""
    return await _take(tx, _chart_of(body), "short", response)


@routes.get("/patients/{patient_id}", dependencies=[needs("charts.read")])
async def show_chart(patient_id: UUID, tx: Command) -> ChartShown:
    """Everything a patient's charts say."""
    who = await known(tx, patient_id)
    return ChartShown(patient_id=patient_id, identity=who, entries=await store.entries(tx, patient_id))


async def known(tx: Command, patient_id: UUID) -> Identity:
    """Who a patient is. Raises Refused when there is none."""
    who = await store.identity(tx, patient_id)
    if who is None:
        raise Refused(404, "No such patient", f"intake knows no patient {patient_id}", todo="refer the patient first")
    return who


async def _take(tx: Command, chart: Chart, form: Literal["fhir-bundle", "short"], response: Response) -> Received:
    patients = await store.patients_of(tx, chart)
    if len(patients) > 1:
        raise Refused(
            409,
            "These identifiers name two patients",
            field="identifier",
            expected="identifiers of one patient",
            todo="merge them first",
        )
    created = not patients
    patient_id = tx.new_id() if created else patients[0]
    before = None if created else await store.identity(tx, patient_id)
    different = changes({e.key: e for e in await store.entries(tx, patient_id)}, chart.entries, before, chart.identity)
    names = [strange.name() for strange in chart.not_understood]
    if not created and not different.names:
        response.status_code = 200
        last = await store.last_referral(tx, patient_id)
        return Received(patient_id=patient_id, referral_id=last, created=False, changed=[], not_understood=names)
    await (store.register if created else store.rename)(tx, patient_id, chart.identity)
    await store.identify(tx, patient_id, chart.identifiers)
    await store.keep_entries(tx, patient_id, different.entries)
    referral_id = tx.new_id()
    await store.refer(tx, referral_id, patient_id, form, chart)
    if created:
        tx.emit(
            PatientRegistered(
                patient_id=patient_id,
                identity=PatientIdentity(**chart.identity.model_dump(include={"family_name", "given_names", "birth_date"})),
                administrative_gender=chart.identity.gender,
                registered_at=tx.now,
            )
        )
    else:
        response.status_code = 200
        tx.emit(ChartUpdated(patient_id=patient_id, changed=_first(different.names), updated_at=tx.now))
    tx.emit(
        ReferralReceived(
            referral_id=referral_id,
            patient_id=patient_id,
            format=form,
            entries=chart.total,
            not_understood=_first(names),
            received_at=tx.now,
        )
    )
    tx.audit("refer", f"patient {patient_id}")
    changed = [] if created else list(different.names)
    return Received(patient_id=patient_id, referral_id=referral_id, created=created, changed=changed, not_understood=names)


def _first(names: Sequence[str]) -> tuple[str, ...]:
    """As many names as an event should carry; the caller and the store have them all."""
    return tuple(names) if len(names) <= MOST_NAMED else (*names[:MOST_NAMED], f"and {len(names) - MOST_NAMED} more")


def _chart_of(body: ShortReferral) -> Chart:
    coded: list[tuple[Kind, list[Code]]] = [
        ("Condition", body.conditions),
        ("Medication", body.medications),
        ("Allergy", body.allergies),
    ]
    entries = [
        Entry(key=f"{kind}/{code.system}|{code.code}", kind=kind, codings=(Coding(**code.model_dump()),), source="short referral")
        for kind, codes in coded
        for code in codes
    ]
    entries += [measured_entry(m, "short referral") for m in body.observations]
    identity = Identity(
        family_name=body.family_name, given_names=tuple(body.given_names), birth_date=body.birth_date, gender=body.gender
    )
    identifiers = ((body.identifier.system, body.identifier.value),)
    return Chart(identifiers, identity, tuple(entries), (), len(entries))


def measured_entry(measured: Measured, source: str) -> Entry:
    """An observation as a chart keeps it."""
    at: datetime = measured.at
    loinc = Coding(system="http://loinc.org", code=measured.code)
    return Entry(
        key=f"Observation/{measured.code}/{at.isoformat()}",
        kind="Observation",
        codings=(loinc,),
        at=at,
        value=measured.value,
        unit=measured.unit,
        source=source,
    )
