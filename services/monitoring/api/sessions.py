"""Sessions: what is known of each, and the infusion's moves."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from kit.fields import WholeNumber
from kit.http import Command, Refused, Routes, needs
from schemas.event import Event
from schemas.monitoring.sessions import (
    DeviceReleased,
    InfusionEnded,
    InfusionPaused,
    InfusionResumed,
    InfusionSlowed,
    InfusionStarted,
    InfusionStopped,
    SessionCancelled,
)
from services.monitoring import store
from services.monitoring.api.alarms import AlarmShown
from services.monitoring.rules.phases import Move, Phase, after, possible
from services.monitoring.store import Session, queries
from services.monitoring.timers import adjust, expect_discharge, unwatch, watch

routes = Routes(tags=["sessions"])
FULL_RATE = 100
ELSEWHERE: dict[Move, str] = {"cancel": "cancellation", "discharge": "discharge", "leave": "departure"}
"""Moves that are no infusion's, and where they are asked for."""


class VitalShown(BaseModel):
    """The last value of a vital sign, and how old it is."""

    code: str
    value: float | None
    measured_at: datetime
    age_seconds: float


class SessionShown(BaseModel):
    """A session as it stands."""

    session_id: UUID
    patient_id: UUID
    appointment_id: UUID
    chair: int
    phase: Phase
    opened_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    rate_percent: int
    vitals: list[VitalShown]
    alarms: list[AlarmShown]


