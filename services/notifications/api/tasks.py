"""Tasks: what staff have to do because no message can."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from kit.fields import Text
from kit.http import Command, Refused, Routes, needs
from schemas.notifications.messages import TaskKind
from services.notifications.moving.tasks import finish
from services.notifications.store import messages_tasks

routes = Routes(tags=["tasks"])


class TaskShown(BaseModel):
    """A task. What a patient wrote is not shown here."""

    model_config = ConfigDict(from_attributes=True)

    task_id: UUID
    kind: TaskKind
    why: str
    patient_id: UUID | None
    appointment_id: UUID | None
    session_id: UUID | None
    opened_at: datetime
    due_at: datetime
    overdue: bool = False
    has_text: bool = False
    """A patient wrote something: POST /tasks/{task_id}/contents shows it to those who may read it."""
    done_at: datetime | None
    done_by: str | None
    done_what: str | None


class Written(BaseModel):
    """What a patient wrote, and from where. Personal."""

    text: str
    address: str
    heard_at: datetime


class Done(BaseModel):
    """What became of it."""

    model_config = ConfigDict(extra="forbid")

    what: Annotated[Text, Field(min_length=2, max_length=500)]


@routes.get("/tasks", dependencies=[needs("tasks.read")])
async def list_tasks(tx: Command, all: bool = False) -> list[TaskShown]:
    """What waits, the first due first; what is done too, when asked."""
    shown = []
    for task in await messages_tasks.see_all(tx, everything=all):
        one = TaskShown.model_validate(task)
        one.overdue, one.has_text = task.done_at is None and task.due_at < tx.now, task.reply_id is not None
        shown.append(one)
    return shown


@routes.post("/tasks/{task_id}/contents", dependencies=[needs("tasks.contents")])
async def show_contents(task_id: UUID, tx: Command) -> Written:
    """What a patient wrote. That it was read is audited."""
    found = await messages_tasks.contents(tx, task_id)
    if found is None:
        raise Refused(
            404, "Nothing was written", f"no task {task_id} holds what a patient wrote", todo="See GET /tasks: has_text."
        )
    tx.audit("read a patient's reply", f"task {task_id}")
    return Written(text=found["text"], address=found["address"], heard_at=found["heard_at"])


@routes.post("/tasks/{task_id}/done", dependencies=[needs("tasks.write")], status_code=204)
async def finish_task(task_id: UUID, body: Done, tx: Command) -> None:
    """Say what became of a task."""
    task = await messages_tasks.hold(tx, task_id)
    if task is None:
        raise Refused(404, "No such task", f"notifications knows no task {task_id}", todo="See GET /tasks.")
    if task.done_at is not None:
        raise Refused(409, "This task is done already", f"{task.done_by} did it", todo="See GET /tasks?all=true.")
    await finish(tx, task, tx.actor, body.what)
    tx.audit("finish task", f"task {task_id}")
