"""Appointments: a booking is followed by reminders; one that will not take place, or has begun, by none."""

from typing import Literal
from uuid import UUID

from kit.db import Tx
from kit.stream import Handlers
from schemas.scheduling.appointments import AppointmentBooked, AppointmentCancelled, AppointmentMissed, PatientArrived
from services.notifications.moving.reminders import expect, forget
from services.notifications.moving.tasks import MOOT, finish_about
from services.notifications.store import messages_people as people


async def expect_reminders(event: AppointmentBooked, tx: Tx) -> None:
    """Remind of it, from when it was booked; a new time for a known one replaces what was expected."""
    await people.hear(tx, event.patient_id)
    if await people.book(tx, event.appointment_id, event.patient_id, event.starts_at):
        booked_at = tx.cause.time if tx.cause else tx.now
        expect(tx, event.patient_id, event.appointment_id, event.starts_at, booked_at)


async def forget_cancelled(event: AppointmentCancelled, tx: Tx) -> None:
    """It will not take place: nobody is reminded of it."""
    await _end(tx, event.appointment_id, event.patient_id, "cancelled")


async def forget_arrived(event: PatientArrived, tx: Tx) -> None:
    """The patient is here."""
    await _end(tx, event.appointment_id, event.patient_id, "arrived")


async def forget_missed(event: AppointmentMissed, tx: Tx) -> None:
    """The patient did not come."""
    await _end(tx, event.appointment_id, event.patient_id, "missed")


async def _end(tx: Tx, appointment_id: UUID, patient_id: UUID, state: Literal["cancelled", "arrived", "missed"]) -> None:
    await people.end(tx, appointment_id, patient_id, state)
    forget(tx, patient_id, appointment_id)
    await finish_about(tx, MOOT, f"the appointment is {state}", appointment_id=appointment_id)


HANDLERS: Handlers = {
    AppointmentBooked: expect_reminders,
    AppointmentCancelled: forget_cancelled,
    PatientArrived: forget_arrived,
    AppointmentMissed: forget_missed,
}
