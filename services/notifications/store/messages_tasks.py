"""What staff have to do."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from kit.db import Tx
from schemas.notifications.messages import TaskKind
from services.notifications.store.named import queries


@dataclass(frozen=True)
class Task:
    """Something for a person to do."""

    task_id: UUID
    source: str
    kind: TaskKind
    why: str
    patient_id: UUID | None
    appointment_id: UUID | None
    session_id: UUID | None
    reply_id: UUID | None
    opened_at: datetime
    due_at: datetime
    done_at: datetime | None = None
    done_by: str | None = None
    done_what: str | None = None


async def open_task(tx: Tx, task: Task) -> bool:
    """Something to do. False where it waits already."""
    opened = await queries.open_task(
        tx.db,
        task_id=task.task_id,
        source=task.source,
        kind=task.kind,
        why=task.why,
        patient_id=task.patient_id,
        appointment_id=task.appointment_id,
        session_id=task.session_id,
        reply_id=task.reply_id,
        opened_at=task.opened_at,
        due_at=task.due_at,
    )
    return opened is not None


async def known(tx: Tx, source: str) -> bool:
    """Whether staff were told of something, whether or not it is done."""
    return bool(await queries.task_known(tx.db, source=source))


async def see_all(tx: Tx, *, everything: bool) -> list[Task]:
    """Tasks, the first due first."""
    return [Task(**dict(row)) async for row in queries.tasks(tx.db, everything=everything)]


async def hold(tx: Tx, task_id: UUID) -> Task | None:
    """One task, held."""
    row = await queries.hold_task(tx.db, task_id=task_id)
    return Task(**dict(row)) if row else None


async def contents(tx: Tx, task_id: UUID) -> dict[str, Any] | None:
    """What a patient wrote that a task is about, and from where. Personal."""
    row = await queries.task_contents(tx.db, task_id=task_id)
    return dict(row) if row else None


async def finish(tx: Tx, task_id: UUID, by: str, what: str) -> None:
    """It is done."""
    await queries.finish_task(tx.db, task_id=task_id, done_at=tx.now, done_by=by, done_what=what)


async def open_about(
    tx: Tx, kinds: Sequence[TaskKind], *, appointment_id: UUID | None = None, session_id: UUID | None = None
) -> list[Task]:
    """Tasks of these kinds about an appointment or a session that wait."""
    rows = queries.open_tasks_about(tx.db, kinds=list(kinds), appointment_id=appointment_id, session_id=session_id)
    return [Task(**dict(row)) async for row in rows]
