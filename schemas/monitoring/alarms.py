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


class AlarmEnded(Event):
    """An alarm is over: its condition is gone and, where one was needed, somebody answered."""

    alarm_id: UUID
    code: str
    session_id: UUID | None = None
    device_id: str | None = None
    chair: int | None = None
    ended_at: Instant


ALARMS = Topic(
    "alarms",
    "monitoring",
    (AlarmRaised, AlarmPriorityChanged, AlarmAcknowledged, AlarmEnded),
    key=("session_id", "device_id", "chair", "alarm_id"),
    partitions=SESSION_PARTITIONS,
    on_rejected="set aside",
)
