"""Adverse events: harm that came to a patient, how bad it was, and what must be looked into."""

from datetime import date
from typing import Literal
from uuid import UUID

from schemas.event import Event, Instant
from schemas.personal import Personal
from schemas.topic import SESSION_PARTITIONS, Topic

Grade = Literal[1, 2, 3, 4, 5]
Related = Literal["unrelated", "unlikely", "possible", "probable", "definite"]
Criterion = Literal["death", "life_threatening", "hospitalisation", "disability", "congenital", "important_medical"]
OnsetPhase = Literal["before infusion", "infusion", "recovery", "after discharge"]


class AdverseEventDetail(Personal):
    """What happened to the patient, in words and numbers."""

    term: str | None = None
    """The row of the catalogue; null when the local words say it."""
    local_term: str = ""
    ctcae_grade: int | None = None
    """1 to 5; null only for a passing, expected rise of pressure that was not treated."""
    peak_systolic: float | None = None
    """mm[Hg], the raw peak."""
    peak_diastolic: float | None = None
    action: str = ""
    outcome: str


class AdverseEventRecorded(Event):
    """Somebody recorded an adverse event."""

    adverse_event_id: UUID
    session_id: UUID
    patient_id: UUID
    onset: Instant
    session_phase: OnsetPhase
    related: Related
    serious: bool
    expected: bool
    detail: AdverseEventDetail
    catalogue_version: str
    reporter: str
    recorded_at: Instant


class AdverseEventAmended(Event):
    """An adverse event was described anew; what was said before is kept."""

    adverse_event_id: UUID
    session_id: UUID
    patient_id: UUID
    version: int
    """2 is the first amendment."""
    onset: Instant
    session_phase: OnsetPhase
    related: Related
    serious: bool
    expected: bool
    detail: AdverseEventDetail
    catalogue_version: str
    actor: str
    amended_at: Instant


class SeriousAdverseEventDeclared(Event):
    """An adverse event is serious, and there are places to report it to."""

    adverse_event_id: UUID
    session_id: UUID
    patient_id: UUID
    criteria: tuple[Criterion, ...]
    report_to: tuple[str, ...]
    """Where and how to report, in words."""
    catalogue_version: str
    actor: str
    declared_at: Instant


class SentinelFlagged(Event):
    """Something happened that the clinic must review, whoever was at fault."""

    sentinel_id: UUID
    trigger: str
    """The row of the triggers."""
    session_id: UUID | None = None
    cause_id: UUID
    """The adverse event, or the drug case, that it came with."""
    incident_case_due: Instant
    first_review_due: Instant
    analysis_due: date | None = None
    """When a comprehensive analysis must be done; null where the rule asks for none."""
    catalogue_version: str
    actor: str
    flagged_at: Instant


ADVERSE_EVENTS = Topic(
    "adverse_events",
    "monitoring",
    (AdverseEventRecorded, AdverseEventAmended, SeriousAdverseEventDeclared, SentinelFlagged),
    key=("session_id", "sentinel_id"),
    partitions=SESSION_PARTITIONS,
)
