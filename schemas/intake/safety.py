"""Safety: an answer that somebody must read now."""

from typing import Literal
from uuid import UUID

from schemas.event import Event, Instant
from schemas.topic import Topic


class SuicideRiskSignalled(Event):
    """A patient's answer says there may be a risk of suicide: a prescriber must look now."""

    signal_id: UUID
    patient_id: UUID
    assessment_id: UUID
    rule_id: str
    """The row of the safety rules that fired."""
    urgency: Literal["same contact", "now"]
    signalled_at: Instant


SAFETY = Topic("safety", "intake", (SuicideRiskSignalled,), key=("patient_id",), on_rejected="set aside")
