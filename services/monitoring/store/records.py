"""A session's record, as it was kept: what was measured, told, answered and decided."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from kit.db import Tx
from services.monitoring.store.named import queries
from services.monitoring.store.sessions import Session

MARGIN = timedelta(days=1)
"""Before a session opened and after now: beyond these no reading of it can be measured, so no other day is searched."""
Place = tuple[datetime, str, str]
"""A reading's place in the list: when it was measured, by which device, which codes."""
Row = dict[str, Any]


@dataclass(frozen=True)
class Over:
    """A session that is over."""

    session_id: UUID
    chair: int
    phase: str
    opened_at: datetime
    started_at: datetime | None
    ended_at: datetime | None


async def over(tx: Tx, since: datetime, after: UUID, until: datetime, phases: Sequence[str], most: int) -> list[Over]:
    """Sessions that are over, opened in a period, after a place in the list."""
    rows = queries.sessions_over(tx.db, since=since, after=after, until=until, phases=list(phases), most=most)
    return [Over(**dict(row)) async for row in rows]


async def notes(tx: Tx, session_id: UUID) -> list[Row]:
    """What the engine was told besides readings, in the order of arrival."""
    rows = queries.inputs_taken(tx.db, session_id=session_id, applied=0)
    return [{**dict(row), "body": json.loads(row["body"])} async for row in rows]


async def moves(tx: Tx, session_id: UUID) -> list[Row]:
    """How it moved."""
    return [dict(row) async for row in queries.recorded_moves(tx.db, session_id=session_id)]


async def alarms(tx: Tx, session_id: UUID) -> list[Row]:
    """Its alarms, each with its answers."""
    answers: dict[UUID, list[Row]] = {}
    async for row in queries.recorded_answers(tx.db, session_id=session_id):
        answer = dict(row)
        answers.setdefault(answer.pop("alarm_id"), []).append(answer)
    rows = queries.recorded_alarms(tx.db, session_id=session_id)
    return [{**dict(row), "answers": answers.get(row["alarm_id"], [])} async for row in rows]


async def readings(tx: Tx, session: Session, after: Place | None, most: int) -> list[Row]:
    """Its readings, in the order they were measured, after a place in the list."""
    measured_at, device_id, codes = after or (None, None, None)
    rows = queries.recorded_readings(
        tx.db,
        session_id=session.session_id,
        since=measured_at or session.opened_at - MARGIN,
        until=tx.now + MARGIN,
        measured_at=measured_at,
        device_id=device_id,
        codes=codes,
        most=most,
    )
    return [
        {**dict(row), "values": json.loads(row["values"]), "set_aside": json.loads(row["set_aside"] or "{}")}
        async for row in rows
    ]
