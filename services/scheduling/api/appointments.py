"""Appointments: who comes when, who came, and who will not."""

from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field

from kit.http import Command, Refused, Routes, needs
from schemas.scheduling.appointments import AppointmentCancelled, PatientArrived
from services.scheduling import store
from services.scheduling.settings import settings_of
from services.scheduling.timers import NoShow

routes = Routes(tags=["appointments"])


class Shown(BaseModel):
    """An appointment."""

    model_config = ConfigDict(from_attributes=True)

    appointment_id: UUID
    patient_id: UUID
    series_id: UUID
    order_id: UUID
    number: int
    chair: int
    starts_at: datetime
    ends_at: datetime
    state: str


class Listed(BaseModel):
    """Appointments in their order."""

    appointments: list[Shown]


class Cancellation(BaseModel):
    """Why an appointment will not take place."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(min_length=3, max_length=200, description="without personal data: it travels with the event")


@routes.get("/appointments", dependencies=[needs("appointments.read")])
async def list_appointments(tx: Command, patient_id: UUID | None = None, day: date | None = None) -> Listed:
    """Appointments of a patient, of a day, or of the next four weeks."""
    zone = ZoneInfo(settings_of(tx).time_zone)
    since = datetime.combine(day, time(), zone) if day else tx.now - timedelta(days=1)
    until = since + timedelta(days=1 if day else 29)
    found = await store.appointments(tx, patient_id, since, until)
    return Listed(appointments=[Shown.model_validate(appointment) for appointment in found])


@routes.post("/appointments/{appointment_id}/arrival", dependencies=[needs("appointments.write")])
async def record_arrival(appointment_id: UUID, tx: Command) -> Shown:
    """The patient is here. Saying so twice changes nothing."""
    appointment = await _held(tx, appointment_id)
    if appointment.state == "arrived":
        return Shown.model_validate(appointment)
    if appointment.state != "booked":
        raise Refused(409, "No arrival is possible", f"the appointment is {appointment.state}", todo="book another")
    zone = ZoneInfo(settings_of(tx).time_zone)
    if tx.now.astimezone(zone).date() != appointment.starts_at.astimezone(zone).date():
        starts = appointment.starts_at.astimezone(zone).isoformat(timespec="minutes")
        raise Refused(409, "No arrival is possible today", f"the appointment is at {starts}")
    await store.set_state(tx, appointment_id, "arrived")
    tx.disarm(NoShow, key=str(appointment_id))
    tx.emit(
        PatientArrived(
            appointment_id=appointment_id,
            patient_id=appointment.patient_id,
            order_id=appointment.order_id,
            number=appointment.number,
            chair=appointment.chair,
            arrived_at=tx.now,
        )
    )
    tx.audit("record arrival", f"appointment {appointment_id}")
    return Shown.model_validate(await store.hold_appointment(tx, appointment_id))


@routes.post("/appointments/{appointment_id}/cancellation", dependencies=[needs("appointments.write")])
async def cancel(appointment_id: UUID, body: Cancellation, tx: Command) -> Shown:
    """The appointment will not take place; its chair is free again. Saying so twice changes nothing."""
    appointment = await _held(tx, appointment_id)
    if appointment.state == "cancelled":
        return Shown.model_validate(appointment)
    if appointment.state == "missed":
        raise Refused(409, "No cancellation is possible", "the appointment was missed")
    await store.set_state(tx, appointment_id, "cancelled")
    tx.disarm(NoShow, key=str(appointment_id))
    tx.emit(
        AppointmentCancelled(
            appointment_id=appointment_id,
            patient_id=appointment.patient_id,
            chair=appointment.chair,
            reason=body.reason,
            cancelled_at=tx.now,
        )
    )
    tx.audit("cancel", f"appointment {appointment_id}", reason=body.reason)
    return Shown.model_validate(await store.hold_appointment(tx, appointment_id))


async def _held(tx: Command, appointment_id: UUID) -> store.Appointment:
    appointment = await store.hold_appointment(tx, appointment_id)
    if appointment is None:
        raise Refused(404, "No such appointment", f"scheduling knows no appointment {appointment_id}")
    return appointment
