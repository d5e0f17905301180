"""Gates: what staff attest, what takes two of them, and whether the infusion may start."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from kit.fields import Number, Text
from kit.http import Caller, Command, Fault, Refused, Routes, needs
from schemas.monitoring.sessions import DoseChecked, SessionCleared, SessionHeld, TimeOutCompleted
from schemas.parts import GateFact
from services.monitoring import store, tables
from services.monitoring.api.sessions import held_session
from services.monitoring.moving import snapshot, starting
from services.monitoring.moving.resuming import PROVIDER_RESUME
from services.monitoring.rules import units
from services.monitoring.rules.gates import NEVER, PROVIDER_START, StartOutcome
from services.monitoring.rules.infusion import TWO, check_reason
from services.monitoring.rules.phases import Phase, after
from services.monitoring.store import infusions

routes = Routes(tags=["gates"])
PROVIDER_FACTS = (PROVIDER_START, PROVIDER_RESUME)
"""What a provider alone may state, with a reason."""


class Attestation(BaseModel):
    """A fact that the caller states of their own knowledge."""

    model_config = ConfigDict(extra="forbid")

    fact: str
    met: bool
    detail: Text = Field(default="", max_length=500)
    """Such as when the patient last ate, or who takes them home: kept here, and said to nobody."""


class Attestations(BaseModel):
    """Facts."""

    model_config = ConfigDict(extra="forbid")

    attestations: Annotated[list[Attestation], Field(min_length=1, max_length=40)]


class ItemShown(BaseModel):
    """An item of the checklist: what was stated, by whom, and how long ago."""

    id: str
    label: str
    hard: bool
    """Whether the infusion cannot start without it."""
    met: bool | None
    """Null while nobody has said."""
    source: str
    stated_at: datetime | None
    age_seconds: float | None
    detail: str
    clinical_source: str
    evidence: str


class DoseCheck(BaseModel):
    """What the caller computed from the order, without looking at anybody's result."""

    model_config = ConfigDict(extra="forbid")

    dose_mg: Annotated[Number, Field(gt=0, le=10_000)]
    rate_mg_per_minute: Annotated[Number, Field(gt=0, le=10_000)]


class Countersigned(BaseModel):
    """Who has said their part of what takes two."""

    complete: bool
    staff_ids: list[str]


class StartJudged(BaseModel):
    """Whether the infusion may start. It advises; people start it."""

    outcome: StartOutcome
    phase: Phase
    facts: list[GateFact]
    rules_version: str
    evidence: str = "thresholds are defaults (D) of this product; see the gate's table"


@routes.post("/sessions/{session_id}/attestations", dependencies=[needs("sessions.write")], status_code=204)
async def attest(session_id: UUID, body: Attestations, tx: Command, caller: Caller) -> None:
    """State facts that no service emits. A provider's decision needs a provider's permission and a reason."""
    await held_session(tx, session_id)
    known = {row.id for row in (*tables.start_gate().attested, *tables.discharge_gate().attested)} | set(PROVIDER_FACTS)
    for place, stated in enumerate(body.attestations):
        if stated.fact not in known:
            raise Refused(
                422,
                "No gate asks for this fact",
                field=f"body.attestations.{place}.fact",
                expected=f"one of: {', '.join(sorted(known))}",
            )
        if stated.fact in PROVIDER_FACTS and "orders.sign" not in caller.permissions:
            raise Refused(
                403, "Not allowed", "a decision to start or go on despite a hold is a provider's", todo="ask the provider"
            )
        if stated.fact in PROVIDER_FACTS and len(stated.detail.strip()) < 10:
            raise Refused(422, "A reason is needed", field=f"body.attestations.{place}.detail", expected="why, in words")
    await store.attest(tx, session_id, [(s.fact, s.met, s.detail) for s in body.attestations])
    tx.audit("attest", f"session {session_id}")


@routes.get("/sessions/{session_id}/checklist", dependencies=[needs("sessions.read")])
async def show_checklist(session_id: UUID, tx: Command) -> list[ItemShown]:
    """The checklist, with what staff stated of it in their own words."""
    if await store.see(tx, session_id) is None:
        raise Refused(404, "No such session", f"monitoring knows no session {session_id}", todo="list them first")
    attested = await store.attested(tx, session_id)
    shown = []
    for item in tables.start_gate().attested:
        said = attested.get(item.id)
        shown.append(
            ItemShown(
                id=item.id,
                label=item.label,
                hard=item.hard,
                met=said.met if said else None,
                source=f"attested by {said.by}" if said else NEVER,
                stated_at=said.at if said else None,
                age_seconds=(tx.now - said.at).total_seconds() if said else None,
                detail=said.detail if said else "",
                clinical_source=item.source,
                evidence=item.evidence,
            )
        )
    return shown


