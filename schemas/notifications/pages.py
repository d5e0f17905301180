"""Pages: who was told, by what channel, and who answered."""

from typing import Literal
from uuid import UUID

from schemas.event import Event, Instant, Part
from schemas.monitoring.alarms import Priority
from schemas.topic import SESSION_PARTITIONS, Topic


class AnsweredAlarm(Part):
    """An alarm with the priority that a person was shown."""

    alarm_id: UUID
    priority: Priority


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


class PageJoined(Event):
    """Another alarm of the session joined a page that is not closed."""

    page_id: UUID
    session_id: UUID | None = None
    patient_id: UUID | None = None
    device_id: str | None = None
    chair: int | None = None
    alarm_id: UUID
    priority: Priority
    joined_at: Instant


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
    """How it left the house: printed, by a call to a web server, or by mail."""
    sent_at: Instant
    medium: str = ""
    """What the person holds: email, sms, voice, chat, push, webhook or console."""
    alarms: tuple[AnsweredAlarm, ...] = ()
    """The alarms it showed, with their priorities; none when it is about none."""


class PageDelivered(Event):
    """A channel that took a page says that it reached the person's device."""

    page_id: UUID
    session_id: UUID | None = None
    patient_id: UUID | None = None
    device_id: str | None = None
    chair: int | None = None
    staff_id: str
    step: int
    medium: str
    delivered_at: Instant


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
    medium: str = ""


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


class PageDeclined(Event):
    """Somebody who was told cannot come."""

    page_id: UUID
    session_id: UUID | None = None
    patient_id: UUID | None = None
    device_id: str | None = None
    chair: int | None = None
    staff_id: str
    step: int
    passed_on: bool
    """True when the next people were told at once; false when others of this step are still asked."""
    declined_at: Instant


class PageAcknowledged(Event):
    """Somebody answered a page; the paging stops, for the alarms it names."""

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
    via: Literal["link", "reply", "api"] = "link"


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


class PageResolved(Event):
    """A person said what became of a page that no alarm's end closes: a suicide-risk signal, a fact that cannot be read."""

    page_id: UUID
    session_id: UUID | None = None
    patient_id: UUID | None = None
    device_id: str | None = None
    chair: int | None = None
    by: str
    resolved_at: Instant


class PageClosed(Event):
    """The paging is over: every alarm of the page ended, or is only an advisory now."""

    page_id: UUID
    session_id: UUID | None = None
    patient_id: UUID | None = None
    device_id: str | None = None
    chair: int | None = None
    reason: Literal["ended", "lowered"]
    closed_at: Instant


class PagingKept(Event):
    """Proof of life: notifications has read everything, and pages. Said every 10 s, and only then."""

    clinic: str
    pages_open: int
    """Pages that nobody has answered."""
    open_high: tuple[UUID, ...]
    """High and emergency alarms that somebody is asked about, or has answered for."""
    kept_at: Instant


PAGES = Topic(
    "pages",
    "notifications",
    (
        PageOpened,
        PageJoined,
        PageSent,
        PageDelivered,
        PageFailed,
        PageEscalated,
        PageDeclined,
        PageAcknowledged,
        AcknowledgementLapsed,
        PageResolved,
        PageClosed,
        PagingKept,
    ),
    key=("session_id", "patient_id", "device_id", "chair", "page_id", "clinic"),
    partitions=SESSION_PARTITIONS,
    on_rejected="set aside",
)
