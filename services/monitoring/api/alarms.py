"""Alarms: what is open, the answer at the bedside, and what an alarm was."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from kit.http import Caller, Command, Refused, Routes, needs
from schemas.monitoring.alarms import AlarmResolved, Priority, Resolution
from services.monitoring import store
from services.monitoring.record import DISCREPANCY, SUICIDE_RISK, UNBOUND, acknowledge, end_alarm
from services.monitoring.record import Source as AlarmSource
from services.monitoring.rules.limits import LATCHING
from services.monitoring.store import queries

routes = Routes(tags=["alarms"])


class AlarmShown(BaseModel):
    """An alarm as it stands. Its limits are defaults unless the patient has limits of their own; it advises, people act."""

    model_config = ConfigDict(from_attributes=True)

    alarm_id: UUID
    code: str
    cause: str
    title: str
    advice: str
    detail: str
    session_id: UUID | None
    chair: int | None
    device_id: str | None
    priority: Priority
    highest: Priority
    confirmed: bool
    late: bool
    count: int
    raised_at: datetime
    acknowledged: Priority | None
    cleared_at: datetime | None
    artefact: bool
    ended_at: datetime | None
    resolution: Resolution | None
    resolved_by: str | None


class Acknowledgement(BaseModel):
    """An answer at the bedside; the priority answered is the one the alarm has."""

    model_config = ConfigDict(extra="forbid")


class ResolutionGiven(BaseModel):
    """What the alarm was: true and acted on, true and watched, an artefact, or technical."""

    model_config = ConfigDict(extra="forbid")

    resolution: Resolution


@routes.get("/alarms", dependencies=[needs("sessions.read")])
async def list_alarms(tx: Command, session_id: UUID | None = None, all: bool = False) -> list[AlarmShown]:
    """Open alarms, newest first, of a session or of all; ended ones too when asked."""
    rows = queries.alarms(tx.db, session_id=session_id, everything=all)
    return [AlarmShown.model_validate(dict(row)) async for row in rows]


@routes.post("/alarms/{alarm_id}/acknowledgement", dependencies=[needs("alarms.acknowledge")])
async def acknowledge_at_bedside(alarm_id: UUID, body: Acknowledgement, tx: Command, caller: Caller) -> AlarmShown:
    """Somebody is at the bedside and knows; of a suicide risk, a prescriber.

    A technical alarm of no session that has no other end ends by it.
    """
    alarm, session = await _held(alarm_id, tx)
    if alarm["ended_at"] is not None:
        raise Refused(409, "The alarm is over", f"since {alarm['ended_at'].isoformat(timespec='seconds')}")
    if alarm["code"] == SUICIDE_RISK and "orders.sign" not in caller.permissions:
        raise Refused(403, "A prescriber must answer this", todo="Stay with the patient; the prescriber is being paged.")
    await acknowledge(
        tx, session, alarm, answer_id=tx.new_id(), priority=alarm["priority"], by=tx.actor, via="bedside", at=tx.now
    )
    if session is not None:
        await store.keep(tx, [session])
    elif alarm["code"] not in (UNBOUND, DISCREPANCY):
        await end_alarm(tx, AlarmSource(alarm["source"], chair=alarm["chair"], device_id=alarm["device_id"]), alarm["cause"])
    tx.audit("acknowledge", f"alarm {alarm_id}")
    return await _shown(alarm_id, tx)


@routes.post("/alarms/{alarm_id}/resolution", dependencies=[needs("alarms.acknowledge")])
async def resolve(alarm_id: UUID, body: ResolutionGiven, tx: Command) -> AlarmShown:
    """Say what the alarm was; the last word counts. A high one must have been answered first, and needs this before discharge."""
    alarm, _ = await _held(alarm_id, tx)
    if alarm["ended_at"] is None and alarm["priority"] in LATCHING and alarm["acknowledged"] is None:
        raise Refused(
            409,
            "Nobody has answered the alarm",
            f"it is {alarm['priority']} and open",
            todo=f"answer it first: POST /alarms/{alarm_id}/acknowledgement",
        )
    await queries.resolve(tx.db, alarm_id=alarm_id, resolution=body.resolution, resolved_by=tx.actor, resolved_at=tx.now)
    where = {name: alarm[name] for name in ("session_id", "device_id", "chair")}
    tx.emit(AlarmResolved(alarm_id=alarm_id, resolution=body.resolution, by=tx.actor, resolved_at=tx.now, **where))
    tx.audit("resolve", f"alarm {alarm_id}", reason=body.resolution)
    return await _shown(alarm_id, tx)


async def _held(alarm_id: UUID, tx: Command) -> tuple[Any, store.Session | None]:
    """An alarm, and its session held before the alarm is read again."""
    alarm = await queries.alarm(tx.db, alarm_id=alarm_id)
    if alarm is None:
        raise Refused(404, "No such alarm", f"monitoring knows no alarm {alarm_id}")
    session = await store.hold(tx, alarm["session_id"]) if alarm["session_id"] else None
    return await queries.alarm(tx.db, alarm_id=alarm_id), session


async def _shown(alarm_id: UUID, tx: Command) -> AlarmShown:
    return AlarmShown.model_validate(dict(await queries.alarm(tx.db, alarm_id=alarm_id)))
