"""The infusion: start it, slow, pause, resume, give a bolus, end it or stop it."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from kit.fields import Number, Text, WholeNumber
from kit.http import Caller, Command, Refused, Routes, needs
from schemas.event import Event
from schemas.monitoring.sessions import (
    BolusGiven,
    InfusionEnded,
    InfusionPaused,
    InfusionResumed,
    InfusionSlowed,
    InfusionStarted,
    InfusionStopped,
)
from services.monitoring import store, tables
from services.monitoring.api.sessions import Moved, Why, finish, held_session, moved
from services.monitoring.moving import advance, resuming, snapshot, starting
from services.monitoring.rules.infusion import (
    FULL_RATE,
    PUMP_RATE,
    PUMP_VOLUME,
    Change,
    Plan,
    most_at_once,
    pauses,
)
from services.monitoring.rules.phases import Move
from services.monitoring.rules.units import MgPerMl, Milligrams, Percent
from services.monitoring.store import Session, infusions
from services.monitoring.store.infusions import Infusion
from services.monitoring.timers import adjust, expect_discharge, watch
from services.monitoring.timers.infusion import pause_over, paused

routes = Routes(tags=["infusion"])
Amount = Annotated[Number, Field(gt=0, le=10_000)]


class Start(BaseModel):
    """How the drug was drawn up, and what the pump is set to."""

    model_config = ConfigDict(extra="forbid")

    concentration_mg_per_ml: Amount | None = None
    """The table's usual one where not given."""
    rate_ml_per_hour: Amount | None = None
    """What the pump shows, to be compared with what the order asks."""
    reason: Text = Field(default="", max_length=300)


class Slow(Why):
    """At what part of the ordered rate, and why."""

    rate_percent: Annotated[WholeNumber, Field(ge=1, le=99)]


class Resume(BaseModel):
    """At what part of the ordered rate, and why."""

    model_config = ConfigDict(extra="forbid")

    rate_percent: Annotated[WholeNumber, Field(ge=1, le=100)] = 100
    reason: Text = Field(default="", max_length=300)


class Bolus(Why):
    """How much at once, and why."""

    mg: Amount


class End(BaseModel):
    """The dose is in; a reason may be said."""

    model_config = ConfigDict(extra="forbid")

    reason: Text = Field(default="", max_length=300)


@routes.post("/sessions/{session_id}/infusion/start", dependencies=[needs("sessions.write")])
async def start(session_id: UUID, body: Start, tx: Command) -> Moved:
    """Start the infusion. The gate is judged again, as of now; two people must have confirmed the time-out."""
    session = await held_session(tx, session_id)
    advance(session, "start")
    session.baseline = await starting.ready(tx, session)
    order = await store.order(tx, session.order_id)
    assert order is not None, "the gate asks for the order"
    rule = tables.infusion()
    plan = Plan(order.dose, order.duration, MgPerMl(body.concentration_mg_per_ml or rule.concentration.default_mg_per_ml))
    starting.check_drawn_up(plan, body.rate_ml_per_hour)
    session.started_at, session.duration_minutes = tx.now, round(order.duration)
    session.baseline |= {PUMP_RATE: plan.pump_rate(), PUMP_VOLUME: plan.volume}
    await infusions.begin(tx, session, plan)
    await watch(tx, session, indication=order.indication or "")
    said = InfusionStarted(
        **_about(session, tx, body.reason),
        dose_mg=plan.dose,
        rate_mg_per_minute=plan.rate,
        duration_minutes=round(plan.duration),
        concentration_mg_per_ml=plan.concentration,
        rate_ml_per_hour=plan.pump_rate(),
        volume_ml=plan.volume,
        started_at=tx.now,
    )
    return await _moved(tx, session, "start", said, body.reason)


@routes.post("/sessions/{session_id}/infusion/slow", dependencies=[needs("sessions.write")])
async def slow(session_id: UUID, body: Slow, tx: Command) -> Moved:
    """Let it run at a smaller part of the ordered rate."""
    session = await held_session(tx, session_id)
    before = session.rate_percent
    advance(session, "slow")
    if body.rate_percent >= before:
        raise Refused(
            422, "That is not slower", field="body.rate_percent", expected=f"below {before} percent; to go faster, resume"
        )
    await _runs_at(tx, session, body.rate_percent)
    said = InfusionSlowed(**_about(session, tx, body.reason), rate_percent=session.rate_percent, slowed_at=tx.now)
    return await _moved(tx, session, "slow", said, body.reason)


@routes.post("/sessions/{session_id}/infusion/pause", dependencies=[needs("sessions.write")])
async def pause(session_id: UUID, body: Why, tx: Command) -> Moved:
    """Hold the drug for now. How often and for how long is watched."""
    session = await held_session(tx, session_id)
    advance(session, "pause")
    rule = tables.infusion().resume
    for_pressure = any(priority in rule.priorities for priority in await resuming.pressure_alarms(tx, session))
    infusion = await _changed(tx, session, Change(tx.now, Percent(0), for_pressure=for_pressure))
    await paused(tx, session, 1 + pauses(infusion.changes) if infusion else 1)
    said = InfusionPaused(**_about(session, tx, body.reason), paused_at=tx.now)
    return await _moved(tx, session, "pause", said, body.reason)


