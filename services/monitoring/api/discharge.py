"""Going home: the discharge gate, and the discharge that somebody signs."""

from uuid import UUID

from pydantic import BaseModel

from kit.http import Command, Refused, Routes, needs
from schemas.monitoring.sessions import DischargeJudged, GateFact, PatientDischarged
from services.monitoring import store, tables
from services.monitoring.api.sessions import Moved, advance, close, held_session
from services.monitoring.rules.discharge import judge_discharge
from services.monitoring.rules.phases import Phase
from services.monitoring.store import queries

routes = Routes(tags=["discharge"])


class DischargeAnswer(BaseModel):
    """Whether the patient may go home."""

    ready: bool
    phase: Phase
    facts: list[GateFact]
    rules_version: str


@routes.post("/sessions/{session_id}/discharge-gate", dependencies=[needs("sessions.write")])
async def judge_discharge_gate(session_id: UUID, tx: Command) -> DischargeAnswer:
    """Judge whether the patient may go home."""
    session = await held_session(tx, session_id)
    if session.phase not in ("RECOVERY", "DISCHARGE_READY"):
        raise Refused(409, "There is no discharge to judge", f"the session is {session.phase}")
    facts, version = await _discharge_facts(session, tx), tables.discharge_gate().version
    ready = all(fact.met for fact in facts)
    session.phase = "DISCHARGE_READY" if ready else "RECOVERY"
    await store.note_move(tx, session, "judge discharge", "ready" if ready else "not ready")
    await store.keep(tx, [session])
    tx.emit(
        DischargeJudged(
            session_id=session_id,
            chair=session.chair,
            ready=ready,
            facts=facts,
            rules_version=version,
            actor=tx.actor,
            judged_at=tx.now,
        )
    )
    tx.audit("judge discharge gate", f"session {session_id}", reason="ready" if ready else "not ready")
    return DischargeAnswer(ready=ready, phase=session.phase, facts=list(facts), rules_version=version)


@routes.post("/sessions/{session_id}/discharge", dependencies=[needs("sessions.write")])
async def discharge(session_id: UUID, tx: Command) -> Moved:
    """The patient goes home; the caller signs. What has changed since the gate was judged counts."""
    session = await held_session(tx, session_id)
    advance(session, "discharge")
    missing = [fact.id for fact in await _discharge_facts(session, tx) if not fact.met]
    if missing:
        raise Refused(409, "The discharge gate no longer holds", f"not met: {', '.join(missing)}", todo="judge the gate again")
    await close(session, "discharge", "", tx)
    tx.emit(
        PatientDischarged(
            session_id=session_id, patient_id=session.patient_id, chair=session.chair, actor=tx.actor, discharged_at=tx.now
        )
    )
    return Moved(session_id=session_id, phase=session.phase, rate_percent=session.rate_percent)


async def _discharge_facts(session: store.Session, tx: Command) -> tuple[GateFact, ...]:
    gate = tables.discharge_gate()
    readings = await store.readings(tx, session.session_id, session.ended_at or tx.now)
    latched = [
        row["code"]
        async for row in queries.alarms(tx.db, session_id=session.session_id, everything=False)
        if row["priority"] in ("high", "emergency")
    ]
    stated = await store.attested(tx, session.session_id)
    return judge_discharge(gate, session.ended_at, session.baseline, stated, readings, latched, tx.now)
