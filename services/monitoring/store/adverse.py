"""Adverse events, every version of them, and what must be reviewed."""

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from kit.db import Tx
from schemas.monitoring.adverse_events import OnsetPhase, SentinelFlagged
from services.monitoring.rules.adverse import Due
from services.monitoring.store.named import queries
from services.monitoring.store.sessions import Session


@dataclass(frozen=True)
class Said:
    """A version of what was said about an adverse event."""

    adverse_event_id: UUID
    version: int
    session_id: UUID
    patient_id: UUID
    body: dict[str, Any]
    session_phase: OnsetPhase
    catalogue_version: str
    reason: str
    """Why it was amended; empty in the first version."""
    actor: str
    recorded_at: datetime


@dataclass(frozen=True)
class Sentinel:
    """What must be reviewed, and by when."""

    sentinel_id: UUID
    trigger: str
    session_id: UUID | None
    cause_id: UUID
    incident_case_due: datetime
    first_review_due: datetime
    analysis_due: date | None
    flagged_by: str
    flagged_at: datetime


def _said(row: Any) -> Said:
    return Said(**dict(row) | {"body": json.loads(row["body"])})


async def say(tx: Tx, said: Said) -> None:
    """Keep a version, for good."""
    await queries.say_adverse_event(tx.db, **vars(said) | {"body": json.dumps(said.body)})


async def versions(tx: Tx, adverse_event_id: UUID) -> list[Said]:
    """All versions of an adverse event, oldest first."""
    return [_said(row) async for row in queries.adverse_event(tx.db, adverse_event_id=adverse_event_id)]


async def of_session(tx: Tx, session_id: UUID) -> list[Said]:
    """The adverse events of a session as they stand."""
    return [_said(row) async for row in queries.adverse_events(tx.db, session_id=session_id)]


async def left_at(tx: Tx, session: Session) -> datetime | None:
    """When the patient went home."""
    left: datetime | None = await queries.left_at(tx.db, session_id=session.session_id)
    return left


async def flag(tx: Tx, trigger: str, session_id: UUID | None, cause_id: UUID, due: Due, version: str) -> SentinelFlagged | None:
    """Flag what must be reviewed; None when this cause fired the trigger before."""
    fresh = Sentinel(
        tx.new_id(), trigger, session_id, cause_id, due.incident_case, due.first_review, due.analysis, tx.actor, tx.now
    )
    if await queries.flag_sentinel(tx.db, **vars(fresh)) is None:
        return None
    about = {name: value for name, value in vars(fresh).items() if name != "flagged_by"}
    return SentinelFlagged(**about, actor=tx.actor, catalogue_version=version)


async def sentinels(tx: Tx, session_id: UUID | None) -> list[Sentinel]:
    """What must be reviewed, of a session or of all, newest first."""
    return [Sentinel(**dict(row)) async for row in queries.sentinels(tx.db, session_id=session_id)]
