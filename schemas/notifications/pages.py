"""Pages: who was told, by what channel, and who answered."""

from typing import Literal
from uuid import UUID

from schemas.event import Event, Instant, Part
from schemas.monitoring.alarms import Priority
from schemas.topic import SESSION_PARTITIONS, Topic


class PageOpened(Event):
    """Somebody has to be told, and we began."""

    page_id: UUID
    subject: Literal["alarm", "safety", "dead letter"]
    alarm_id: UUID | None = None
    signal_id: UUID | None = None
    session_id: UUID | None = None
    patient_id: UUID | None = None
    device_id: str | None = None
    chair: int | None = None
    priority: Priority
    opened_at: Instant


class PageSent(Event):
    """A person was told by a channel, and the channel took it."""

    page_id: UUID
    session_id: UUID | None = None
    patient_id: UUID | None = None
    device_id: str | None = None
    chair: int | None = None
    priority: Priority
    staff_id: str
    step: int
    """Which step of the escalation, from 0."""
    channel: Literal["console", "webhook", "email"]
    sent_at: Instant


class PageFailed(Event):
    """A channel refused a page or did not answer; the next channel is tried."""

    page_id: UUID
    session_id: UUID | None = None
    patient_id: UUID | None = None
    device_id: str | None = None
    chair: int | None = None
    staff_id: str
    step: int
    channel: Literal["console", "webhook", "email"]
    reason: str
    failed_at: Instant


class PageEscalated(Event):
    """Nobody answered in time, so the next people are told."""

    page_id: UUID
    session_id: UUID | None = None
    patient_id: UUID | None = None
    device_id: str | None = None
    chair: int | None = None
    priority: Priority
    step: int
    told: tuple[str, ...]
    """Staff ids; empty when nobody is on duty for the step."""
    escalated_at: Instant


class AnsweredAlarm(Part):
    """An alarm with the priority that the person who answered was shown."""

    alarm_id: UUID
    priority: Priority


class PageAcknowledged(Event):
    """Somebody answered a page by its link; the paging stops."""

    page_id: UUID
    answer_id: UUID
    staff_id: str
    session_id: UUID | None = None
    patient_id: UUID | None = None
    device_id: str | None = None
    chair: int | None = None
    alarms: tuple[AnsweredAlarm, ...] = ()
    waited_seconds: float
    """From the page's opening to the answer."""
    answered_at: Instant


class AcknowledgementLapsed(Event):
    """An answer is too old while the alarm stands: the paging begins again."""

    page_id: UUID
    answer_id: UUID
    session_id: UUID | None = None
    patient_id: UUID | None = None
    device_id: str | None = None
    chair: int | None = None
    alarm_id: UUID
    priority: Priority
    lapsed_at: Instant


class PageClosed(Event):
    """The paging is over: the alarm ended, or is only an advisory now."""

    page_id: UUID
    session_id: UUID | None = None
    patient_id: UUID | None = None
    device_id: str | None = None
    chair: int | None = None
    reason: Literal["ended", "lowered"]
    closed_at: Instant


PAGES = Topic(
    "pages",
    "notifications",
    (PageOpened, PageSent, PageFailed, PageEscalated, PageAcknowledged, AcknowledgementLapsed, PageClosed),
    key=("session_id", "patient_id", "device_id", "chair", "page_id"),
    partitions=SESSION_PARTITIONS,
    on_rejected="set aside",
)
