"""Sessions: who went home is asked how they are a day later; the call that staff owe stays a task until somebody was reached."""

from kit.db import Tx
from kit.stream import Handlers
from schemas.monitoring.sessions import (
    FollowUpCallDue,
    FollowUpCallMade,
    PatientDischarged,
    PatientLeftAgainstAdvice,
    SessionOpened,
)
from services.notifications.moving.reminders import expect_check_in
from services.notifications.moving.tasks import finish, finish_about, open_task
from services.notifications.store import messages_people as people
from services.notifications.store import messages_tasks


async def remember_session(event: SessionOpened, tx: Tx) -> None:
    """Whose session it is."""
    await people.hear_session(tx, event.session_id, event.patient_id)


async def ask_how_they_are(event: PatientDischarged, tx: Tx) -> None:
    """The patient went home: a message asks how they are, a day later."""
    await people.hear(tx, event.patient_id)
    await people.hear_discharge(tx, event.session_id, event.patient_id, event.discharged_at)
    expect_check_in(tx, event.session_id, event.patient_id, event.discharged_at)


async def remember_departure(event: PatientLeftAgainstAdvice, tx: Tx) -> None:
    """The patient left against advice: people call, and no message asks anything."""
    await people.hear_session(tx, event.session_id, event.patient_id)


async def owe_a_call(event: FollowUpCallDue, tx: Tx) -> None:
    """A call is due: somebody makes it, whatever the messages brought."""
    session = await people.hold_session(tx, event.session_id)
    await open_task(
        tx,
        "follow-up call",
        _call(event),
        f"call {event.number} after {event.after}",
        patient_id=session.patient_id if session else None,
        session_id=event.session_id,
        due_at=event.due_at,
    )


async def note_call(event: FollowUpCallMade, tx: Tx) -> None:
    """Somebody called; once the patient was reached nothing more is asked."""
    if event.reached:
        await people.hear_reached(tx, event.session_id)
        what = f"{event.actor} reached the patient"
        await finish_about(tx, ("call wanted", "not reached"), what, session_id=event.session_id)
        for task in await messages_tasks.open_about(tx, ("follow-up call",), session_id=event.session_id):
            if task.source == _call(event):
                await finish(tx, task, event.actor, what)


def _call(event: FollowUpCallDue | FollowUpCallMade) -> str:
    return f"call {event.session_id}/{event.number}"


HANDLERS: Handlers = {
    SessionOpened: remember_session,
    PatientDischarged: ask_how_they_are,
    PatientLeftAgainstAdvice: remember_departure,
    FollowUpCallDue: owe_a_call,
    FollowUpCallMade: note_call,
}
