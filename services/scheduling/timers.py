"""Scheduling's timers."""

from uuid import UUID

from kit.db import Tx
from kit.timers import Timer, Timers
from schemas.scheduling.appointments import AppointmentMissed
from services.scheduling import store


class NoShow(Timer):
    """The patient should have come by now."""

    appointment_id: UUID


async def note_no_show(timer: NoShow, tx: Tx) -> None:
    """An appointment that is still only booked was missed; its chair is free again."""
    appointment = await store.hold_appointment(tx, timer.appointment_id)
    if appointment is None or appointment.state != "booked":
        return
    await store.set_state(tx, appointment.appointment_id, "missed")
    tx.emit(
        AppointmentMissed(
            appointment_id=appointment.appointment_id,
            patient_id=appointment.patient_id,
            chair=appointment.chair,
            missed_at=tx.now,
        )
    )


TIMERS: Timers = {NoShow: note_no_show}
