"""Gates: what staff attest, whether the infusion may start, and whether the patient may go home."""

from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from kit.http import Caller, Command, Refused, Routes, needs
from schemas.monitoring.sessions import GateFact, SessionCleared, SessionHeld
from services.monitoring import store, tables
from services.monitoring.api.sessions import held_session
from services.monitoring.rules.gates import StartOutcome, judge_start
from services.monitoring.rules.phases import Phase

routes = Routes(tags=["gates"])
PROVIDER_FACT = "provider_start_decision"


class Attestation(BaseModel):
    """A fact that the caller states of their own knowledge."""

    model_config = ConfigDict(extra="forbid")

    fact: str
    met: bool
    detail: str = Field(default="", max_length=500)


class Attestations(BaseModel):
    """Facts."""

    model_config = ConfigDict(extra="forbid")

    attestations: Annotated[list[Attestation], Field(min_length=1, max_length=40)]


class StartJudged(BaseModel):
    """Whether the infusion may start. It advises; people start it."""

    outcome: StartOutcome
    phase: Phase
    facts: list[GateFact]
    rules_version: str
    evidence: str = "thresholds are defaults (D) of this product; see the gate's table"


@routes.post("/sessions/{session_id}/attestations", dependencies=[needs("sessions.write")], status_code=204)
async def attest(session_id: UUID, body: Attestations, tx: Command, caller: Caller) -> None:
    """State facts that no service emits. A provider's decision to start needs a provider's permission and a reason."""
    await held_session(tx, session_id)
    known = {row.id for row in (*tables.start_gate().attested, *tables.discharge_gate().attested)} | {PROVIDER_FACT}
    for place, stated in enumerate(body.attestations):
        if stated.fact not in known:
            raise Refused(
                422,
                "No gate asks for this fact",
                field=f"body.attestations.{place}.fact",
                expected=f"one of: {', '.join(sorted(known))}",
            )
        if stated.fact == PROVIDER_FACT and "orders.sign" not in caller.permissions:
            raise Refused(403, "Not allowed", "a decision to start despite a hold is a provider's", todo="ask the provider")
        if stated.fact == PROVIDER_FACT and len(stated.detail.strip()) < 10:
            raise Refused(422, "A reason is needed", field=f"body.attestations.{place}.detail", expected="why to start, in words")
    await store.attest(tx, session_id, [(s.fact, s.met, s.detail) for s in body.attestations])
    tx.audit("attest", f"session {session_id}")


@routes.post("/sessions/{session_id}/gate", dependencies=[needs("sessions.write")])
async def judge_start_gate(session_id: UUID, tx: Command) -> StartJudged:
    """Judge the start gate, and clear the session when it is passed."""
    session = await held_session(tx, session_id)
    if session.phase not in ("CHECKED_IN", "CLEARED"):
        raise Refused(409, "There is no start to judge", f"the session is {session.phase}")
    gate = tables.start_gate()
    since = tx.now - timedelta(minutes=gate.pressure.fresh_minutes)
    readings = await store.readings(tx, session_id, since)
    verdict = judge_start(gate, await store.said_about(tx, session), await store.attested(tx, session_id), readings, tx.now)
    cleared = verdict.outcome == "GO"
    session.phase = "CLEARED" if cleared else "CHECKED_IN"
    session.baseline = dict(verdict.baseline)
    await store.note_move(tx, session, "clear" if cleared else "hold", verdict.outcome)
    await store.keep(tx, [session])
    about: dict[str, Any] = {
        "session_id": session_id,
        "chair": session.chair,
        "facts": verdict.facts,
        "rules_version": gate.version,
        "actor": tx.actor,
    }
    if verdict.outcome == "GO":
        tx.emit(SessionCleared(**about, cleared_at=tx.now))
    else:
        tx.emit(SessionHeld(**about, outcome=verdict.outcome, held_at=tx.now))
    tx.audit("judge start gate", f"session {session_id}", reason=verdict.outcome)
    return StartJudged(outcome=verdict.outcome, phase=session.phase, facts=list(verdict.facts), rules_version=gate.version)
