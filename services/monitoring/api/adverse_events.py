"""Adverse events: recorded, amended with a reason, and never changed."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from kit.fields import Instant, Number, Text, WholeNumber
from kit.http import Command, Fault, Refused, Routes, needs
from schemas.monitoring.adverse_events import (
    AdverseEventAmended,
    AdverseEventDetail,
    AdverseEventRecorded,
    Criterion,
    OnsetPhase,
    Related,
    SeriousAdverseEventDeclared,
)
from services.monitoring import store, tables
from services.monitoring.api.sentinels import flag
from services.monitoring.rules.adverse import AdverseCatalogue, Stated, faults, phase_at, triggers
from services.monitoring.store import Session, adverse

routes = Routes(tags=["adverse events"])
Words = Annotated[Text, Field(max_length=1000)]
Pressure = Annotated[Number, Field(gt=0, le=400)]


class AdverseEventRequest(BaseModel):
    """What happened. A row of the catalogue or your own words; a grade of CTCAE v5.0."""

    model_config = ConfigDict(extra="forbid")

    onset: Instant
    term: str | None = Field(default=None, max_length=60)
    local_term: Annotated[Text, Field(max_length=200)] = ""
    ctcae_grade: Annotated[WholeNumber, Field(ge=1, le=5)] | None = None
    related: Related
    serious: bool
    criteria: Annotated[list[Criterion], Field(max_length=6)] = []
    expected: bool
    treated: bool = False
    sustained_hours: Annotated[Number, Field(ge=0, le=10_000)] | None = None
    peak_systolic: Pressure | None = None
    peak_diastolic: Pressure | None = None
    action: Words = ""
    outcome: str = Field(max_length=60)
    sentinel: Annotated[list[str], Field(max_length=8)] = []
    """Triggers of the catalogue that people must name."""


class Amendment(AdverseEventRequest):
    """What happened, told anew and whole, and why it is told anew."""

    reason: Annotated[Text, Field(min_length=5, max_length=500)]


class AdverseEventShown(BaseModel):
    """An adverse event, or a version of one."""

    adverse_event_id: UUID
    version: int
    session_id: UUID
    session_phase: OnsetPhase
    record: dict[str, Any]
    report_to: list[str]
    """Where to report it, when it is serious."""
    catalogue_version: str
    reason: str
    reporter: str
    recorded_at: datetime


@routes.get("/adverse-event-catalogue", dependencies=[needs("sessions.read")])
async def show_catalogue() -> AdverseCatalogue:
    """Terms, grades, criteria, outcomes and triggers, each with its source and evidence."""
    return tables.adverse_events()


@routes.get("/sessions/{session_id}/adverse-events", dependencies=[needs("sessions.read")])
async def list_adverse_events(session_id: UUID, tx: Command) -> list[AdverseEventShown]:
    """The adverse events of a session as they stand, oldest first."""
    await _session(session_id, tx)
    return [_shown(said) for said in await adverse.of_session(tx, session_id)]


@routes.get("/adverse-events/{adverse_event_id}", dependencies=[needs("sessions.read")])
async def show_versions(adverse_event_id: UUID, tx: Command) -> list[AdverseEventShown]:
    """All versions of an adverse event, oldest first."""
    return [_shown(said) for said in await _versions(adverse_event_id, tx)]


@routes.post("/sessions/{session_id}/adverse-events", dependencies=[needs("sessions.write")], status_code=201)
async def record_adverse_event(session_id: UUID, body: AdverseEventRequest, tx: Command) -> AdverseEventShown:
    """Record an adverse event of a session, also after the patient went home."""
    session = await _session(session_id, tx)
    said = await _say(session, body, tx, adverse_event_id=tx.new_id(), version=1, reason="")
    tx.emit(AdverseEventRecorded(**_about(said), reporter=tx.actor, recorded_at=tx.now))
    await _tell(said, body, tx)
    tx.audit("record adverse event", f"adverse event {said.adverse_event_id}")
    return _shown(said)


@routes.post("/adverse-events/{adverse_event_id}/amendments", dependencies=[needs("sessions.write")], status_code=201)
async def amend_adverse_event(adverse_event_id: UUID, body: Amendment, tx: Command) -> AdverseEventShown:
    """Tell an adverse event anew, whole and with a reason; what was said before is kept."""
    session_id = (await _versions(adverse_event_id, tx))[0].session_id
    session = await store.hold(tx, session_id)
    if session is None:
        raise _unknown(session_id)
    last = (await _versions(adverse_event_id, tx))[-1]
    said = await _say(session, body, tx, adverse_event_id=adverse_event_id, version=last.version + 1, reason=body.reason)
    tx.emit(AdverseEventAmended(**_about(said), version=said.version, actor=tx.actor, amended_at=tx.now))
    await _tell(said, body, tx, already=last.body["criteria"])
    tx.audit("amend adverse event", f"adverse event {adverse_event_id}")
    return _shown(said)


async def _say(
    session: Session, body: AdverseEventRequest, tx: Command, *, adverse_event_id: UUID, version: int, reason: str
) -> adverse.Said:
    rows = tables.adverse_events()
    found = faults(_stated(body), rows, tx.now)
    if found:
        told = [Fault(field=f"body.{field}", expected=expected) for field, expected in found]
        raise Refused(422, "The record is not as it must be", "nothing was recorded", faults=told)
    left = await adverse.left_at(tx, session)
    said = adverse.Said(
        adverse_event_id=adverse_event_id,
        version=version,
        session_id=session.session_id,
        patient_id=session.patient_id,
        body=body.model_dump(mode="json", exclude={"reason"}),
        session_phase=phase_at(body.onset, session.started_at, session.ended_at, left),
        catalogue_version=rows.version,
        reason=reason,
        actor=tx.actor,
        recorded_at=tx.now,
    )
    await adverse.say(tx, said)
    return said


async def _tell(said: adverse.Said, body: AdverseEventRequest, tx: Command, *, already: list[str] | None = None) -> None:
    """Say that it is serious, when that is news, and flag what must be reviewed."""
    if body.serious and set(body.criteria) - set(already or []):
        tx.emit(
            SeriousAdverseEventDeclared(
                adverse_event_id=said.adverse_event_id,
                session_id=said.session_id,
                patient_id=said.patient_id,
                criteria=tuple(body.criteria),
                report_to=tuple(_report_to()),
                catalogue_version=said.catalogue_version,
                actor=tx.actor,
                declared_at=tx.now,
            )
        )
    for trigger in triggers(_stated(body), tables.adverse_events()):
        await flag(tx, trigger, said.session_id, said.adverse_event_id)


def _stated(body: AdverseEventRequest) -> Stated:
    return Stated(
        onset=body.onset,
        term=body.term,
        local_term=body.local_term,
        grade=body.ctcae_grade,
        serious=body.serious,
        criteria=body.criteria,
        outcome=body.outcome,
        treated=body.treated,
        sustained_hours=body.sustained_hours,
        peak_known=body.peak_systolic is not None and body.peak_diastolic is not None,
        triggers=body.sentinel,
    )


def _about(said: adverse.Said) -> dict[str, Any]:
    about = {name: said.body[name] for name in ("onset", "related", "serious", "expected")}
    return about | {
        "adverse_event_id": said.adverse_event_id,
        "session_id": said.session_id,
        "patient_id": said.patient_id,
        "session_phase": said.session_phase,
        "detail": AdverseEventDetail.model_validate(said.body),
        "catalogue_version": said.catalogue_version,
    }


def _shown(said: adverse.Said) -> AdverseEventShown:
    return AdverseEventShown(
        adverse_event_id=said.adverse_event_id,
        version=said.version,
        session_id=said.session_id,
        session_phase=said.session_phase,
        record=said.body,
        report_to=_report_to() if said.body["serious"] else [],
        catalogue_version=said.catalogue_version,
        reason=said.reason,
        reporter=said.actor,
        recorded_at=said.recorded_at,
    )


def _report_to() -> list[str]:
    return [row.text for row in tables.adverse_events().report]


async def _session(session_id: UUID, tx: Command) -> Session:
    session = await store.see(tx, session_id)
    if session is None:
        raise _unknown(session_id)
    return session


async def _versions(adverse_event_id: UUID, tx: Command) -> list[adverse.Said]:
    found = await adverse.versions(tx, adverse_event_id)
    if not found:
        raise Refused(404, "No such adverse event", f"monitoring knows no adverse event {adverse_event_id}")
    return found


def _unknown(session_id: UUID) -> Refused:
    return Refused(404, "No such session", f"monitoring knows no session {session_id}")
