"""Screenings: the rules are read, and a prescriber signs or does not."""

from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from kit.fields import Number, WholeNumber
from kit.http import Command, Refused, Routes, needs
from schemas.intake.orders import OrderSigned
from schemas.intake.screenings import Decision, FiredRule, ScreeningDecided
from services.intake import store, tables
from services.intake.api.charts import known
from services.intake.rules.chart import Entry, Identity
from services.intake.rules.dosing import Body, DoseRefused, Policy, dose
from services.intake.rules.screening import decide

routes = Routes(tags=["screenings"])
WEIGHT, HEIGHT = "http://loinc.org|29463-7", "http://loinc.org|8302-2"


class Screen(BaseModel):
    """What the patient is to be treated for."""

    model_config = ConfigDict(extra="forbid")

    indication: Literal["IND-TRD"] = "IND-TRD"


class Screened(BaseModel):
    """The decision, with each rule that spoke and what it looked at. It advises; a prescriber decides."""

    screening_id: UUID
    decision: Decision
    indication: str | None
    fired: list[FiredRule]
    rules_version: str
    expires_at: datetime


class Signing(BaseModel):
    """What a prescriber signs; what is not given is the protocol's."""

    model_config = ConfigDict(extra="forbid")

    dose_mg_per_kg: Number | None = None
    duration_minutes: WholeNumber | None = None
    weight_policy: Policy | None = None
    second_check_by: str | None = None
    reason: str = Field(default="", max_length=2000)


class Ordered(BaseModel):
    """The order that follows."""

    order_id: UUID
    dose_mg: float
    dose_mg_per_kg: float
    dosing_weight_kg: float
    weight_policy: Policy
    duration_minutes: int
    infusions: int
    protocol_version: str
    evidence: str


@routes.post("/patients/{patient_id}/screenings", dependencies=[needs("screenings.write")], status_code=201)
async def screen(patient_id: UUID, body: Screen, tx: Command) -> Screened:
    """Read the rules against what is known of a patient."""
    who = await known(tx, patient_id)
    await store.hold_patient(tx, patient_id)
    rules = tables.screening_rules()
    current = [consent.id for consent in tables.consent_versions().consent if consent.current]
    verdict = decide(await store.facts(tx, patient_id, who, current), rules, tx.now, body.indication)
    screening_id = tx.new_id()
    await store.record_screening(
        tx, screening_id, patient_id, verdict.decision, verdict.indication, verdict.fired, rules.version, verdict.expires_at
    )
    tx.emit(
        ScreeningDecided(
            screening_id=screening_id,
            patient_id=patient_id,
            decision=verdict.decision,
            indication=verdict.indication,
            fired=verdict.fired,
            rules_version=rules.version,
            decided_at=tx.now,
            expires_at=verdict.expires_at,
        )
    )
    tx.audit("screen", f"patient {patient_id}")
    return Screened(
        screening_id=screening_id,
        decision=verdict.decision,
        indication=verdict.indication,
        fired=list(verdict.fired),
        rules_version=rules.version,
        expires_at=verdict.expires_at,
    )


@routes.post("/screenings/{screening_id}/signature", dependencies=[needs("orders.sign")], status_code=201)
async def sign(screening_id: UUID, body: Signing, tx: Command) -> Ordered:
    """Sign: an order for a series of infusions follows."""
    found = await store.screening(tx, screening_id)
    if found is None:
        raise Refused(404, "No such screening", todo="screen the patient first")
    await store.hold_patient(tx, found.patient_id)
    _may_be_signed(found, tx.now, body.reason)
    who = await known(tx, found.patient_id)
    protocols = tables.protocols()
    body_now = _body(await store.entries(tx, found.patient_id), who, tx.now, protocols.weight.fresh_days)
    try:
        given = dose(
            body_now,
            protocols,
            mg_per_kg=body.dose_mg_per_kg,
            minutes=body.duration_minutes,
            policy=body.weight_policy,
            checked=bool(body.second_check_by) and body.second_check_by != tx.actor,
        )
    except DoseRefused as fault:
        raise Refused(422, "No dose can be ordered", field=fault.field, expected=fault.expected) from None
    order = OrderSigned(
        order_id=tx.new_id(),
        patient_id=found.patient_id,
        screening_id=screening_id,
        indication=found.indication or "none of the rules' own",
        dose_mg=given.mg,
        dose_mg_per_kg=given.mg_per_kg,
        dosing_weight_kg=given.dosing_weight_kg,
        duration_minutes=given.minutes,
        infusions=protocols.mood.infusions,
        protocol_version=protocols.version,
        prescriber_id=tx.actor,
        signed_at=tx.now,
    )
    await store.record_order(tx, order, body.reason)
    tx.emit(order)
    tx.audit("sign order", f"patient {found.patient_id}", reason=body.reason)
    return Ordered(
        **order.model_dump(include=set(Ordered.model_fields)), weight_policy=given.policy, evidence=protocols.mood.evidence
    )


def _may_be_signed(found: store.Screening, now: datetime, reason: str) -> None:
    rules = ", ".join(sorted({rule.rule_id for rule in found.fired if rule.outcome in ("BLOCK", "INCOMPLETE", "REVIEW")}))
    if found.order_id is not None:
        raise Refused(409, "Already signed", f"order {found.order_id} followed")
    if found.superseded or found.expires_at <= now:
        raise Refused(409, "This screening no longer stands", todo="screen the patient again")
    if found.decision in ("BLOCKED", "INCOMPLETE"):
        raise Refused(
            409, f"The patient is {found.decision}", f"because of {rules}", todo="mend what the rules name, then screen again"
        )
    if found.decision == "REVIEW" and len(reason.strip()) < 10:
        raise Refused(
            422, "A reason is needed", field="body.reason", expected=f"why to treat although the rules ask for review ({rules})"
        )


def _body(entries: list[Entry], who: Identity, now: datetime, fresh_days: int) -> Body:
    def latest(token: str) -> Entry | None:
        found = [e for e in entries if e.value is not None and e.at and any(c.token == token for c in e.codings)]
        return max(found, key=lambda e: e.at or now, default=None)

    weight, height = latest(WEIGHT), latest(HEIGHT)
    if (
        weight is None
        or weight.value is None
        or weight.at is None
        or weight.at < now - timedelta(days=fresh_days)
        or weight.unit != "kg"
    ):
        expected = f"a body weight (LOINC 29463-7, kg) of the last {fresh_days} days"
        raise Refused(422, "No dose can be ordered", field="weight", expected=expected)
    return Body(weight.value, height.value if height is not None and height.unit == "cm" else None, who.gender)
