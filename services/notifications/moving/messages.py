"""A message that is due: it goes now, or later, or staff have something to do. Limits are judged here, on the patient's row."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from kit.db import Tx
from kit.jobs import Attempt, Calls, Jobs
from kit.timers import Timer
from schemas.monitoring.sessions import SESSIONS
from schemas.notifications.messages import MessageChannel, MessageDelivered, MessageFailed, MessageHeld, MessageSent
from schemas.scheduling.appointments import APPOINTMENTS
from services.notifications import tables
from services.notifications.moving.links import link_of
from services.notifications.moving.sending import LATE, NO_PHONE, SendMessage, call
from services.notifications.moving.tasks import confirmation_of, open_task
from services.notifications.rules.messages import Go, Reason, Wait, closes_at, decide
from services.notifications.rules.messages_texts import render, when_text
from services.notifications.settings import settings_of
from services.notifications.store import messages
from services.notifications.store import messages_people as people
from services.notifications.store.messages import Message, State
from services.notifications.store.messages_people import Appointment, Patient

LOWEST = 0
"""Pages begin at 1: a flood of messages never delays one."""


class Remind(Timer):
    """A reminder of an appointment is due."""

    waits_for = (APPOINTMENTS,)

    patient_id: UUID
    appointment_id: UUID
    reminder: str


class CheckIn(Timer):
    """A patient who went home is asked how they are."""

    waits_for = (SESSIONS,)

    patient_id: UUID
    session_id: UUID


@dataclass(frozen=True)
class Matter:
    """What a message is about."""

    kind: str
    wording: str
    patient_id: UUID
    until: datetime
    """From then on it is of no use."""
    link_until: datetime
    owed: bool
    """Staff do it instead when it can't go."""
    appointment: Appointment | None = None
    session_id: UUID | None = None

    @property
    def appointment_id(self) -> UUID | None:
        """Of the appointment, if it is about one."""
        return self.appointment.appointment_id if self.appointment else None


async def reminder_of(tx: Tx, appointment_id: UUID, name: str) -> Matter | None:
    """What a reminder is about. None when there is nothing to remind of any more."""
    row, appointment = tables.messages().named(name), await people.hold_appointment(tx, appointment_id)
    if row is None or appointment is None or appointment.state != "booked" or appointment.starts_at <= tx.now:
        return None
    starts = appointment.starts_at
    return Matter(name, row.wording, appointment.patient_id, row.until(starts), starts, row.asks, appointment)


async def check_in_of(tx: Tx, session_id: UUID) -> Matter | None:
    """What a check-in is about. None when somebody spoke with the patient already."""
    rule, session = tables.messages().check_in, await people.hold_session(tx, session_id)
    if session is None or session.discharged_at is None or session.reached or session.check_in:
        return None
    until = session.discharged_at + timedelta(hours=rule.useful_until_hours_after)
    return Matter("check-in", "check-in", session.patient_id, until, until, owed=False, session_id=session_id)


async def offer(tx: Tx, matter: Matter) -> None:
    """Send it, put it off until it may go, or hold it for good and say so."""
    patient = await people.hold(tx, matter.patient_id)
    rules = tables.messages()
    if patient is None or patient.zone is None or not patient.agreed:
        await _hold(tx, matter, "no consent", staff=matter.owed)
        return
    again = timedelta(minutes=rules.retry.minutes)
    refused, away = await messages.channels_tried(
        tx, matter.patient_id, matter.kind, matter.appointment_id, matter.session_id, away_since=tx.now - again
    )
    left = patient.agreed - refused - away
    if not left and away - refused and tx.now + again < matter.until:
        _put_off(tx, matter, tx.now + again)
        return
    if not left:
        await _hold(tx, matter, "no channel left", staff=True)
        return
    longest = timedelta(days=1 + max((row.days for row in rules.limit), default=0))
    sent = await messages.sent_since(tx, matter.patient_id, tx.now - longest)
    decided = decide(rules, tx.now, matter.until, ZoneInfo(patient.zone), left, sent)
    if isinstance(decided, Go):
        await _send(tx, matter, patient, decided.channel)
    elif isinstance(decided, Wait):
        _put_off(tx, matter, decided.at)
    else:
        await _hold(tx, matter, decided.reason, staff=True)


