"""Sessions: what is known of each, and how one ends without an infusion or in a hospital."""

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from kit.fields import Text
from kit.http import Command, Refused, Routes, needs
from schemas.monitoring.sessions import InfusionStopped, PatientTransferred, SessionCancelled
from services.monitoring import store
from services.monitoring.api.alarms import AlarmShown
from services.monitoring.moving import advance, close, snapshot
from services.monitoring.rules.infusion import FULL_RATE, PUMP_RATE, ends_at, pauses
from services.monitoring.rules.phases import INFUSION, Outcome, Phase
from services.monitoring.rules.units import Milligrams, Percent
from services.monitoring.store import Session, infusions, queries
from services.monitoring.timers.infusion import pause_over

__all__ = ["Moved", "Reason", "Why", "advance", "close", "finish", "held_session", "moved", "routes"]

routes = Routes(tags=["sessions"])


def _stripped(given: object) -> object:
    return given.strip() if isinstance(given, str) else given


Reason = Annotated[Text, BeforeValidator(_stripped), Field(min_length=3, max_length=300)]
"""Why, in a few words."""


class VitalShown(BaseModel):
    """The last value of a vital sign, and how old it is."""

    code: str
    value: float | None
    measured_at: datetime
    age_seconds: float


class InfusionShown(BaseModel):
    """What runs or ran, computed from the order and every change since: no pump was asked."""

    dose_mg: float
    duration_minutes: float
    concentration_mg_per_ml: float
    volume_ml: float
    rate_mg_per_minute: float
    """Now; 0 while paused and afterwards."""
    rate_ml_per_hour: float
    given_mg: float
    """By now: each rate for as long as it lasted, and the boluses."""
    pauses: int
    ends_at: datetime | None
    """When the dose is in if the rate stays as it is."""
    outcome: Outcome | None


class DeviceShown(BaseModel):
    """A device that watches, and how far what it says is behind."""

    device_id: str
    bound_at: datetime
    heard_at: datetime | None
    """When what it last said was measured, in watched phases."""
    behind_seconds: float | None
    """From measurement to arrival of its last reading: a clock that is wrong, or a way that is slow."""


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
    infusion: InfusionShown | None
    devices: list[DeviceShown]
    vitals: list[VitalShown]
    alarms: list[AlarmShown]


class Why(BaseModel):
    """Why."""

    model_config = ConfigDict(extra="forbid")

    reason: Reason


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


@routes.post("/sessions/{session_id}/cancellation", dependencies=[needs("sessions.write")])
async def cancel(session_id: UUID, body: Why, tx: Command) -> Moved:
    """There will be no infusion in this session."""
    session = await held_session(tx, session_id)
    advance(session, "cancel")
    await close(session, "cancel", body.reason, tx)
    tx.emit(
        SessionCancelled(
            session_id=session_id,
            chair=session.chair,
            reason=body.reason,
            actor=tx.actor,
            cancelled_at=tx.now,
            vitals=snapshot(session),
        )
    )
    return moved(session)


@routes.post("/sessions/{session_id}/transfer", dependencies=[needs("sessions.write")])
async def transfer(session_id: UUID, body: Why, tx: Command) -> Moved:
    """The patient is sent to a hospital. What runs is stopped."""
    session = await held_session(tx, session_id)
    running = session.phase in INFUSION
    advance(session, "transfer")
    about: dict[str, Any] = {
        "session_id": session_id,
        "chair": session.chair,
        "actor": tx.actor,
        "reason": body.reason,
        "vitals": snapshot(session),
    }
    if running:
        given_mg = await finish(tx, session, "STOPPED")
        await store.note_move(tx, session, "stop", body.reason)
        tx.emit(InfusionStopped(**about, given_mg=given_mg, stopped_at=tx.now))
    await close(session, "transfer", body.reason, tx)
    tx.emit(PatientTransferred(**about, patient_id=session.patient_id, transferred_at=tx.now))
    return moved(session)


async def finish(tx: Command, session: Session, outcome: Outcome) -> Milligrams | None:
    """Nothing runs any more. Returns what was given in all; None where the infusion was not kept."""
    session.ended_at = tx.now
    session.baseline[PUMP_RATE] = 0.0
    await pause_over(tx, session)
    infusion = await infusions.infusion(tx, session.session_id)
    if infusion is None:
        return None
    total = infusion.given(tx.now)
    await infusions.finish(tx, session.session_id, outcome, total)
    return total


def moved(session: Session) -> Moved:
    """Where a session is now."""
    return Moved(session_id=session.session_id, phase=session.phase, rate_percent=session.rate_percent)


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


def _unknown(session_id: UUID) -> Refused:
    return Refused(404, "No such session", f"monitoring knows no session {session_id}", todo="list them first")


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
        infusion=await _infusion_shown(session, tx) if session.started_at else None,
        devices=[_device_shown(session, bound) for bound in await store.bound_to(tx, session.session_id)],
        vitals=[
            VitalShown(code=code, value=value, measured_at=at, age_seconds=(tx.now - at).total_seconds())
            for code, value, at in seen
        ],
        alarms=[AlarmShown.model_validate(dict(row)) async for row in rows],
    )


def _device_shown(session: Session, bound: store.Binding) -> DeviceShown:
    heard = session.watch.conditions.heard.get(bound.device_id)
    return DeviceShown(
        device_id=bound.device_id,
        bound_at=bound.bound_at,
        heard_at=datetime.fromtimestamp(heard[0], UTC) if heard else None,
        behind_seconds=session.watch.behind.get(bound.device_id),
    )


async def _infusion_shown(session: Session, tx: Command) -> InfusionShown | None:
    infusion = await infusions.infusion(tx, session.session_id)
    if infusion is None:
        return None
    plan, over = infusion.plan, infusion.outcome is not None
    percent = Percent(0) if over else infusion.changes[-1].percent
    return InfusionShown(
        dose_mg=plan.dose,
        duration_minutes=plan.duration,
        concentration_mg_per_ml=plan.concentration,
        volume_ml=plan.volume,
        rate_mg_per_minute=plan.rate * percent / FULL_RATE,
        rate_ml_per_hour=plan.pump_rate(percent),
        given_mg=infusion.given(tx.now),
        pauses=pauses(infusion.changes),
        ends_at=None if over else ends_at(plan, infusion.changes, tx.now),
        outcome=infusion.outcome,
    )
