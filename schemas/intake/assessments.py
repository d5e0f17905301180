"""Assessments: questionnaires answered and scored."""

from typing import Literal
from uuid import UUID

from schemas.event import Event, Instant
from schemas.personal import Personal
from schemas.topic import Topic


class AssessmentScore(Personal):
    """What a questionnaire came to."""

    total: int | None
    """Null when too many items are missing to score."""
    severity: str
    """The band's own word, or `incomplete`."""


class AssessmentCompleted(Event):
    """A patient answered a questionnaire and we scored it."""

    assessment_id: UUID
    patient_id: UUID
    instrument: Literal["phq-9"]
    instrument_version: str
    score: AssessmentScore
    completed_at: Instant


ASSESSMENTS = Topic("assessments", "intake", (AssessmentCompleted,), key=("patient_id",))
