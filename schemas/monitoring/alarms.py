"""Alarms: something about a patient, or about watching them, that somebody must know."""

from typing import Literal
from uuid import UUID

from schemas.event import Event, Instant
from schemas.topic import SESSION_PARTITIONS, Topic

Priority = Literal["low", "medium", "high", "emergency"]
"""IEC 60601-1-8 priorities; `emergency` is a high priority alarm that also calls the team."""

AlarmKind = Literal["physiological", "technical"]


class AlarmRaised(Event):
    """An alarm condition began."""

    alarm_id: UUID
    code: str
    """The row of the alarm limits, such as A1."""
    title: str
    """The alarm class in words, fit for a page: no value, name or drug."""
    kind: AlarmKind
    priority: Priority
    session_id: UUID | None = None
    device_id: str | None = None
    chair: int | None = None
    confirmed: bool = True
    """False when a confirmation was due and did not come."""
    advice: str = ""
    """What the action ladder recommends; people decide."""
    limits_version: str
    raised_at: Instant
    cause: str = ""
    """Alarms of one cause are one alarm: `code` is the row that stands highest."""
    detail: str = ""
    """Why, where values must be told; never for a page."""
    qualified_at: Instant | None = None
    """When its delay or confirmation was complete, in the time of measurement."""
    late: bool = False
    """Found in readings that came later than they should."""


class AlarmPriorityChanged(Event):
    """An open alarm became more, or less, urgent."""

    alarm_id: UUID
    code: str
    title: str
    session_id: UUID | None = None
    device_id: str | None = None
    chair: int | None = None
    previous: Priority
    priority: Priority
    advice: str = ""
    changed_at: Instant
    cause: str = ""
    detail: str = ""
    confirmed: bool = True
    qualified_at: Instant | None = None
    late: bool = False


class AlarmAcknowledged(Event):
    """Somebody answered an alarm: at the bedside, or by a link."""

    alarm_id: UUID
    session_id: UUID | None = None
    device_id: str | None = None
    chair: int | None = None
    priority: Priority
    """The priority that was answered."""
    by: str
    via: Literal["bedside", "link"]
    answer_id: UUID
    acknowledged_at: Instant


class AlarmConditionCleared(Event):
    """The condition of an alarm is over; the alarm stands until somebody answers."""

    alarm_id: UUID
    code: str
    session_id: UUID | None = None
    device_id: str | None = None
    chair: int | None = None
    probable_artefact: bool = False
    """A single measurement that the next one refuted."""
    cleared_at: Instant


class AlarmConditionReturned(Event):
    """The condition of an alarm that still stands is there again."""

    alarm_id: UUID
    code: str
    session_id: UUID | None = None
    device_id: str | None = None
    chair: int | None = None
    returned_at: Instant


class AlarmEnded(Event):
    """An alarm is over: its condition is gone and, where one was needed, somebody answered."""

    alarm_id: UUID
    code: str
    session_id: UUID | None = None
    device_id: str | None = None
    chair: int | None = None
    ended_at: Instant
    probable_artefact: bool = False


Resolution = Literal["true-intervened", "true-watch", "artefact", "technical"]
"""What an alarm was (clinical 4.9)."""


class AlarmResolved(Event):
    """Somebody said what an alarm was. A high one needs it before the patient goes home."""

    alarm_id: UUID
    session_id: UUID | None = None
    device_id: str | None = None
    chair: int | None = None
    resolution: Resolution
    by: str
    resolved_at: Instant


class WatchKept(Event):
    """Proof of life: monitoring has read everything, and watches. Said every 10 s, and only then."""

    clinic: str
    sessions_watched: int
    open_high: tuple[UUID, ...]
    """High and emergency alarms that are open."""
    kept_at: Instant


ALARMS = Topic(
    "alarms",
    "monitoring",
    (
        AlarmRaised,
        AlarmPriorityChanged,
        AlarmAcknowledged,
        AlarmConditionCleared,
        AlarmConditionReturned,
        AlarmEnded,
        AlarmResolved,
        WatchKept,
    ),
    key=("session_id", "device_id", "chair", "alarm_id", "clinic"),
    partitions=SESSION_PARTITIONS,
    on_rejected="set aside",
)
