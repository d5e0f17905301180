"""Tasks: what no message can do becomes something for a person, and stays until somebody says what became of it."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from kit.db import Tx
from schemas.notifications.messages import StaffTaskDone, StaffTaskOpened, TaskKind
from services.notifications import tables
from services.notifications.store import messages_tasks
from services.notifications.store.messages_people import Appointment
from services.notifications.store.messages_tasks import Task

MOOT: tuple[TaskKind, ...] = ("not reached", "not confirmed", "no ride")
"""What nobody needs to do once the patient is here, or will not come."""


def confirmation_of(appointment: Appointment) -> str:
    """The source of a task to have preparation and ride confirmed: one task an appointment and time, whatever it came from."""
    return f"confirmation {appointment.appointment_id} {appointment.starts_at.astimezone(UTC).isoformat()}"


async def open_task(
    tx: Tx,
    kind: TaskKind,
    source: str,
    why: str,
    *,
    patient_id: UUID | None,
    appointment: Appointment | None = None,
    session_id: UUID | None = None,
    reply_id: UUID | None = None,
    due_at: datetime | None = None,
) -> None:
    """Give staff something to do, once per source while it waits. Due by the table, and before the appointment."""
    if due_at is None:
        hours = next(row.due_hours for row in tables.messages().task if kind in row.kinds)
        due_at = tx.now + timedelta(hours=hours)
        if appointment is not None:
            due_at = max(tx.now, min(due_at, appointment.starts_at))
    task = Task(
        task_id=tx.new_id(),
        source=source,
        kind=kind,
        why=why,
        patient_id=patient_id,
        appointment_id=appointment.appointment_id if appointment else None,
        session_id=session_id,
        reply_id=reply_id,
        opened_at=tx.now,
        due_at=due_at,
    )
    if await messages_tasks.open_task(tx, task):
        tx.emit(
            StaffTaskOpened(
                task_id=task.task_id,
                patient_id=patient_id,
                kind=kind,
                appointment_id=task.appointment_id,
                session_id=session_id,
                due_at=due_at,
                opened_at=tx.now,
            )
        )


async def finish(tx: Tx, task: Task, by: str, what: str) -> None:
    """A task is done, or not needed any more."""
    await messages_tasks.finish(tx, task.task_id, by, what)
    tx.emit(StaffTaskDone(task_id=task.task_id, patient_id=task.patient_id, kind=task.kind, by=by, done_at=tx.now))


async def finish_about(
    tx: Tx, kinds: Sequence[TaskKind], what: str, *, appointment_id: UUID | None = None, session_id: UUID | None = None
) -> None:
    """What waits about an appointment or a session is not needed any more."""
    for task in await messages_tasks.open_about(tx, kinds, appointment_id=appointment_id, session_id=session_id):
        await finish(tx, task, tx.service, what)
