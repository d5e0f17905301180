"""Audits: whether every high alarm reached somebody in time, judged from outside, and what was found wrong."""

from typing import Literal
from uuid import UUID

from schemas.event import Event, Instant
from schemas.monitoring.alarms import Priority
from schemas.topic import SESSION_PARTITIONS, Topic

FaultKind = Literal[
    "nobody told",
    "not passed on",
    "unanswered",
    "not paged again",
    "answered for less",
    "closed too soon",
    "no such alarm",
    "no such page",
    "told nobody",
    "delivery unproven",
    "never published",
    "never paged",
    "monitoring silent",
    "notifications silent",
    "auditor blind",
    "unreadable",
]
"""What can be wrong with the way from an alarm to a person. docs/how-to/watch-the-watchers.md says what to do about each."""


class AlarmAudited(Event):
    """Somebody was asked about a high alarm, the asking is over, and this is how it went."""

    alarm_id: UUID
    session_id: UUID | None = None
    device_id: str | None = None
    chair: int | None = None
    clinic: str
    priority: Priority
    because: Literal["raised", "rose", "lapsed"]
    """Why people had to be told: the alarm began, became more urgent, or its answer grew too old."""
    qualified_at: Instant
    """From when it counts: its delay or confirmation was complete, or the answer lapsed."""
    late: bool = False
    """Found in readings that came late: then it counts from when it was raised."""
    told_after_seconds: float | None
    """Until a channel took the first page; null when none did before the asking was over."""
    answered_after_seconds: float | None
    """Until somebody answered at its priority; null when it ended, or changed, before."""
    passed_on: bool
    """Nobody answered before the second step was due."""
    kept: bool
    """Everybody was told by the latest time that the table allows."""
    ceilings_version: str
    audited_at: Instant


class AuditFaultFound(Event):
    """Something is wrong with the way from an alarm to a person."""

    fault_id: UUID
    kind: FaultKind
    what: str
    """In plain words, fit for a page: no value, name or drug."""
    alarm_id: UUID | None = None
    page_id: UUID | None = None
    session_id: UUID | None = None
    device_id: str | None = None
    chair: int | None = None
    clinic: str
    priority: Priority
    due_at: Instant
    """When it should have been right."""
    ceilings_version: str
    found_at: Instant


class AuditFaultMended(Event):
    """What was found wrong is right again, or later facts say that it was right all the time."""

    fault_id: UUID
    kind: FaultKind
    alarm_id: UUID | None = None
    page_id: UUID | None = None
    session_id: UUID | None = None
    device_id: str | None = None
    chair: int | None = None
    clinic: str
    mended_at: Instant


class AuditFaultAcknowledged(Event):
    """Somebody takes care of a fault; its telling stops."""

    fault_id: UUID
    kind: FaultKind
    alarm_id: UUID | None = None
    page_id: UUID | None = None
    session_id: UUID | None = None
    device_id: str | None = None
    chair: int | None = None
    clinic: str
    by: str
    acknowledged_at: Instant


class AuditKept(Event):
    """Proof of life: the auditor has read everything. Its figures of the last day, and whether all is well."""

    clinic: str
    all_well: bool
    """Both watchers live, everything is read, and no fault is open that nobody takes care of."""
    not_well: tuple[str, ...]
    """Why not, in plain words."""
    judged: int
    """Askings about high alarms that are over."""
    unanswered: int
    """Those that nobody answered though everybody was told: the promise is 0."""
    told_p50_seconds: float | None
    told_p95_seconds: float | None
    told_max_seconds: float | None
    answered_p50_seconds: float | None
    answered_p95_seconds: float | None
    answered_max_seconds: float | None
    faults_open: int
    kept_at: Instant


AUDITS = Topic(
    "audits",
    "auditor",
    (AlarmAudited, AuditFaultFound, AuditFaultMended, AuditFaultAcknowledged, AuditKept),
    key=("session_id", "device_id", "chair", "alarm_id", "clinic"),
    partitions=SESSION_PARTITIONS,
    on_rejected="set aside",
)
