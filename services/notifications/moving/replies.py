"""What patients write: crisis to a person at once, opting out at once, a confirmation kept, and the rest for somebody to read."""

from uuid import UUID

from kit.db import Tx
from schemas.notifications.messages import MessageReplied
from services.notifications import tables
from services.notifications.moving.consent import agree, withdraw
from services.notifications.moving.tasks import open_task
from services.notifications.record import open_page
from services.notifications.rules.messages_replies import heard
from services.notifications.rules.messages_texts import Name, render
from services.notifications.rules.texts import TITLES
from services.notifications.settings import settings_of
from services.notifications.store import messages
from services.notifications.store import messages_people as people
from services.notifications.store.messages_people import Appointment
from services.notifications.timers import follow

NOBODY: tuple[UUID | None, ...] = (None,)


async def heard_from_patient(tx: Tx, number: str, text: str, message_id: str) -> str:
    """A text came from a number (E.164) that is no member of staff's. Returns the answer; nothing where none is owed.

    `message_id` is the provider's own: the same one again changes nothing and is answered as before. The answer goes at once,
    whatever the hour and the limits: it answers a message of this minute.
    """
    reply_id = tx.new_id()
    if not await messages.hear(tx, reply_id, message_id, number, text):
        return await messages.answer_given(tx, message_id) or ""
    known = await people.of_address(tx, "sms", number)
    meant = heard(tables.messages(), text)
    answer: Name | None
    if meant.meaning == "crisis":
        answer = await _crisis(tx, reply_id, known)
    elif meant.meaning == "stop":
        answer = await _stop(tx, reply_id, known, text)
    elif meant.meaning == "start" and known:
        answer = await _start(tx, reply_id, known, number, text)
    elif meant.meaning == "confirm" and (appointment := await _meant(tx, known)) is not None:
        answer = await _confirm(tx, reply_id, appointment)
    elif meant.meaning == "help":
        answer = "help"
        _say_each(tx, reply_id, known, "help")
    else:
        answer = "read"
        await _to_read(tx, reply_id, known)
        _say_each(tx, reply_id, known, "free text")
    if meant.to_read and meant.meaning == "stop":
        await _to_read(tx, reply_id, known)
    said = answer_text(tx, answer) if answer else ""
    await messages.answer(tx, reply_id, said)
    return said


def answer_text(tx: Tx, name: Name) -> str:
    """The text that answers a patient's message."""
    settings = settings_of(tx.settings)
    return render(tables.wordings(), name, "sms", clinic=settings.clinic_name, phone=settings.clinic_phone or "us")[1].strip()


async def _crisis(tx: Tx, reply_id: UUID, known: list[UUID]) -> Name:
    """A prescriber is paged as for any suicide-risk signal, and can read it; also when nobody is known by the number."""
    for patient_id in known or NOBODY:
        source = f"reply {reply_id} {patient_id}"
        page, before = await open_page(tx, "safety", source, TITLES["safety"], "high", patient_id=patient_id)
        await follow(page, before, tx)
        await open_task(
            tx,
            "crisis reply",
            f"crisis {reply_id} {patient_id}",
            "a reply holds a crisis word",
            patient_id=patient_id,
            reply_id=reply_id,
        )
    _say_each(tx, reply_id, known, "crisis")
    return "crisis"


async def _stop(tx: Tx, reply_id: UUID, known: list[UUID], text: str) -> Name | None:
    """Every channel of everybody with this number ends now; it is confirmed once."""
    ended = [await withdraw(tx, patient_id, text=text, came_from="sms", via="reply") for patient_id in known]
    _say_each(tx, reply_id, known, "stop")
    return "stopped" if any(ended) else None


async def _start(tx: Tx, reply_id: UUID, known: list[UUID], number: str, text: str) -> Name | None:
    """Texts begin again, and only texts: other channels had consents of their own."""
    begun = False
    for patient_id in known:
        patient = await people.hold(tx, patient_id)
        if patient is not None and "sms" not in patient.agreed:
            await agree(tx, patient_id, "sms", number, text=text, version="reply", came_from="sms", by_reply=True)
            begun = True
    _say_each(tx, reply_id, known, "start")
    return "started" if begun else None


async def _meant(tx: Tx, known: list[UUID]) -> Appointment | None:
    """The one appointment that a C can mean; None when it could be several or none, and a person has to find out."""
    found = await people.reminded_of(tx, known) if known else []
    return await people.hold_appointment(tx, found[0].appointment_id) if len(found) == 1 else None


async def _confirm(tx: Tx, reply_id: UUID, appointment: Appointment) -> Name:
    appointment.attendance = "confirmed"
    await people.keep_answers(tx, appointment)
    tx.emit(
        MessageReplied(
            reply_id=reply_id,
            patient_id=appointment.patient_id,
            kind="confirmed",
            about="attendance",
            appointment_id=appointment.appointment_id,
            via="reply",
            replied_at=tx.now,
        )
    )
    return "confirmed"


async def _to_read(tx: Tx, reply_id: UUID, known: list[UUID]) -> None:
    patient_id = known[0] if len(known) == 1 else None
    why = "a patient wrote" if patient_id else f"somebody wrote; {len(known) or 'no'} patients have the number"
    await open_task(tx, "reply to read", f"reply {reply_id}", why, patient_id=patient_id, reply_id=reply_id)


def _say_each(tx: Tx, reply_id: UUID, known: list[UUID], kind: str) -> None:
    for patient_id in known or NOBODY:
        tx.emit(
            MessageReplied.model_validate(
                {"reply_id": reply_id, "patient_id": patient_id, "kind": kind, "via": "reply", "replied_at": tx.now}
            )
        )