@routes.post("/sessions/{session_id}/gate", dependencies=[needs("sessions.write")])
async def judge_start_gate(session_id: UUID, tx: Command) -> StartJudged:
    """Judge the start gate, and clear the session when it is passed. Where it no longer holds, a time-out is void."""
    session = await held_session(tx, session_id)
    verdict = await starting.judge(tx, session)
    outcome = verdict.outcome
    phase = after(session.phase, "clear" if outcome == "GO" else "hold")
    if phase is None:
        raise Refused(409, "There is no start to judge", f"the session is {session.phase}")
    session.phase, session.baseline = phase, dict(verdict.baseline)
    await store.note_move(tx, session, "clear" if outcome == "GO" else "hold", outcome)
    await store.keep(tx, [session])
    about: dict[str, Any] = {
        "session_id": session_id,
        "chair": session.chair,
        "facts": verdict.facts,
        "rules_version": tables.start_gate().version,
        "actor": tx.actor,
        "reason": outcome,
        "vitals": snapshot(session),
    }
    if outcome == "GO":
        tx.emit(SessionCleared(**about, cleared_at=tx.now))
    else:
        await infusions.void(tx, session_id, "time_out")
        tx.emit(SessionHeld(**about, outcome=outcome, held_at=tx.now))
    tx.audit("judge start gate", f"session {session_id}", reason=outcome)
    facts, version = list(verdict.facts), tables.start_gate().version
    return StartJudged(outcome=outcome, phase=session.phase, facts=facts, rules_version=version)


@routes.post("/sessions/{session_id}/time-out", dependencies=[needs("sessions.write")])
async def confirm_time_out(session_id: UUID, tx: Command) -> Countersigned:
    """Confirm patient, drug and dose at the chair, once the gate is passed. Two different people must."""
    session = await held_session(tx, session_id)
    if session.phase != "CLEARED":
        raise Refused(409, "This is not the time for it", f"the session is {session.phase}", todo="pass the start gate first")
    await _countersign(tx, session_id, "time_out")
    staff = list(await infusions.countersigned(tx, session_id, "time_out"))
    if len(staff) == TWO:
        tx.emit(TimeOutCompleted(session_id=session_id, chair=session.chair, staff_ids=tuple(staff), completed_at=tx.now))
    return Countersigned(complete=len(staff) >= TWO, staff_ids=staff)


@routes.post("/sessions/{session_id}/dose-check", dependencies=[needs("sessions.write")])
async def check_dose(session_id: UUID, body: DoseCheck, tx: Command) -> Countersigned:
    """Say what you computed yourself from the order. A large dose needs two people who come to what was ordered."""
    session = await held_session(tx, session_id)
    if session.phase not in ("CHECKED_IN", "CLEARED"):
        raise Refused(409, "This is not the time for it", f"the session is {session.phase}")
    rule, order = tables.infusion().order, await store.order(tx, session.order_id)
    if order is None:
        raise Refused(409, "No order is known", "the order has not reached monitoring", todo="wait for it, or ask the prescriber")
    why = check_reason(rule, order, await infusions.previous_dose(tx, session))
    if not why:
        raise Refused(409, "No check is needed", "the dose is neither large nor much larger than the last one")
    speed, percent = units.rate(order.dose, order.duration), rule.tolerance_percent
    asked = (("dose_mg", body.dose_mg, order.dose), ("rate_mg_per_minute", body.rate_mg_per_minute, speed))
    faults = [
        Fault(field=f"body.{name}", expected=f"what the order says, give or take {percent:g} %")
        for name, said, expected in asked
        if not units.within(said, expected, percent)
    ]
    if faults:
        todo = "compute it again from the order; if it stays different, ask the prescriber before anything starts"
        raise Refused(422, "That is not what was ordered", todo=todo, faults=faults)
    await _countersign(tx, session_id, "dose_check")
    staff = list(await infusions.countersigned(tx, session_id, "dose_check"))
    if len(staff) == TWO:
        said = DoseChecked(
            session_id=session_id,
            chair=session.chair,
            staff_ids=tuple(staff),
            why=why,
            rules_version=tables.infusion().version,
            checked_at=tx.now,
        )
        tx.emit(said)
    return Countersigned(complete=len(staff) >= TWO, staff_ids=staff)


async def _countersign(tx: Command, session_id: UUID, what: infusions.Countersigned) -> None:
    """Keep the caller's part. Raises Refused when they have said it, because another person must say the other."""
    if not await infusions.countersign(tx, session_id, what):
        raise Refused(409, "You have said so already", "it takes two different people", todo="ask a colleague to do it too")
    tx.audit(what.replace("_", " "), f"session {session_id}")
