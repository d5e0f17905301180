"""Departure: a patient who leaves before the clinic lets them go, and the calls to whoever went home."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field, StrictBool

from kit.fields import Text
from kit.http import Command, Refused, Routes, needs
from schemas.monitoring.sessions import FollowUpCallMade, PatientLeftAgainstAdvice
from services.monitoring import tables
from services.monitoring.api.discharge import AFTER_INFUSION, Discharged, discharge_facts, driving
from services.monitoring.api.sessions import advance, close, held_session
from services.monitoring.moving import snapshot
from services.monitoring.rules.discharge import missing
from services.monitoring.rules.phases import INFUSION
from services.monitoring.rules.recovery_tables import Leaving
from services.monitoring.store import recovery
from services.monitoring.timers import expect_calls
from services.monitoring.timers.calls import FollowUpCall

routes = Routes(tags=["departure"])


class Departure(BaseModel):
    """Why the patient leaves, and whether the escort was called."""

    model_config = ConfigDict(extra="forbid")

    reason: Annotated[Text, Field(min_length=3, max_length=300)]
    escort_called: StrictBool


class Departed(Discharged):
    """The patient left, and what follows."""

    missing: list[str]
    """What of the discharge gate was not met, in words."""
    todo: list[str]
    """What is to be done now."""


class CallMade(BaseModel):
    """How a call went."""

    model_config = ConfigDict(extra="forbid")

    reached: StrictBool
    note: Annotated[Text, Field(max_length=1000)] = ""


class CallShown(BaseModel):
    """A call to somebody who went home."""

    model_config = ConfigDict(from_attributes=True)

    session_id: UUID
    number: int
    after_leaving: Leaving
    due_at: datetime
    attempts: int
    reached: bool
    called_by: str | None
    called_at: datetime | None


@routes.post("/sessions/{session_id}/departure", dependencies=[needs("sessions.write")])
async def leave(session_id: UUID, body: Departure, tx: Command) -> Departed:
    """The patient leaves against advice. A running infusion must be stopped first."""
    session = await held_session(tx, session_id)
    if session.phase in INFUSION:
        todo = f"stop it first: POST /sessions/{session_id}/infusion/stop; have the line taken out"
        raise Refused(409, "The infusion runs", f"the session is {session.phase}", todo=todo)
    treated = session.phase in AFTER_INFUSION
    advance(session, "leave")
    facts = await discharge_facts(session, tx, signer=tx.actor) if treated else ()
    lacking = tuple(fact for fact in facts if not fact.met)
    await close(session, "leave", body.reason, tx)
    until = driving(session, tx)
    calls = await expect_calls(tx, session, "departure")
    tx.emit(
        PatientLeftAgainstAdvice(
            session_id=session_id,
            patient_id=session.patient_id,
            chair=session.chair,
            reason=body.reason,
            escort_called=body.escort_called,
            missing=lacking,
            rules_version=tables.discharge_gate().version,
            no_drive_until=until,
            actor=tx.actor,
            left_at=tx.now,
            vitals=snapshot(session),
        )
    )
    return Departed(
        session_id=session_id,
        phase=session.phase,
        rate_percent=session.rate_percent,
        no_drive_until=until,
        calls_due=calls,
        missing=missing(lacking),
        todo=[] if body.escort_called else ["call the escort now"],
    )


@routes.get("/follow-up-calls", dependencies=[needs("sessions.read")])
async def list_calls(tx: Command, session_id: UUID | None = None, all: bool = False) -> list[CallShown]:
    """Calls still to be made, the soonest first, of a session or of all; those made too when asked."""
    return [CallShown.model_validate(call) for call in await recovery.calls(tx, session_id, everything=all)]


@routes.post("/sessions/{session_id}/follow-up-calls/{number}", dependencies=[needs("sessions.write")])
async def note_call(session_id: UUID, number: Annotated[int, Path(ge=1, le=99)], body: CallMade, tx: Command) -> CallShown:
    """Somebody called; the call stays open while nobody was reached. One made early is not asked for again."""
    session = await held_session(tx, session_id)
    call = await recovery.hold_call(tx, session_id, number)
    if call is None:
        raise Refused(404, "No such call", f"no call {number} is planned", todo="list the calls first")
    if call.reached:
        raise Refused(409, "The call was made", "somebody was reached already")
    await recovery.note_call(tx, session_id, number, body.reached, body.note)
    if body.reached:
        tx.disarm(FollowUpCall, key=f"{session_id}/{number}")
    tx.emit(
        FollowUpCallMade(
            session_id=session_id,
            chair=session.chair,
            number=number,
            reached=body.reached,
            actor=tx.actor,
            called_at=tx.now,
        )
    )
    tx.audit("call", f"session {session_id}, call {number}", reason="reached" if body.reached else "not reached")
    return CallShown.model_validate(await recovery.hold_call(tx, session_id, number))
