"""What the alarm engine was told, and from where it may begin again."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from kit.db import Tx
from schemas.monitoring.alarms import Priority
from services.monitoring.rules.conditions import Conditions
from services.monitoring.rules.inputs import Answered, Input, Override, Reading, Released, Setting, from_json, to_json
from services.monitoring.rules.watch import History, Watch
from services.monitoring.store.named import queries

CONTINUOUS, MANUAL = "continuous", "manual"
INPUTS = ("Setting", "Answered", "Released")
FRESH = datetime(1900, 1, 1, tzinfo=UTC)
CHECKPOINT_EVERY = 30.0
"""Seconds of measured time between checkpoints: what a late reading makes the engine fold again, besides its lateness."""


@dataclass(frozen=True)
class Told:
    """Something the engine was told besides readings: an input, or what only the alarms' course knows."""

    kind: str
    at: datetime
    body: dict[str, Any]


def told(given: Setting | Answered | Released, limits: str) -> Told:
    """An input as it is logged, with the version of the limits it met."""
    return Told(type(given).__name__, datetime.fromtimestamp(given.at, UTC), {**to_json(given), "limits": limits})


async def note_inputs(tx: Tx, session_id: UUID, applied: int, found: Sequence[Told]) -> None:
    """Log what the engine was told."""
    await queries.note_inputs(
        tx.db,
        session_id=session_id,
        applied=applied,
        kinds=[one.kind for one in found],
        ats=[one.at for one in found],
        taken_at=tx.now,
        bodies=[json.dumps(one.body) for one in found],
    )


async def history(tx: Tx, session_id: UUID, before: float, upto: int) -> History:
    """What the engine took in since the last checkpoint before an instant (seconds since the epoch), up to an arrival."""
    row = await queries.checkpoint(tx.db, session_id=session_id, before=before)
    at, applied, state = (row["at"], row["applied"], json.loads(row["state"])) if row else (None, 0, {})
    since = datetime.fromtimestamp(at, UTC) if at is not None else FRESH
    logged = queries.inputs_taken(tx.db, session_id=session_id, applied=applied)
    inputs: list[Input] = [
        from_json(one["kind"], one["at"].timestamp(), json.loads(one["body"])) async for one in logged if one["kind"] in INPUTS
    ]
    read = queries.readings_taken(tx.db, session_id=session_id, since=since, applied=applied, upto=upto)
    return History(Conditions.from_json(state), [*inputs, *[reading_of(one) async for one in read]])


def reading_of(row: Any) -> Reading:
    """A kept reading as the engine takes it."""
    values = dict(sorted(json.loads(row["values"]).items()))
    method = row["method"]
    return Reading(row["measured_at"].timestamp(), row["device_id"], values, method == CONTINUOUS, method == MANUAL)


async def begin_again(tx: Tx, session_id: UUID, since: float) -> None:
    """Checkpoints since an instant are not true any more."""
    await queries.drop_checkpoints(tx.db, session_id=session_id, since=since)


async def save_checkpoints(tx: Tx, found: Iterable[tuple[UUID, Watch]]) -> None:
    """Save the conditions of sessions whose last checkpoint is old enough."""
    due: list[tuple[UUID, float, int, str]] = []
    for session_id, watch in found:
        at = max(watch.conditions.place[0], watch.conditions.ticked)
        if watch.conditions.stage is not None and at - watch.saved >= CHECKPOINT_EVERY:
            watch.saved = at
            due.append((session_id, at, watch.applied, json.dumps(watch.conditions.to_json())))
    if due:
        ids, ats, applied, states = (list(column) for column in zip(*due, strict=True))
        await queries.save_checkpoints(tx.db, ids=ids, ats=ats, applied=applied, states=states)


# --- a patient's own limits ---


@dataclass(frozen=True)
class PatientLimit:
    """A limit of one patient's own."""

    limit_id: UUID
    alarm: str
    priority: Priority
    marks: dict[str, float]
    author: str
    reason: str
    written_at: datetime
    expires_at: datetime
    withdrawn_at: datetime | None
    withdrawn_by: str | None


async def limits_of(tx: Tx, patient_id: UUID, *, everything: bool = False) -> list[PatientLimit]:
    """A patient's own limits, oldest first: those in force, or all there ever were."""
    rows = queries.limits_of(tx.db, patient_id=patient_id, now=tx.now, everything=everything)
    return [PatientLimit(**{**dict(row), "marks": json.loads(row["marks"])}) async for row in rows]


async def overrides_of(tx: Tx, patient_id: UUID) -> tuple[Override, ...]:
    """A patient's limits in force, as the engine takes them; of two for the same the later one."""
    found = {(one.alarm, one.priority): one for one in await limits_of(tx, patient_id)}
    return tuple(Override(o.alarm, o.priority, tuple(o.marks.items()), o.expires_at.timestamp()) for o in found.values())


async def write_limit(tx: Tx, patient_id: UUID, limit: PatientLimit) -> None:
    """Keep a limit of one patient's own."""
    await queries.write_limit(
        tx.db,
        limit_id=limit.limit_id,
        patient_id=patient_id,
        alarm=limit.alarm,
        priority=limit.priority,
        marks=json.dumps(limit.marks),
        author=limit.author,
        reason=limit.reason,
        written_at=limit.written_at,
        expires_at=limit.expires_at,
    )


async def withdraw_limit(tx: Tx, patient_id: UUID, limit_id: UUID) -> bool:
    """Take a limit back. False when there is none in force."""
    row = await queries.withdraw_limit(
        tx.db, limit_id=limit_id, patient_id=patient_id, withdrawn_at=tx.now, withdrawn_by=tx.actor
    )
    return row is not None
