"""Consents: what the start gate asks for."""

from kit.db import Tx
from kit.stream import Handlers
from schemas.intake.consents import ConsentRevoked, ConsentSigned
from services.monitoring.store import queries


async def remember_consent(event: ConsentSigned, tx: Tx) -> None:
    """Keep a consent."""
    await queries.hear_consent(
        tx.db,
        consent_id=event.consent_id,
        patient_id=event.patient_id,
        version=event.version,
        signed_at=event.signed_at,
        expires_at=event.expires_at,
    )


async def remember_revocation(event: ConsentRevoked, tx: Tx) -> None:
    """Keep that a consent was taken back."""
    await queries.hear_revocation(tx.db, consent_id=event.consent_id, patient_id=event.patient_id, revoked_at=event.revoked_at)


HANDLERS: Handlers = {ConsentSigned: remember_consent, ConsentRevoked: remember_revocation}
