"""Sessions as they stand, and how they moved."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from kit.db import Tx
from services.monitoring.rules.gates import Attested
from services.monitoring.rules.phases import Phase
from services.monitoring.rules.watch import Watch
from services.monitoring.store.asjson import from_json, text
from services.monitoring.store.engine import save_checkpoints
from services.monitoring.store.named import queries


@dataclass
class Session:
    """A session as it stands. What a handler changes of it is kept by `keep`."""

    session_id: UUID
    patient_id: UUID
    appointment_id: UUID
    order_id: UUID
    chair: int
    phase: Phase
    opened_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    duration_minutes: int | None
    rate_percent: int
    baseline: dict[str, float]
    watch: Watch
    latest: dict[str, tuple[float | None, str]] = field(default_factory=dict)
    """The last value of each code, and when: an ISO instant in UTC with microseconds, so that texts compare as instants do."""


def _session(row: Any) -> Session:
    kept = dict(row)
    kept["baseline"] = from_json(row["baseline"])
    kept["watch"] = Watch.from_json(from_json(kept.pop("engine")))
    kept["latest"] = {code: (value, at) for code, (value, at) in from_json(row["latest"]).items()}
    return Session(**kept)


async def open_session(tx: Tx, session_id: UUID, patient_id: UUID, appointment_id: UUID, order_id: UUID, chair: int) -> bool:
    """Open a session. False when its appointment has one."""
    opened = await queries.open_session(
        tx.db,
        session_id=session_id,
        patient_id=patient_id,
        appointment_id=appointment_id,
        order_id=order_id,
        chair=chair,
        opened_at=tx.now,
    )
    return opened is not None


async def session_of(tx: Tx, appointment_id: UUID) -> UUID | None:
    """The session of an appointment."""
    found: UUID | None = await queries.session_of(tx.db, appointment_id=appointment_id)
    return found


async def hold(tx: Tx, session_id: UUID) -> Session | None:
    """A session, held until the transaction ends."""
    row = await queries.hold_session(tx.db, session_id=session_id)
    return _session(row) if row else None


async def see(tx: Tx, session_id: UUID) -> Session | None:
    """A session, to be read."""
    row = await queries.see_session(tx.db, session_id=session_id)
    return _session(row) if row else None


async def see_all(tx: Tx) -> list[Session]:
    """The sessions that are not over."""
    return [_session(row) async for row in queries.see_sessions(tx.db)]


async def hold_many(tx: Tx, ids: Iterable[UUID]) -> dict[UUID, Session]:
    """Sessions, held in order."""
    return {row["session_id"]: _session(row) async for row in queries.hold_sessions(tx.db, ids=sorted(ids))}


async def keep(tx: Tx, sessions: Sequence[Session]) -> None:
    """Keep what changed of sessions."""
    await save_checkpoints(tx, ((s.session_id, s.watch) for s in sessions))
    await queries.keep_sessions(
        tx.db,
        ids=[s.session_id for s in sessions],
        phases=[s.phase for s in sessions],
        starts=[s.started_at for s in sessions],
        ends=[s.ended_at for s in sessions],
        durations=[s.duration_minutes for s in sessions],
        rates=[s.rate_percent for s in sessions],
        baselines=[text(s.baseline) for s in sessions],
        engines=[text(s.watch.to_json()) for s in sessions],
        latests=[text(s.latest) for s in sessions],
    )


async def note_move(tx: Tx, session: Session, move: str, reason: str) -> None:
    """Write down who moved a session, why, and the vital signs of that moment."""
    await queries.note_move(
        tx.db,
        session_id=session.session_id,
        move=move,
        actor=tx.actor,
        reason=reason,
        vitals=text(session.latest),
        moved_at=tx.now,
    )


async def moved_for(tx: Tx, session_id: UUID, move: str, reason: str) -> datetime | None:
    """When a session was last moved so for this reason; None where it never was."""
    at: datetime | None = await queries.moved_for(tx.db, session_id=session_id, move=move, reason=reason)
    return at


async def attest(tx: Tx, session_id: UUID, stated: Sequence[tuple[str, bool, str]]) -> None:
    """Keep what a member of staff stated: (fact, met, detail)."""
    facts, mets, details = (list(column) for column in zip(*stated, strict=True))
    await queries.attest(
        tx.db, session_id=session_id, facts=facts, mets=mets, details=details, stated_by=tx.actor, stated_at=tx.now
    )


async def attested(tx: Tx, session_id: UUID) -> dict[str, Attested]:
    """What was stated about a session."""
    rows = queries.attested(tx.db, session_id=session_id)
    return {r["fact"]: Attested(r["fact"], r["met"], r["stated_by"], r["stated_at"], r["detail"]) async for r in rows}
