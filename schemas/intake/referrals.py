"""Referrals: somebody asks us to see a patient."""

from typing import Literal
from uuid import UUID

from schemas.event import Event, Instant
from schemas.topic import Topic


class ReferralReceived(Event):
    """A referral came in, as a FHIR bundle or as a short form."""

    referral_id: UUID
    patient_id: UUID
    format: Literal["fhir-bundle", "short"]
    entries: int
    """How many entries the referral held."""
    not_understood: tuple[str, ...] = ()
    """Entries kept but not understood: resource type and why, without values."""
    received_at: Instant


REFERRALS = Topic("referrals", "intake", (ReferralReceived,), key=("patient_id",))
