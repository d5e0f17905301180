"""What intake remembers."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from kit.db import Tx
from kit.queries import named_queries
from schemas.intake.orders import OrderSigned
from schemas.intake.screenings import FiredRule
from services.intake.rules.chart import Chart, Entry, Identity
from services.intake.rules.screening import Attested, Facts
from services.intake.rules.trials import Trial

queries: Any = named_queries(__file__)


@dataclass(frozen=True)
class Screening:
    """A decision, as a prescriber meets it."""

    screening_id: UUID
    patient_id: UUID
    decision: str
    indication: str | None
    fired: tuple[FiredRule, ...]
    expires_at: datetime
    order_id: UUID | None
    superseded: bool


async def patients_of(tx: Tx, chart: Chart) -> list[UUID]:
    """Whom a chart's identifiers name; others who bring one of them wait for this transaction."""
    for system, value in chart.identifiers:
        await queries.alone(tx.db, place=f"{system}|{value}")
    systems, values = zip(*chart.identifiers, strict=True)
    return [row["patient_id"] async for row in queries.patients_of(tx.db, systems=systems, values=values)]


async def register(tx: Tx, patient_id: UUID, identity: Identity) -> None:
    """A new patient."""
    await queries.register(tx.db, patient_id=patient_id, registered_at=tx.now, **_row(identity))


async def rename(tx: Tx, patient_id: UUID, identity: Identity) -> None:
    """Who the patient is, as said now."""
    await queries.rename(tx.db, patient_id=patient_id, **_row(identity))


def _row(identity: Identity) -> dict[str, Any]:
    row = identity.model_dump()
    return {**row, "given_names": list(identity.given_names)}


async def identify(tx: Tx, patient_id: UUID, identifiers: Sequence[tuple[str, str]]) -> None:
    """Know the patient by these, too."""
    systems, values = zip(*identifiers, strict=True)
    await queries.identify(tx.db, patient_id=patient_id, systems=systems, values=values)


async def identity(tx: Tx, patient_id: UUID) -> Identity | None:
    """Who a patient is; None when we know nobody of that id."""
    row = await queries.patient(tx.db, patient_id=patient_id)
    if row is None:
        return None
    given = tuple(row["given_names"])
    return Identity(family_name=row["family_name"], given_names=given, birth_date=row["birth_date"], gender=row["gender"])


async def hold_patient(tx: Tx, patient_id: UUID) -> bool:
    """Hold a patient for this transaction. False when there is none."""
    return await queries.hold_patient(tx.db, patient_id=patient_id) is not None


async def entries(tx: Tx, patient_id: UUID) -> list[Entry]:
    """Everything a patient's charts say."""
    return [Entry.model_validate_json(row["content"]) async for row in queries.entries(tx.db, patient_id=patient_id)]


async def keep_entries(tx: Tx, patient_id: UUID, found: Sequence[Entry]) -> None:
    """Keep what charts say."""
    keys, contents = [entry.key for entry in found], [entry.model_dump_json() for entry in found]
    await queries.keep_entries(tx.db, patient_id=patient_id, keys=keys, contents=contents)


async def refer(tx: Tx, referral_id: UUID, patient_id: UUID, form: str, chart: Chart) -> None:
    """Keep a referral, and what of it was not understood."""
    await queries.refer(tx.db, referral_id=referral_id, patient_id=patient_id, format=form, received_at=tx.now)
    await queries.keep_strange(
        tx.db,
        referral_id=referral_id,
        places=[strange.place for strange in chart.not_understood],
        types=[strange.resource_type for strange in chart.not_understood],
        reasons=[strange.reason for strange in chart.not_understood],
        contents=[strange.content for strange in chart.not_understood],
    )


async def last_referral(tx: Tx, patient_id: UUID) -> UUID | None:
    """The last referral of a patient."""
    row = await queries.last_referral(tx.db, patient_id=patient_id)
    return row["referral_id"] if row else None


