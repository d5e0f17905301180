"""Appointments: who comes when and to which chair, and whether they came."""

from uuid import UUID

from schemas.event import Event, Instant
from schemas.topic import Topic


class AppointmentBooked(Event):
    """An infusion has a chair and a time."""

    appointment_id: UUID
    patient_id: UUID
    series_id: UUID
    order_id: UUID
    number: int
    """Which infusion of the series, from 1."""
    chair: int
    starts_at: Instant
    ends_at: Instant


class AppointmentCancelled(Event):
    """An infusion will not take place as booked; its chair is free again."""

    appointment_id: UUID
    patient_id: UUID
    chair: int
    reason: str
    cancelled_at: Instant


class PatientArrived(Event):
    """The patient is here and has a chair."""

    appointment_id: UUID
    patient_id: UUID
    order_id: UUID
    number: int
    chair: int
    arrived_at: Instant


class AppointmentMissed(Event):
    """The patient did not come."""

    appointment_id: UUID
    patient_id: UUID
    chair: int
    missed_at: Instant


APPOINTMENTS = Topic(
    "appointments",
    "scheduling",
    (AppointmentBooked, AppointmentCancelled, PatientArrived, AppointmentMissed),
    key=("patient_id",),
)