@routes.post("/sessions/{session_id}/infusion/resume", dependencies=[needs("sessions.write")])
async def resume(session_id: UUID, body: Resume, tx: Command, caller: Caller) -> Moved:
    """Let it run again, or faster. After a pause for pressure there are conditions, unless a provider says why not."""
    session = await held_session(tx, session_id)
    advance(session, "resume")
    if "orders.sign" not in caller.permissions or not body.reason.strip():
        why = await resuming.why_not(tx, session, body.rate_percent)
        if why:
            todo = "meet these, or ask a provider, who may resume with a reason"
            raise Refused(409, "It was paused for blood pressure", "; ".join(why), todo=todo)
    await pause_over(tx, session)
    await _runs_at(tx, session, body.rate_percent)
    if session.rate_percent < FULL_RATE:
        session.phase = "SLOWED"
    said = InfusionResumed(**_about(session, tx, body.reason), rate_percent=session.rate_percent, resumed_at=tx.now)
    return await _moved(tx, session, "resume", said, body.reason)


@routes.post("/sessions/{session_id}/infusion/bolus", dependencies=[needs("sessions.write")])
async def bolus(session_id: UUID, body: Bolus, tx: Command) -> Moved:
    """Give a part of the ordered dose at once; for orders against pain."""
    session = await held_session(tx, session_id)
    advance(session, "bolus")
    rule = tables.infusion().bolus
    order = await store.order(tx, session.order_id)
    infusion = await infusions.infusion(tx, session_id)
    if order is None or infusion is None or order.weight is None or order.indication not in rule.indications:
        raise Refused(
            409, "No bolus here", "boluses are for orders against pain, with a dosing weight", todo="ask the prescriber"
        )
    before = infusion.given(tx.now)
    most = most_at_once(rule, order.weight, infusion.plan, before)
    if body.mg > most:
        limits = f"{rule.most_mg_per_kg:g} mg/kg at once, and never more than the dose ordered"
        raise Refused(422, "Too much at once", field="body.mg", expected=f"at most {most:.2f} mg now: {limits}")
    await infusions.change(tx, session_id, Change(tx.now, Percent(session.rate_percent), Milligrams(body.mg)))
    said = BolusGiven(**_about(session, tx, body.reason), mg=body.mg, given_mg=before + body.mg, given_at=tx.now)
    return await _moved(tx, session, "bolus", said, body.reason)


@routes.post("/sessions/{session_id}/infusion/end", dependencies=[needs("sessions.write")])
async def end(session_id: UUID, body: End, tx: Command) -> Moved:
    """The dose is in."""
    session = await held_session(tx, session_id)
    advance(session, "end")
    total = await finish(tx, session, "ENDED")
    said = InfusionEnded(**_about(session, tx, body.reason), given_mg=total, ended_at=tx.now)
    return await _moved(tx, session, "end", said, body.reason)


@routes.post("/sessions/{session_id}/infusion/stop", dependencies=[needs("sessions.write")])
async def stop(session_id: UUID, body: Why, tx: Command) -> Moved:
    """Stop it for good: it cannot be resumed."""
    session = await held_session(tx, session_id)
    advance(session, "stop")
    total = await finish(tx, session, "STOPPED")
    said = InfusionStopped(**_about(session, tx, body.reason), given_mg=total, stopped_at=tx.now)
    return await _moved(tx, session, "stop", said, body.reason)


async def _runs_at(tx: Command, session: Session, percent: int) -> None:
    session.rate_percent = percent
    await _changed(tx, session, Change(tx.now, Percent(percent)))


async def _changed(tx: Command, session: Session, change: Change) -> Infusion | None:
    """Keep a change, and what the pump should say from now on. Returns the infusion as it was before."""
    infusion = await infusions.infusion(tx, session.session_id)
    if infusion is not None:
        await infusions.change(tx, session.session_id, change)
        session.baseline[PUMP_RATE] = infusion.plan.pump_rate(change.percent)
    return infusion


def _about(session: Session, tx: Command, reason: str) -> dict[str, Any]:
    return {
        "session_id": session.session_id,
        "chair": session.chair,
        "actor": tx.actor,
        "reason": reason,
        "vitals": snapshot(session),
    }


async def _moved(tx: Command, session: Session, move: Move, said: Event, reason: str) -> Moved:
    """Record a move and say it; what the alarm engine expects from now on follows."""
    await adjust(tx, session)
    if session.ended_at is not None:
        expect_discharge(tx, session)
    await store.note_move(tx, session, move, reason)
    await store.keep(tx, [session])
    tx.emit(said)
    tx.audit(f"{move} infusion", f"session {session.session_id}", reason=reason)
    return moved(session)
