"""Reminders before an appointment, the question whether it is prepared, and the check-in after it: timers, judged when due."""

from datetime import datetime, timedelta
from uuid import UUID

from kit.db import Tx
from kit.timers import Timer, Timers
from schemas.scheduling.appointments import APPOINTMENTS
from services.notifications import tables
from services.notifications.moving.messages import CheckIn, Remind, check_in_of, offer, remind_key, reminder_of
from services.notifications.moving.tasks import confirmation_of, open_task
from services.notifications.store import messages_people as people
from services.notifications.store import messages_tasks


class ConfirmBy(Timer):
    """Preparation and ride are to be confirmed by now."""

    waits_for = (APPOINTMENTS,)

    patient_id: UUID
    appointment_id: UUID


def expect(tx: Tx, patient_id: UUID, appointment_id: UUID, starts_at: datetime, booked_at: datetime) -> None:
    """Arm what was still ahead when it was booked; what came due since is judged at once."""
    rules = tables.messages()
    for row in rules.reminder:
        key = remind_key(patient_id, appointment_id, row.name)
        if row.due(starts_at) > booked_at:
            timer = Remind(patient_id=patient_id, appointment_id=appointment_id, reminder=row.name)
            tx.arm(timer, key=key, at=row.due(starts_at))
        else:
            tx.disarm(Remind, key=key)
    at = starts_at - timedelta(hours=rules.confirmation.missing_at_hours_before)
    tx.arm(ConfirmBy(patient_id=patient_id, appointment_id=appointment_id), key=f"{patient_id}/{appointment_id}", at=at)


def forget(tx: Tx, patient_id: UUID, appointment_id: UUID) -> None:
    """Nothing is sent or asked about an appointment any more."""
    for row in tables.messages().reminder:
        tx.disarm(Remind, key=remind_key(patient_id, appointment_id, row.name))
    tx.disarm(ConfirmBy, key=f"{patient_id}/{appointment_id}")


def expect_check_in(tx: Tx, session_id: UUID, patient_id: UUID, discharged_at: datetime) -> None:
    """Ask a patient who went home how they are, a day later; of one who went home long ago nothing is asked any more."""
    rule = tables.messages().check_in
    if tx.now >= discharged_at + timedelta(hours=rule.useful_until_hours_after):
        return
    at = discharged_at + timedelta(hours=rule.hours_after)
    tx.arm(CheckIn(patient_id=patient_id, session_id=session_id), key=str(session_id), at=at)


async def remind(timer: Remind, tx: Tx) -> None:
    """A reminder is due."""
    matter = await reminder_of(tx, timer.appointment_id, timer.reminder)
    if matter is not None:
        await offer(tx, matter)


async def check_in(timer: CheckIn, tx: Tx) -> None:
    """A check-in is due."""
    matter = await check_in_of(tx, timer.session_id)
    if matter is not None:
        await offer(tx, matter)


async def ask_staff(timer: ConfirmBy, tx: Tx) -> None:
    """Preparation or ride are not confirmed: staff ask, unless they were told before, and may have done it."""
    appointment = await people.hold_appointment(tx, timer.appointment_id)
    if appointment is None or appointment.state != "booked" or appointment.starts_at <= tx.now:
        return
    missing = [name for name in ("preparation", "ride") if getattr(appointment, name) is None]
    source = confirmation_of(appointment)
    if missing and not await messages_tasks.known(tx, source):
        why = f"not confirmed: {' and '.join(missing)}"
        await open_task(tx, "not confirmed", source, why, patient_id=appointment.patient_id, appointment=appointment)


TIMERS: Timers = {Remind: remind, CheckIn: check_in, ConfirmBy: ask_staff}
