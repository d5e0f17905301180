"""Questions: the PHQ-9, consent, past treatments, and what staff measure or state."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StrictInt

from kit.http import Command, Refused, Routes, needs
from schemas.intake.assessments import AssessmentCompleted, AssessmentScore
from schemas.intake.consents import ConsentRevoked, ConsentSigned
from schemas.intake.safety import SuicideRiskSignalled
from services.intake import store, tables
from services.intake.api.charts import Measured, known, measured_entry
from services.intake.rules.consents import document_sha256, expires_at
from services.intake.rules.phq9 import score
from services.intake.rules.trials import Trial, judge

routes = Routes(tags=["questions"])

CRISIS = "If you think of harming yourself: call or text 988 at any hour; in immediate danger call 911."


class Answers(BaseModel):
    """The nine answers in order, 0 to 3, null where none was given."""

    model_config = ConfigDict(extra="forbid")

    answers: Annotated[list[Annotated[StrictInt, Field(ge=0, le=3)] | None], Field(min_length=9, max_length=9)]


class Scored(BaseModel):
    """What the answers came to. `crisis` is to be shown to the patient on the last page, always."""

    assessment_id: UUID
    total: int | None
    severity: str
    prorated: bool
    suicide_risk: Literal["same contact", "now"] | None
    instrument_version: str
    crisis: str = CRISIS


class Signature(BaseModel):
    """A patient's signature under a version of the consent."""

    model_config = ConfigDict(extra="forbid")

    version: str
    signature: str = Field(min_length=2, max_length=10_000)


class Signed(BaseModel):
    """A consent in force."""

    consent_id: UUID
    document_sha256: str
    expires_at: datetime


class Judged(BaseModel):
    """What a past treatment counts for, and how sure that rule is."""

    trial_id: UUID
    adequate: bool
    failed: bool
    why: list[str]
    evidence: str


class Stated(BaseModel):
    """A fact that a member of staff states."""

    model_config = ConfigDict(extra="forbid")

    fact: Literal["childbearing_potential", "pregnancy_test", "cannabis_use", "diazepam_equivalent_mg_per_day"]
    value: str = Field(max_length=40)


class Observed(BaseModel):
    """What was measured, and what was stated."""

    model_config = ConfigDict(extra="forbid")

    observations: list[Measured] = []
    attested: list[Stated] = []


ALLOWED = {
    "childbearing_potential": ("yes", "no"),
    "pregnancy_test": ("negative", "positive"),
    "cannabis_use": ("yes", "no"),
}


@routes.post("/patients/{patient_id}/phq-9", dependencies=[needs("assessments.write")], status_code=201)
async def answer_phq9(patient_id: UUID, body: Answers, tx: Command) -> Scored:
    """Score the PHQ-9. An answer above zero to item 9 is signalled at once, whatever else is missing."""
    await known(tx, patient_id)
    table = tables.phq9()
    result = score(body.answers, table)
    assessment_id = tx.new_id()
    await store.assess(tx, assessment_id, patient_id, table.version, body.answers, result.total, result.severity)
    tx.emit(
        AssessmentCompleted(
            assessment_id=assessment_id,
            patient_id=patient_id,
            instrument="phq-9",
            instrument_version=table.version,
            score=AssessmentScore(total=result.total, severity=result.severity),
            completed_at=tx.now,
        )
    )
    if result.signal is not None:
        tx.emit(
            SuicideRiskSignalled(
                signal_id=tx.new_id(),
                patient_id=patient_id,
                assessment_id=assessment_id,
                rule_id=result.signal.id,
                urgency=result.signal.urgency,
                signalled_at=tx.now,
            )
        )
    tx.audit("assess", f"patient {patient_id}")
    return Scored(
        assessment_id=assessment_id,
        total=result.total,
        severity=result.severity,
        prorated=result.prorated,
        suicide_risk=result.signal.urgency if result.signal else None,
        instrument_version=table.version,
    )


@routes.post("/patients/{patient_id}/consents", dependencies=[needs("consents.write")], status_code=201)
async def sign_consent(patient_id: UUID, body: Signature, tx: Command) -> Signed:
    """Sign the current version of the consent."""
    await known(tx, patient_id)
    versions = tables.consent_versions()
    consent = versions.find(body.version)
    if consent is None or not consent.current:
        current = ", ".join(c.id for c in versions.consent if c.current)
        raise Refused(422, "This version of the consent cannot be signed", field="body.version", expected=f"one of: {current}")
    consent_id, until, sha256 = tx.new_id(), expires_at(tx.now, consent), document_sha256(consent)
    await store.sign_consent(tx, consent_id, patient_id, consent.id, sha256, body.signature, until)
    tx.emit(
        ConsentSigned(
            consent_id=consent_id,
            patient_id=patient_id,
            version=consent.id,
            document_sha256=sha256,
            signed_at=tx.now,
            expires_at=until,
        )
    )
    tx.audit("sign consent", f"patient {patient_id}")
    return Signed(consent_id=consent_id, document_sha256=sha256, expires_at=until)


@routes.post("/consents/{consent_id}/revocation", dependencies=[needs("consents.write")], status_code=204)
async def revoke_consent(consent_id: UUID, tx: Command) -> None:
    """Take a consent back."""
    patient_id = await store.revoke_consent(tx, consent_id)
    if patient_id is None:
        raise Refused(404, "No such consent in force", todo="it may have been taken back already")
    tx.emit(ConsentRevoked(consent_id=consent_id, patient_id=patient_id, revoked_at=tx.now))
    tx.audit("revoke consent", f"patient {patient_id}")


@routes.post("/patients/{patient_id}/medication-trials", dependencies=[needs("charts.write")], status_code=201)
async def record_trial(patient_id: UUID, body: Trial, tx: Command) -> Judged:
    """Record a past treatment and say whether it was an adequate, failed trial."""
    await known(tx, patient_id)
    rule = tables.screening_rules().adequacy
    verdict = judge(body, rule)
    trial_id = tx.new_id()
    await store.record_trial(tx, trial_id, patient_id, body)
    tx.audit("record trial", f"patient {patient_id}")
    return Judged(
        trial_id=trial_id, adequate=verdict.adequate, failed=verdict.failed, why=list(verdict.why), evidence=rule.evidence
    )


@routes.post("/patients/{patient_id}/observations", dependencies=[needs("charts.write")], status_code=204)
async def observe(patient_id: UUID, body: Observed, tx: Command) -> None:
    """Keep what was measured or stated at intake."""
    await known(tx, patient_id)
    await store.keep_entries(tx, patient_id, [measured_entry(m, f"measured by {tx.actor}") for m in body.observations])
    for place, stated in enumerate(body.attested):
        _check(stated, place)
        await store.attest(tx, patient_id, stated.fact, stated.value)
    tx.audit("observe", f"patient {patient_id}")


def _check(stated: Stated, place: int) -> None:
    allowed = ALLOWED.get(stated.fact)
    if allowed is not None and stated.value in allowed:
        return
    if allowed is None:
        try:
            if 0 <= float(stated.value) < 1000:
                return
        except ValueError:
            pass
    expected = "one of: " + ", ".join(allowed) if allowed else "a number of milligrams a day"
    raise Refused(422, "The value is not one this fact can have", field=f"body.attested.{place}.value", expected=expected)
