"""Going home: the discharge gate, and the discharge that somebody signs."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from kit.http import Caller, Command, Refused, Routes, needs
from schemas.monitoring.sessions import DischargeJudged, PatientDischarged
from schemas.parts import GateFact
from services.monitoring import store, tables
from services.monitoring.api.sessions import Moved, advance, close, held_session, seen_session
from services.monitoring.moving import snapshot
from services.monitoring.rules.aftercare import no_drive_until
from services.monitoring.rules.discharge import Known, Unexplained, judge_discharge, missing
from services.monitoring.rules.limits import LATCHING
from services.monitoring.rules.phases import Phase
from services.monitoring.settings import zone_of
from services.monitoring.store import ledger, queries, recovery
from services.monitoring.timers import expect_calls, expect_discharge
from services.monitoring.timers.stay import MAX_STAY

routes = Routes(tags=["discharge"])
SIGNS = "sessions.write"
"""Who may discharge, and so sign: providers and nurses."""
AFTER_INFUSION: tuple[Phase, ...] = ("RECOVERY", "DISCHARGE_READY")


class DischargeAnswer(BaseModel):
    """Whether the patient may go home. It advises; people discharge."""

    ready: bool
    phase: Phase
    missing: list[str]
    """What is not met, in words."""
    facts: list[GateFact]
    no_drive_until: datetime | None
    """Earliest instant for driving, in the clinic's time zone."""
    rules_version: str
    evidence: str = "thresholds are defaults (D) of this product where no source is looked up; see the gate's table"


class Discharged(Moved):
    """The patient went home, and what follows."""

    no_drive_until: datetime | None
    """Earliest instant for driving, in the clinic's time zone; tell patient and escort."""
    calls_due: list[datetime]


@routes.get("/sessions/{session_id}/discharge-gate", dependencies=[needs("sessions.read")])
async def show_discharge_gate(session_id: UUID, tx: Command, caller: Caller) -> DischargeAnswer:
    """What the discharge gate would find now. Nothing moves."""
    session = await seen_session(tx, session_id)
    _must_be_judgeable(session)
    signer = caller.subject if SIGNS in caller.permissions else None
    return _answer(session, await discharge_facts(session, tx, signer=signer), tx)


@routes.post("/sessions/{session_id}/discharge-gate", dependencies=[needs(SIGNS)])
async def judge_discharge_gate(session_id: UUID, tx: Command) -> DischargeAnswer:
    """Judge whether the patient may go home."""
    session = await held_session(tx, session_id)
    _must_be_judgeable(session)
    facts = await discharge_facts(session, tx, signer=tx.actor)
    ready = all(fact.met for fact in facts)
    session.phase = "DISCHARGE_READY" if ready else "RECOVERY"
    if not ready:
        expect_discharge(tx, session)
    await store.note_move(tx, session, "judge discharge", "ready" if ready else "not ready")
    await store.keep(tx, [session])
    answer = _answer(session, facts, tx)
    tx.emit(
        DischargeJudged(
            session_id=session_id,
            chair=session.chair,
            ready=ready,
            facts=facts,
            rules_version=answer.rules_version,
            actor=tx.actor,
            judged_at=tx.now,
            vitals=snapshot(session),
        )
    )
    tx.audit("judge discharge gate", f"session {session_id}", reason="ready" if ready else "not ready")
    return answer


@routes.post("/sessions/{session_id}/discharge", dependencies=[needs(SIGNS)])
async def discharge(session_id: UUID, tx: Command) -> Discharged:
    """The patient goes home; the caller signs. What has changed since the gate was judged counts."""
    session = await held_session(tx, session_id)
    advance(session, "discharge")
    lacking = missing(await discharge_facts(session, tx, signer=tx.actor))
    if lacking:
        raise Refused(409, "The discharge gate no longer holds", f"not met: {'; '.join(lacking)}", todo="judge the gate again")
    await close(session, "discharge", "", tx)
    until = driving(session, tx)
    calls = await expect_calls(tx, session, "discharge")
    tx.emit(
        PatientDischarged(
            session_id=session_id,
            patient_id=session.patient_id,
            chair=session.chair,
            actor=tx.actor,
            discharged_at=tx.now,
            no_drive_until=until,
            vitals=snapshot(session),
        )
    )
    return Discharged(
        session_id=session_id, phase=session.phase, rate_percent=session.rate_percent, no_drive_until=until, calls_due=calls
    )


async def discharge_facts(session: store.Session, tx: Command, *, signer: str | None) -> tuple[GateFact, ...]:
    """What the discharge gate finds of a session."""
    alarms = [row async for row in queries.alarms(tx.db, session_id=session.session_id, everything=True)]
    known = Known(
        ended_at=session.ended_at,
        now=tx.now,
        baseline=session.baseline,
        attested=await store.attested(tx, session.session_id),
        readings=await store.readings(tx, session.session_id, session.ended_at or tx.now),
        scores=await recovery.scores(tx, session.session_id),
        rescreen=await recovery.rescreen(tx, session.session_id),
        drug=Unexplained((await ledger.reconciliation(tx, session.session_id)).missing, tx.now),
        shortened=await recovery.ordered_recovery(tx, session.session_id),
        open_alarms=[row["code"] for row in alarms if _needs_somebody(row)],
        unresolved=[row["code"] for row in alarms if row["highest"] in LATCHING and row["resolution"] is None],
        signer=signer,
    )
    return judge_discharge(tables.discharge_gate(), tables.scores(), known)


def driving(session: store.Session, tx: Command) -> datetime | None:
    """Until when there is no driving; None where no infusion ended."""
    return no_drive_until(tables.discharge_gate().driving, session.ended_at, zone_of(tx)) if session.ended_at else None


def _needs_somebody(row: Any) -> bool:
    """Is it a high or emergency alarm that is open. That of the long stay ends by going: it only needs an answer."""
    answered = row["code"] == MAX_STAY and row["acknowledged"] == row["priority"]
    return row["ended_at"] is None and row["priority"] in LATCHING and not answered


def _must_be_judgeable(session: store.Session) -> None:
    if session.phase not in AFTER_INFUSION:
        raise Refused(409, "There is no discharge to judge", f"the session is {session.phase}")


def _answer(session: store.Session, facts: tuple[GateFact, ...], tx: Command) -> DischargeAnswer:
    return DischargeAnswer(
        ready=all(fact.met for fact in facts),
        phase=session.phase,
        missing=missing(facts),
        facts=list(facts),
        no_drive_until=driving(session, tx),
        rules_version=tables.discharge_gate().version,
    )