class MoveRequest(BaseModel):
    """Why, and for slowing and resuming at what part of the ordered rate."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(default="", max_length=300)
    rate_percent: Annotated[WholeNumber, Field(ge=1, le=100)] | None = None


class Moved(BaseModel):
    """The phase a move led to."""

    session_id: UUID
    phase: Phase
    rate_percent: int


@routes.get("/sessions", dependencies=[needs("sessions.read")])
async def list_sessions(tx: Command) -> list[SessionShown]:
    """The sessions that are not over, by chair."""
    return [await _shown(session, tx) for session in await store.see_all(tx)]


@routes.get("/sessions/{session_id}", dependencies=[needs("sessions.read")])
async def show_session(session_id: UUID, tx: Command) -> SessionShown:
    """One session."""
    return await _shown(await seen_session(tx, session_id), tx)


@routes.post("/sessions/{session_id}/infusion/{move}", dependencies=[needs("sessions.write")])
async def move_infusion(session_id: UUID, move: Move, body: MoveRequest, tx: Command) -> Moved:
    """Start, slow, pause, resume, end or stop the infusion."""
    if move in ELSEWHERE:
        raise Refused(404, "No such move", todo=f"use /sessions/{session_id}/{ELSEWHERE[move]}")
    session = await held_session(tx, session_id)
    advance(session, move)
    about: dict[str, Any] = {"session_id": session_id, "chair": session.chair, "actor": tx.actor}
    said: Event
    if move == "start":
        order = await store.order(tx, session.order_id)
        if order is None:
            raise Refused(409, "No order is known", "the order has not reached monitoring", todo="judge the gate again")
        session.started_at, session.duration_minutes = tx.now, order.duration_minutes
        rate = order.dose_mg / order.duration_minutes
        said = InfusionStarted(
            **about, dose_mg=order.dose_mg, rate_mg_per_minute=rate, duration_minutes=order.duration_minutes, started_at=tx.now
        )
        await watch(tx, session)
    elif move == "slow":
        if body.rate_percent is None or body.rate_percent >= FULL_RATE:
            raise Refused(422, "How slow?", field="body.rate_percent", expected="1 to 99 percent of the ordered rate")
        session.rate_percent = body.rate_percent
        said = InfusionSlowed(**about, rate_percent=session.rate_percent, reason=body.reason, slowed_at=tx.now)
    elif move == "pause":
        said = InfusionPaused(**about, reason=body.reason, paused_at=tx.now)
    elif move == "resume":
        session.rate_percent = body.rate_percent or FULL_RATE
        session.phase = "SLOWED" if session.rate_percent < FULL_RATE else "INFUSING"
        said = InfusionResumed(**about, rate_percent=session.rate_percent, reason=body.reason, resumed_at=tx.now)
    else:
        session.ended_at = tx.now
        expect_discharge(tx, session)
        if move == "end":
            said = InfusionEnded(**about, ended_at=tx.now)
        else:
            said = InfusionStopped(**about, reason=_reason(body), stopped_at=tx.now)
    await adjust(tx, session)
    await store.note_move(tx, session, move, body.reason)
    await store.keep(tx, [session])
    tx.emit(said)
    tx.audit(f"{move} infusion", f"session {session_id}", reason=body.reason)
    return Moved(session_id=session_id, phase=session.phase, rate_percent=session.rate_percent)


@routes.post("/sessions/{session_id}/cancellation", dependencies=[needs("sessions.write")])
async def cancel(session_id: UUID, body: MoveRequest, tx: Command) -> Moved:
    """There will be no infusion in this session."""
    session = await held_session(tx, session_id)
    advance(session, "cancel")
    await close(session, "cancel", _reason(body), tx)
    tx.emit(SessionCancelled(session_id=session_id, chair=session.chair, reason=body.reason, actor=tx.actor, cancelled_at=tx.now))
    return Moved(session_id=session_id, phase=session.phase, rate_percent=session.rate_percent)


async def close(session: Session, move: Move, reason: str, tx: Command) -> None:
    """The session is over: nobody and nothing watches it any more."""
    await unwatch(tx, session)
    for device_id in await store.release_all(tx, session.session_id):
        tx.emit(DeviceReleased(device_id=device_id, session_id=session.session_id, chair=session.chair, released_at=tx.now))
    await store.note_move(tx, session, move, reason)
    await store.keep(tx, [session])
    tx.audit(move, f"session {session.session_id}", reason=reason)


def advance(session: Session, move: Move) -> None:
    """Bring a session to the phase a move leads to. Raises Refused, with the moves that are possible."""
    phase = after(session.phase, move)
    if phase is None:
        allowed = ", ".join(possible(session.phase)) or "nothing more"
        raise Refused(409, f"{move} is not possible", f"the session is {session.phase}", todo=f"possible now: {allowed}")
    session.phase = phase


def _reason(body: MoveRequest) -> str:
    if len(body.reason.strip()) < 3:
        raise Refused(422, "A reason is needed", field="body.reason", expected="why, in a few words")
    return body.reason


def _unknown(session_id: UUID) -> Refused:
    return Refused(404, "No such session", f"monitoring knows no session {session_id}", todo="list them first")


async def held_session(tx: Command, session_id: UUID) -> Session:
    """A session, held until the transaction ends. Raises Refused when there is none."""
    session = await store.hold(tx, session_id)
    if session is None:
        raise _unknown(session_id)
    return session


async def seen_session(tx: Command, session_id: UUID) -> Session:
    """A session, to be read. Raises Refused when there is none."""
    session = await store.see(tx, session_id)
    if session is None:
        raise _unknown(session_id)
    return session


async def _shown(session: Session, tx: Command) -> SessionShown:
    seen = [(code, value, datetime.fromisoformat(at)) for code, (value, at) in sorted(session.latest.items())]
    rows = queries.alarms(tx.db, session_id=session.session_id, everything=False)
    return SessionShown(
        session_id=session.session_id,
        patient_id=session.patient_id,
        appointment_id=session.appointment_id,
        chair=session.chair,
        phase=session.phase,
        opened_at=session.opened_at,
        started_at=session.started_at,
        ended_at=session.ended_at,
        rate_percent=session.rate_percent,
        vitals=[
            VitalShown(code=code, value=value, measured_at=at, age_seconds=(tx.now - at).total_seconds())
            for code, value, at in seen
        ],
        alarms=[AlarmShown.model_validate(dict(row)) async for row in rows],
    )
