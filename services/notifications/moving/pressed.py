"""What a patient pressed on a message's page: kept, said, and passed to staff where somebody is asked for."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from kit.db import Tx
from schemas.notifications.messages import MessageReplied
from services.notifications import tables
from services.notifications.moving.consent import withdraw
from services.notifications.moving.tasks import finish_about, open_task
from services.notifications.rules.messages import days_end
from services.notifications.store import messages_people as people
from services.notifications.store.messages import Message
from services.notifications.store.messages_people import Appointment, Said, Session

About = Literal["attendance", "preparation", "ride", "check-in"]


@dataclass(frozen=True)
class Pressed:
    """A button: what it is about, and what it says."""

    about: About
    said: Said


async def press(tx: Tx, message: Message, pressed: Pressed) -> Appointment | Session | None:
    """Keep an answer. Returns what it is about as it stands now; None when that is over, or was never asked."""
    if pressed.about == "check-in":
        session = await people.hold_session(tx, message.session_id) if message.session_id else None
        return None if session is None else await _check_in(tx, message, session, pressed.said)
    appointment = await people.hold_appointment(tx, message.appointment_id) if message.appointment_id else None
    if appointment is None or appointment.state != "booked" or appointment.starts_at <= tx.now:
        return None
    if getattr(appointment, pressed.about) != pressed.said:
        setattr(appointment, pressed.about, pressed.said)
        await people.keep_answers(tx, appointment)
        _say(tx, message, pressed)
        await _follow(tx, appointment, pressed)
    return appointment


async def opt_out(tx: Tx, message: Message) -> None:
    """No more messages, by any channel."""
    await withdraw(tx, message.patient_id, text="opt out, on a message's page", came_from=message.channel, via="link")


async def _follow(tx: Tx, appointment: Appointment, pressed: Pressed) -> None:
    if pressed.said == "declined":
        kind: Literal["no ride", "talk wanted"] = "no ride" if pressed.about == "ride" else "talk wanted"
        why = "no adult takes the patient home so far" if kind == "no ride" else "asks to talk to somebody"
        source = f"{kind} {appointment.appointment_id}"
        await open_task(tx, kind, source, why, patient_id=appointment.patient_id, appointment=appointment)
        return
    if pressed.about == "ride":
        await finish_about(tx, ("no ride",), "an adult takes the patient home", appointment_id=appointment.appointment_id)
    if appointment.preparation == appointment.ride == "confirmed":
        what = "the patient confirmed both"
        await finish_about(tx, ("not reached", "not confirmed"), what, appointment_id=appointment.appointment_id)


async def _check_in(tx: Tx, message: Message, session: Session, said: Said) -> Session:
    if session.check_in == said:
        return session
    await people.keep_check_in(tx, session.session_id, said)
    _say(tx, message, Pressed("check-in", said))
    if said == "declined":
        patient = await people.see(tx, session.patient_id)
        zone = ZoneInfo(patient.zone if patient and patient.zone else "UTC")
        await open_task(
            tx,
            "call wanted",
            f"call wanted {session.session_id}",
            "asks to be called today, or is not well",
            patient_id=session.patient_id,
            session_id=session.session_id,
            due_at=days_end(tables.messages().quiet, tx.now, zone),
        )
    return Session(session.session_id, session.patient_id, session.discharged_at, session.reached, said)


def _say(tx: Tx, message: Message, pressed: Pressed) -> None:
    reply_id: UUID = tx.new_id()
    tx.emit(
        MessageReplied(
            reply_id=reply_id,
            patient_id=message.patient_id,
            kind=pressed.said,
            about=pressed.about,
            appointment_id=message.appointment_id,
            session_id=message.session_id,
            via="link",
            replied_at=tx.now,
        )
    )
