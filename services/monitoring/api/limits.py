"""Limits of one patient: written by a prescriber, with a reason, for a time."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from kit.fields import Instant, Number, Text
from kit.http import Command, Refused, Routes, needs
from schemas.monitoring.alarms import Priority
from schemas.monitoring.sessions import PatientLimitSet, PatientLimitWithdrawn
from schemas.parts import LimitMark
from services.monitoring import store, tables
from services.monitoring.api.sessions import held_session
from services.monitoring.rules.marks import MARKS
from services.monitoring.store import Session, engine
from services.monitoring.timers import adjust

routes = Routes(tags=["limits"])
MarkName = Literal["at_least", "above", "at_most", "below", "percent_over", "percent_under", "percent_above", "percent_below"]


class LimitAsked(BaseModel):
    """The marks that replace the table's for this patient, of one alarm at one priority, and until when."""

    model_config = ConfigDict(extra="forbid")

    alarm: str
    priority: Priority
    marks: Annotated[dict[MarkName, Annotated[Number, Field(ge=0, le=1000)]], Field(min_length=1)]
    reason: Annotated[Text, Field(min_length=10, max_length=300)]
    expires_at: Instant


class LimitShown(BaseModel):
    """A limit of one patient."""

    model_config = ConfigDict(from_attributes=True)

    limit_id: UUID
    alarm: str
    priority: Priority
    marks: dict[str, float]
    author: str
    reason: str
    written_at: datetime
    expires_at: datetime
    withdrawn_at: datetime | None
    withdrawn_by: str | None


@routes.get("/sessions/{session_id}/limits", dependencies=[needs("sessions.read")])
async def list_limits(session_id: UUID, tx: Command, all: bool = False) -> list[LimitShown]:
    """The patient's own limits, oldest first: those in force, or all there ever were."""
    session = await store.see(tx, session_id)
    if session is None:
        raise Refused(404, "No such session", f"monitoring knows no session {session_id}")
    return [LimitShown.model_validate(one) for one in await engine.limits_of(tx, session.patient_id, everything=all)]


@routes.post("/sessions/{session_id}/limits", dependencies=[needs("orders.sign")], status_code=201)
async def set_limit(session_id: UUID, body: LimitAsked, tx: Command) -> LimitShown:
    """Set a limit of this patient's own, from now on and in later sessions until it expires."""
    session = await held_session(tx, session_id)
    _check(body, tx.now)
    limit = engine.PatientLimit(
        tx.new_id(),
        body.alarm,
        body.priority,
        {str(mark): value for mark, value in body.marks.items()},
        tx.actor,
        body.reason,
        tx.now,
        body.expires_at,
        None,
        None,
    )
    await engine.write_limit(tx, session.patient_id, limit)
    await _apply(session, tx)
    tx.emit(
        PatientLimitSet(
            session_id=session_id,
            chair=session.chair,
            limit_id=limit.limit_id,
            alarm=body.alarm,
            priority=body.priority,
            marks=tuple(LimitMark(mark=mark, value=value) for mark, value in body.marks.items()),
            author=tx.actor,
            expires_at=body.expires_at,
            set_at=tx.now,
        )
    )
    tx.audit("set a limit", f"session {session_id}", reason=body.reason)
    return LimitShown.model_validate(limit)


@routes.delete("/sessions/{session_id}/limits/{limit_id}", dependencies=[needs("orders.sign")], status_code=204)
async def withdraw_limit(session_id: UUID, limit_id: UUID, tx: Command) -> None:
    """Take a limit back: the table's counts again."""
    session = await held_session(tx, session_id)
    if not await engine.withdraw_limit(tx, session.patient_id, limit_id):
        raise Refused(404, "No such limit in force", f"the patient has no limit {limit_id}", todo="list them first")
    await _apply(session, tx)
    tx.emit(
        PatientLimitWithdrawn(session_id=session_id, chair=session.chair, limit_id=limit_id, actor=tx.actor, withdrawn_at=tx.now)
    )
    tx.audit("withdraw a limit", f"session {session_id}")


async def _apply(session: Session, tx: Command) -> None:
    await adjust(tx, session, overrides=await engine.overrides_of(tx, session.patient_id))
    await store.keep(tx, [session])


def _check(body: LimitAsked, now: datetime) -> None:
    rows = [limit for limit in tables.alarm_limits().limit if limit.alarm == body.alarm]
    if not rows:
        known = ", ".join(sorted({limit.alarm for limit in tables.alarm_limits().limit}))
        raise Refused(422, "No such alarm", field="body.alarm", expected=f"one of: {known}")
    row = next((limit for limit in rows if limit.priority == body.priority), None)
    if row is None:
        has = ", ".join(limit.priority for limit in rows)
        raise Refused(422, "The alarm has no such priority", field="body.priority", expected=f"one of: {has}")
    allowed = [name for name in MARKS if getattr(row, name) is not None]
    if strange := sorted(set(body.marks) - set(allowed)):
        raise Refused(
            422, "The limit has no such mark", field=f"body.marks.{strange[0]}", expected=f"one of: {', '.join(allowed)}"
        )
    if body.expires_at <= now:
        raise Refused(422, "The limit would be over already", field="body.expires_at", expected=f"after {now.isoformat()}")