async def _send(tx: Tx, matter: Matter, patient: Patient, channel: MessageChannel) -> None:
    settings, zone = settings_of(tx.settings), ZoneInfo(patient.zone or "UTC")
    message_id = tx.new_id()
    number = await messages.queue(
        tx, message_id, matter.patient_id, matter.kind, channel, matter.appointment_id, matter.session_id, matter.link_until
    )
    when = when_text(matter.appointment.starts_at, zone) if matter.appointment else ""
    parts = {"clinic": settings.clinic_name, "phone": settings.clinic_phone or "", "when": when}
    subject, text, fault = "", "", "" if settings.clinic_phone else NO_PHONE
    try:
        subject, text = render(tables.wordings(), matter.wording, channel, link=link_of(settings, number), **parts)
    except ValueError as error:
        fault = str(error)
    job = SendMessage(
        message_id=message_id,
        channel=channel,
        address=patient.addresses[channel],
        subject=subject,
        text=text,
        fault=fault,
        until=min(matter.until, closes_at(tables.messages().quiet, tx.now, zone)),
    )
    await messages.note_job(tx, message_id, tx.defer(job, priority=LOWEST))


def _put_off(tx: Tx, matter: Matter, at: datetime) -> None:
    """Come again then, as the timer it came by."""
    if matter.appointment is not None:
        about = matter.appointment
        timer = Remind(patient_id=about.patient_id, appointment_id=about.appointment_id, reminder=matter.kind)
        tx.arm(timer, key=remind_key(about.patient_id, about.appointment_id, matter.kind), at=at)
    elif matter.session_id is not None:
        tx.arm(CheckIn(patient_id=matter.patient_id, session_id=matter.session_id), key=str(matter.session_id), at=at)


def remind_key(patient_id: UUID, appointment_id: UUID, reminder: str) -> str:
    """Begins with the record key of what the timer waits for."""
    return f"{patient_id}/{appointment_id}/{reminder}"


async def _hold(tx: Tx, matter: Matter, reason: Reason, *, staff: bool) -> None:
    """It won't be sent. Without consent only what has to be asked is staff's; a limit drops nothing in silence."""
    tx.emit(
        MessageHeld(
            patient_id=matter.patient_id,
            kind=matter.kind,
            reason=reason,
            appointment_id=matter.appointment_id,
            session_id=matter.session_id,
            held_at=tx.now,
        )
    )
    if not staff:
        return
    about = matter.appointment
    source = (
        confirmation_of(about)
        if about is not None and matter.owed
        else f"{matter.kind} {matter.appointment_id or matter.session_id}"
    )
    await open_task(
        tx,
        "not reached",
        source,
        f"{matter.kind}: {reason}",
        patient_id=matter.patient_id,
        appointment=about,
        session_id=matter.session_id,
    )


async def done(job: SendMessage, _attempt: Attempt, tx: Tx) -> None:
    """The channel took it."""
    message = await messages.see(tx, job.message_id)
    assert message is not None
    await messages.settle(tx, job.message_id, "sent")
    about = {"appointment_id": message.appointment_id, "session_id": message.session_id}
    tx.emit(
        MessageSent(
            message_id=message.message_id,
            patient_id=message.patient_id,
            kind=message.kind,
            channel=message.channel,
            sent_at=tx.now,
            **about,
        )
    )


async def failed(job: SendMessage, attempt: Attempt, reason: str, tx: Tx) -> None:
    """The channel did not take it: the next one, or this one later, or staff."""
    message = await messages.see(tx, job.message_id)
    assert message is not None
    state: State = "held" if reason == LATE else "failed" if attempt.refused else "away"
    if await messages.settle(tx, job.message_id, state):
        await _failed(tx, message, reason or "it failed")


async def message_receipt(tx: Tx, job_id: UUID, word: str) -> bool:
    """The provider says what became of a message: once, twice, late or in any order. False when the job carries none.

    `word` is delivered, failed or anything else. What was delivered stays delivered.
    """
    message = await messages.hold_of_job(tx, job_id)
    if message is None:
        return False
    if word == "delivered" and message.state != "delivered":
        await messages.keep_receipt(tx, message.message_id, "delivered")
        tx.emit(
            MessageDelivered(
                message_id=message.message_id, patient_id=message.patient_id, channel=message.channel, delivered_at=tx.now
            )
        )
    elif word == "failed" and message.state in ("queued", "sent"):
        await messages.keep_receipt(tx, message.message_id, "failed")
        await _failed(tx, message, "it was not delivered")
    return True


async def _failed(tx: Tx, message: Message, reason: str) -> None:
    tx.emit(
        MessageFailed(
            message_id=message.message_id,
            patient_id=message.patient_id,
            kind=message.kind,
            channel=message.channel,
            reason=reason,
            appointment_id=message.appointment_id,
            session_id=message.session_id,
            failed_at=tx.now,
        )
    )
    if message.appointment_id is not None:
        matter = await reminder_of(tx, message.appointment_id, message.kind)
    else:
        matter = await check_in_of(tx, message.session_id) if message.session_id else None
    if matter is not None:
        await offer(tx, matter)


JOBS: Jobs = {SendMessage: Calls(call=call, done=done, failed=failed)}
