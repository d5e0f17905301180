"""Records: all that is kept of a session, for whoever plays it again. Reading one is audited, so it is a command."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from kit.fields import Instant, Text, WholeNumber
from kit.http import Command, Refused, Routes, needs
from schemas.monitoring.alarms import Priority
from services.monitoring import store, tables
from services.monitoring.rules.phases import OVER
from services.monitoring.store import Session, engine, infusions, records

routes = Routes(tags=["records"])
MOST_SESSIONS = 500
MOST_READINGS = 5000
FIRST = UUID(int=0)


class SessionListed(BaseModel):
    """A session that is over."""

    model_config = ConfigDict(from_attributes=True)

    session_id: UUID
    chair: int
    phase: str
    opened_at: datetime
    started_at: datetime | None
    ended_at: datetime | None


class SessionsListed(BaseModel):
    """Sessions, the first first. Where `more`, ask again with `since` and `after` of the last one."""

    sessions: list[SessionListed]
    more: bool


class Place(BaseModel):
    """The last reading of a page."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)

    measured_at: Instant
    device_id: Text
    codes: Text


class RecordAsked(BaseModel):
    """Which page: without `after` the first, which also holds everything that is no reading."""

    model_config = ConfigDict(extra="forbid")

    after: Place | None = None
    most: Annotated[WholeNumber, Field(ge=1, le=MOST_READINGS)] = MOST_READINGS


class ReadingRecorded(BaseModel):
    """A reading: its values by code (null is a probe that is off), and by code why others were set aside."""

    device_id: str
    measured_at: datetime
    codes: str
    received_at: datetime
    method: str
    late: bool
    simulated: bool
    values: dict[str, float | None]
    set_aside: dict[str, str]
    applied: int | None
    """The number of its arrival in the engine; null where it was not judged."""
    taken_at: datetime | None


class NoteRecorded(BaseModel):
    """What the engine was told besides readings."""

    applied: int
    kind: str
    at: datetime
    taken_at: datetime
    body: dict[str, Any]


class MoveRecorded(BaseModel):
    """Who moved the session, when and why."""

    move: str
    actor: str
    reason: str
    moved_at: datetime


class AnswerRecorded(BaseModel):
    """Who answered an alarm, at which priority."""

    priority: Priority
    answered_by: str
    via: str
    answered_at: datetime


class AlarmRecorded(BaseModel):
    """An alarm as it stands or stood."""

    alarm_id: UUID
    code: str
    cause: str
    priority: Priority
    highest: Priority
    confirmed: bool
    title: str
    advice: str
    detail: str
    late: bool
    count: int
    limits_version: str
    raised_at: datetime
    cleared_at: datetime | None
    artefact: bool
    ended_at: datetime | None
    resolution: str | None
    resolved_by: str | None
    resolved_at: datetime | None
    answers: list[AnswerRecorded]


class LimitRecorded(BaseModel):
    """A limit of this patient's own."""

    model_config = ConfigDict(from_attributes=True)

    alarm: str
    priority: Priority
    marks: dict[str, float]
    author: str
    reason: str
    written_at: datetime
    expires_at: datetime
    withdrawn_at: datetime | None
    withdrawn_by: str | None


class ChangeRecorded(BaseModel):
    """From when on the infusion ran at which part of the ordered rate, and what was given at once."""

    model_config = ConfigDict(from_attributes=True)

    at: datetime
    percent: int
    bolus: float


class InfusionRecorded(BaseModel):
    """What was drawn up, and each change: mg, minutes, mg/mL."""

    dose_mg: float
    duration_minutes: float
    concentration_mg_per_ml: float
    changes: list[ChangeRecorded]


class Head(BaseModel):
    """All that is no reading, as of one instant."""

    session: SessionListed
    patient_id: UUID
    baseline: dict[str, float]
    applied: int
    """Arrivals so far. Readings of later ones belong to no page of this record."""
    limits_version: str
    """What the service judges by now; notes and alarms say what they were judged by."""
    recorded_at: datetime
    infusion: InfusionRecorded | None
    moves: list[MoveRecorded]
    notes: list[NoteRecorded]
    alarms: list[AlarmRecorded]
    patient_limits: list[LimitRecorded]


class RecordPage(BaseModel):
    """A page of a record: readings in the order they were measured."""

    head: Head | None
    readings: list[ReadingRecorded]
    next: Place | None
    """What to send as `after` for the next page; null on the last."""


@routes.get("/records", dependencies=[needs("sessions.record")])
async def list_records(
    tx: Command,
    since: Instant,
    until: Instant,
    after: UUID = FIRST,
    most: Annotated[int, Field(ge=1, le=MOST_SESSIONS)] = MOST_SESSIONS,
) -> SessionsListed:
    """Sessions that are over and were opened in a period, without what was measured."""
    found = await records.over(tx, since, after, until, OVER, most + 1)
    return SessionsListed(sessions=[SessionListed.model_validate(one) for one in found[:most]], more=len(found) > most)


@routes.post("/sessions/{session_id}/record", dependencies=[needs("sessions.record")])
async def read_record(session_id: UUID, body: RecordAsked, tx: Command) -> RecordPage:
    """A page of a session's record: everything that is kept, to be played again. Each reading of it is audited."""
    session = await store.see(tx, session_id)
    if session is None:
        raise Refused(404, "No such session", f"monitoring knows no session {session_id}")
    after = (body.after.measured_at, body.after.device_id, body.after.codes) if body.after else None
    found = await records.readings(tx, session, after, body.most + 1)
    page = [ReadingRecorded.model_validate(row) for row in found[: body.most]]
    tx.audit("read record", f"session {session_id}", reason=f"after {body.after.measured_at.isoformat()}" if body.after else "")
    return RecordPage(
        head=await _head(session, tx) if body.after is None else None,
        readings=page,
        next=Place.model_validate(page[-1]) if len(found) > body.most else None,
    )


def _infusion(found: infusions.Infusion) -> InfusionRecorded:
    return InfusionRecorded(
        dose_mg=found.plan.dose,
        duration_minutes=found.plan.duration,
        concentration_mg_per_ml=found.plan.concentration,
        changes=[ChangeRecorded.model_validate(one) for one in found.changes],
    )


async def _head(session: Session, tx: Command) -> Head:
    infusion = await infusions.infusion(tx, session.session_id)
    return Head(
        session=SessionListed.model_validate(session, from_attributes=True),
        patient_id=session.patient_id,
        baseline=session.baseline,
        applied=session.watch.applied,
        limits_version=tables.engine().version,
        recorded_at=tx.now,
        infusion=_infusion(infusion) if infusion else None,
        moves=[MoveRecorded(**row) for row in await records.moves(tx, session.session_id)],
        notes=[NoteRecorded(**row) for row in await records.notes(tx, session.session_id)],
        alarms=[AlarmRecorded(**row) for row in await records.alarms(tx, session.session_id)],
        patient_limits=[
            LimitRecorded.model_validate(one) for one in await engine.limits_of(tx, session.patient_id, everything=True)
        ],
    )
