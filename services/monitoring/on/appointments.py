"""Appointments: an arrival opens a session; a cancellation ends one that has not begun."""

from kit.db import Tx
from kit.stream import Handlers
from schemas.monitoring.sessions import SessionCancelled, SessionOpened
from schemas.scheduling.appointments import AppointmentCancelled, PatientArrived
from services.monitoring import store
from services.monitoring.moving import close, snapshot
from services.monitoring.moving.binding import bind_those_of_the_chair
from services.monitoring.rules.phases import after


async def open_session(event: PatientArrived, tx: Tx) -> None:
    """The patient sits in a chair: a session for them, once, watched by what belongs to the chair."""
    session_id = tx.new_id()
    opened = await store.open_session(tx, session_id, event.patient_id, event.appointment_id, event.order_id, event.chair)
    if opened:
        tx.emit(
            SessionOpened(
                session_id=session_id,
                patient_id=event.patient_id,
                appointment_id=event.appointment_id,
                order_id=event.order_id,
                chair=event.chair,
                opened_at=tx.now,
            )
        )
        if (session := await store.hold(tx, session_id)) is not None:
            await bind_those_of_the_chair(tx, session)


async def cancel_session(event: AppointmentCancelled, tx: Tx) -> None:
    """The appointment will not take place: nor will its session, unless the drug runs already."""
    session_id = await store.session_of(tx, event.appointment_id)
    session = await store.hold(tx, session_id) if session_id else None
    phase = after(session.phase, "cancel") if session else None
    if session is None or phase is None:
        return
    session.phase = phase
    await close(session, "cancel", event.reason, tx)
    tx.emit(
        SessionCancelled(
            session_id=session.session_id,
            chair=session.chair,
            reason=event.reason,
            actor=tx.actor,
            cancelled_at=tx.now,
            vitals=snapshot(session),
        )
    )


HANDLERS: Handlers = {PatientArrived: open_session, AppointmentCancelled: cancel_session}
