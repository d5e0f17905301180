"""Consents: what a patient agreed to, by version."""

from uuid import UUID

from schemas.event import Event, Instant
from schemas.topic import Topic


class ConsentSigned(Event):
    """A patient signed this version of the consent."""

    consent_id: UUID
    patient_id: UUID
    version: str
    document_sha256: str
    signed_at: Instant
    expires_at: Instant


class ConsentRevoked(Event):
    """A patient took their consent back."""

    consent_id: UUID
    patient_id: UUID
    revoked_at: Instant


CONSENTS = Topic("consents", "intake", (ConsentSigned, ConsentRevoked), key=("patient_id",))