async def assess(
    tx: Tx, assessment_id: UUID, patient_id: UUID, version: str, answers: Sequence[int | None], total: int | None, severity: str
) -> None:
    """Keep an answered PHQ-9."""
    await queries.assess(
        tx.db,
        assessment_id=assessment_id,
        patient_id=patient_id,
        instrument="phq-9",
        version=version,
        answers=json.dumps(list(answers)),
        total=total,
        severity=severity,
        completed_at=tx.now,
    )


async def sign_consent(
    tx: Tx, consent_id: UUID, patient_id: UUID, version: str, sha256: str, signature: str, expires_at: datetime
) -> None:
    """Keep a signed consent."""
    await queries.sign_consent(
        tx.db,
        consent_id=consent_id,
        patient_id=patient_id,
        version=version,
        document_sha256=sha256,
        signature=signature,
        signed_at=tx.now,
        expires_at=expires_at,
    )


async def revoke_consent(tx: Tx, consent_id: UUID) -> UUID | None:
    """Take a consent back. Returns whose it was; None when there was none to take back."""
    row = await queries.revoke_consent(tx.db, consent_id=consent_id, revoked_at=tx.now)
    return row["patient_id"] if row else None


async def record_trial(tx: Tx, trial_id: UUID, patient_id: UUID, trial: Trial) -> None:
    """Keep a past treatment."""
    await queries.record_trial(
        tx.db, trial_id=trial_id, patient_id=patient_id, content=trial.model_dump_json(), recorded_at=tx.now
    )


async def trials(tx: Tx, patient_id: UUID) -> list[Trial]:
    """All past treatments of a patient."""
    return [Trial.model_validate_json(row["content"]) async for row in queries.trials(tx.db, patient_id=patient_id)]


async def attest(tx: Tx, patient_id: UUID, fact: str, value: str) -> None:
    """Keep what somebody stated."""
    await queries.attest(tx.db, patient_id=patient_id, fact=fact, value=value, stated_by=tx.actor, stated_at=tx.now)


async def facts(tx: Tx, patient_id: UUID, who: Identity, consent_versions: Sequence[str]) -> Facts:
    """Everything the screening rules may look at."""
    stated = [
        Attested(row["fact"], row["value"], row["stated_by"], row["stated_at"])
        async for row in queries.attested(tx.db, patient_id=patient_id)
    ]
    return Facts(
        birth_date=who.birth_date,
        gender=who.gender,
        entries=await entries(tx, patient_id),
        trials=await trials(tx, patient_id),
        consent_expires_at=await queries.consent(tx.db, patient_id=patient_id, versions=list(consent_versions)),
        attested={attested.fact: attested for attested in stated},
    )


async def record_screening(
    tx: Tx,
    screening_id: UUID,
    patient_id: UUID,
    decision: str,
    indication: str | None,
    fired: Sequence[FiredRule],
    rules_version: str,
    expires_at: datetime,
) -> None:
    """Keep a decision with what it used."""
    await queries.record_screening(
        tx.db,
        screening_id=screening_id,
        patient_id=patient_id,
        decision=decision,
        indication=indication,
        fired=json.dumps([rule.model_dump(mode="json") for rule in fired]),
        rules_version=rules_version,
        decided_at=tx.now,
        expires_at=expires_at,
    )


async def screening(tx: Tx, screening_id: UUID) -> Screening | None:
    """A decision."""
    row = await queries.screening(tx.db, screening_id=screening_id)
    if row is None:
        return None
    fired = tuple(FiredRule.model_validate(rule) for rule in json.loads(row["fired"]))
    return Screening(
        row["screening_id"],
        row["patient_id"],
        row["decision"],
        row["indication"],
        fired,
        row["expires_at"],
        row["order_id"],
        row["superseded"],
    )


async def record_order(tx: Tx, order: OrderSigned, reason: str) -> None:
    """Keep a signed order."""
    await queries.record_order(
        tx.db,
        order_id=order.order_id,
        screening_id=order.screening_id,
        patient_id=order.patient_id,
        content=order.model_dump_json(),
        reason=reason,
        signed_at=tx.now,
    )
