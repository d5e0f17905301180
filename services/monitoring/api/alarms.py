"""Alarms: what is open, and the answer at the bedside."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from kit.http import Command, Refused, Routes, needs
from schemas.monitoring.alarms import Priority
from services.monitoring import store, tables
from services.monitoring.record import UNBOUND, answer, end_alarm, record
from services.monitoring.record import Source as AlarmSource
from services.monitoring.store import queries

routes = Routes(tags=["alarms"])


class AlarmShown(BaseModel):
    """An alarm as it stands."""

    model_config = ConfigDict(from_attributes=True)

    alarm_id: UUID
    code: str
    session_id: UUID | None
    chair: int | None
    device_id: str | None
    priority: Priority
    confirmed: bool
    count: int
    raised_at: datetime
    acknowledged: Priority | None
    ended_at: datetime | None


class Acknowledgement(BaseModel):
    """An answer at the bedside; the priority answered is the one the alarm has."""

    model_config = ConfigDict(extra="forbid")


@routes.get("/alarms", dependencies=[needs("sessions.read")])
async def list_alarms(tx: Command, session_id: UUID | None = None, all: bool = False) -> list[AlarmShown]:
    """Open alarms, newest first, of a session or of all; ended ones too when asked."""
    rows = queries.alarms(tx.db, session_id=session_id, everything=all)
    return [AlarmShown.model_validate(dict(row)) async for row in rows]


@routes.post("/alarms/{alarm_id}/acknowledgement", dependencies=[needs("alarms.acknowledge")])
async def acknowledge_at_bedside(alarm_id: UUID, body: Acknowledgement, tx: Command) -> AlarmShown:
    """Somebody is at the bedside and knows. A technical alarm of no session that has no other end ends by it."""
    alarm = await queries.alarm(tx.db, alarm_id=alarm_id)
    if alarm is None:
        raise Refused(404, "No such alarm", f"monitoring knows no alarm {alarm_id}")
    if alarm["ended_at"] is not None:
        raise Refused(409, "The alarm is over", f"since {alarm['ended_at'].isoformat(timespec='seconds')}")
    session = await store.hold(tx, alarm["session_id"]) if alarm["session_id"] else None
    alarm = await queries.alarm(tx.db, alarm_id=alarm_id)
    changes = await answer(
        tx, session, alarm, answer_id=tx.new_id(), priority=alarm["priority"], by=tx.actor, via="bedside", at=tx.now
    )
    if session is not None:
        await record(tx, session, tables.engine(), changes)
        await store.keep(tx, [session])
    elif alarm["code"] != UNBOUND:
        await end_alarm(tx, AlarmSource(alarm["source"], chair=alarm["chair"], device_id=alarm["device_id"]), alarm["code"])
    tx.audit("acknowledge", f"alarm {alarm_id}")
    return AlarmShown.model_validate(dict(await queries.alarm(tx.db, alarm_id=alarm_id)))
