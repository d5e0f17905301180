"""Messages: what patients were sent, what they answered, and what staff have to do instead."""

from typing import Literal
from uuid import UUID

from schemas.event import Event, Instant
from schemas.topic import Topic

MessageChannel = Literal["sms", "email"]
TaskKind = Literal[
    "not reached",  # a message could not go out: somebody calls
    "not confirmed",  # preparation or ride not confirmed in time
    "talk wanted",  # the patient asks to speak with somebody about the preparation
    "no ride",  # no adult takes the patient home so far
    "reply to read",
    "crisis reply",
    "call wanted",  # the check-in says: please call
    "follow-up call",
]


class MessagingConsentGiven(Event):
    """A patient agreed to be messaged by a channel."""

    patient_id: UUID
    channel: MessageChannel
    version: str
    """Of the text that was shown."""
    via: Literal["staff", "reply"]
    given_at: Instant


class MessagingConsentWithdrawn(Event):
    """A patient is not to be messaged any more, by none of these channels."""

    patient_id: UUID
    channels: tuple[MessageChannel, ...]
    via: Literal["staff", "reply", "link"]
    withdrawn_at: Instant


class MessageSent(Event):
    """A channel took a message to a patient."""

    message_id: UUID
    patient_id: UUID
    kind: str
    """As the table of reminders names it, or `check-in`."""
    channel: MessageChannel
    appointment_id: UUID | None = None
    session_id: UUID | None = None
    sent_at: Instant


class MessageDelivered(Event):
    """A channel says that a message reached the patient's device."""

    message_id: UUID
    patient_id: UUID
    channel: MessageChannel
    delivered_at: Instant


class MessageFailed(Event):
    """A channel did not take a message, or could not deliver it."""

    message_id: UUID
    patient_id: UUID
    kind: str
    channel: MessageChannel
    reason: str
    appointment_id: UUID | None = None
    session_id: UUID | None = None
    failed_at: Instant


class MessageHeld(Event):
    """A message was due and will not be sent; a task says what staff do instead, where something is owed."""

    patient_id: UUID
    kind: str
    reason: Literal["no consent", "limit", "quiet hours", "too late", "no channel left"]
    appointment_id: UUID | None = None
    session_id: UUID | None = None
    held_at: Instant


class MessageReplied(Event):
    """Somebody answered, by a text or by a link's button; what they wrote is not said here."""

    reply_id: UUID
    patient_id: UUID | None = None
    """Null when nobody is known by the number."""
    kind: Literal["confirmed", "declined", "stop", "start", "help", "free text", "crisis"]
    about: Literal["attendance", "preparation", "ride", "check-in"] | None = None
    appointment_id: UUID | None = None
    session_id: UUID | None = None
    via: Literal["reply", "link"]
    replied_at: Instant


class StaffTaskOpened(Event):
    """A person has to do what no message can."""

    task_id: UUID
    patient_id: UUID | None = None
    kind: TaskKind
    appointment_id: UUID | None = None
    session_id: UUID | None = None
    due_at: Instant
    opened_at: Instant


class StaffTaskDone(Event):
    """A task is done, or there is no need for it any more."""

    task_id: UUID
    patient_id: UUID | None = None
    kind: TaskKind
    by: str
    done_at: Instant


MESSAGES = Topic(
    "messages",
    "notifications",
    (
        MessagingConsentGiven,
        MessagingConsentWithdrawn,
        MessageSent,
        MessageDelivered,
        MessageFailed,
        MessageHeld,
        MessageReplied,
        StaffTaskOpened,
        StaffTaskDone,
    ),
    key=("patient_id", "reply_id", "task_id"),
)
