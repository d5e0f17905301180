"""Recovery: scores, re-screens, a provider's order of how long to stay, and the calls afterwards."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from kit.db import Tx
from services.monitoring.rules.discharge import Shortened
from services.monitoring.rules.recovery_tables import Leaving, RiskLevel
from services.monitoring.rules.rescreen import Rescreened
from services.monitoring.rules.scores import ScaleId, Scored
from services.monitoring.store.named import queries


@dataclass(frozen=True)
class KeptScore(Scored):
    """A score as it is kept, with its components and what the vital signs said of some."""

    components: dict[str, int]
    computed: dict[str, int]


@dataclass(frozen=True)
class KeptCall:
    """A call to somebody who went home."""

    session_id: UUID
    number: int
    after_leaving: Leaving
    due_at: datetime
    attempts: int
    reached: bool
    called_by: str | None
    called_at: datetime | None


async def keep_score(
    tx: Tx, session_id: UUID, scale: ScaleId, components: Mapping[str, int], computed: Mapping[str, int], version: str
) -> None:
    """Keep a score that the caller gave now."""
    await queries.keep_score(
        tx.db,
        session_id=session_id,
        scale=scale,
        components=json.dumps(components),
        computed=json.dumps(computed),
        total=sum(components.values()),
        table_version=version,
        scored_by=tx.actor,
        scored_at=tx.now,
    )


async def scores(tx: Tx, session_id: UUID) -> list[KeptScore]:
    """A session's scores, oldest first."""
    return [
        KeptScore(
            row["scale"],
            row["total"],
            row["scored_at"],
            row["scored_by"],
            json.loads(row["components"]),
            json.loads(row["computed"]),
        )
        async for row in queries.scores(tx.db, session_id=session_id)
    ]


async def keep_rescreen(
    tx: Tx, session_id: UUID, level: RiskLevel, answers: Mapping[str, Any] | None, reason: str, version: str
) -> None:
    """Keep a re-screen that the caller recorded now."""
    await queries.keep_rescreen(
        tx.db,
        session_id=session_id,
        level=level,
        answers=json.dumps(answers) if answers is not None else None,
        reason=reason,
        table_version=version,
        recorded_by=tx.actor,
        recorded_at=tx.now,
    )


async def rescreen(tx: Tx, session_id: UUID) -> Rescreened | None:
    """A session's latest re-screen."""
    row = await queries.rescreen(tx.db, session_id=session_id)
    return Rescreened(row["level"], row["recorded_by"], row["recorded_at"], row["signed_by"], row["signed_at"]) if row else None


async def sign_rescreen(tx: Tx, session_id: UUID) -> None:
    """The caller signs the latest re-screen."""
    row = await queries.rescreen(tx.db, session_id=session_id)
    await queries.sign_rescreen(tx.db, id=row["id"], signed_by=tx.actor, signed_at=tx.now)


async def order_recovery(tx: Tx, session_id: UUID, minutes: int, reason: str) -> None:
    """The caller orders how many minutes the patient stays at least."""
    await queries.order_recovery(
        tx.db, session_id=session_id, least_minutes=minutes, reason=reason, ordered_by=tx.actor, ordered_at=tx.now
    )


async def ordered_recovery(tx: Tx, session_id: UUID) -> Shortened | None:
    """How long the patient stays at least, where a provider ordered it."""
    row = await queries.ordered_recovery(tx.db, session_id=session_id)
    return Shortened(row["least_minutes"], row["reason"], row["ordered_by"], row["ordered_at"]) if row else None


async def expect_call(tx: Tx, session_id: UUID, number: int, leaving: Leaving, due_at: datetime) -> None:
    """Somebody who left is to be called."""
    await queries.expect_call(tx.db, session_id=session_id, number=number, after_leaving=leaving, due_at=due_at)


async def hold_call(tx: Tx, session_id: UUID, number: int) -> KeptCall | None:
    """A call, held until the transaction ends."""
    row = await queries.hold_call(tx.db, session_id=session_id, number=number)
    return KeptCall(**dict(row)) if row else None


async def calls(tx: Tx, session_id: UUID | None, *, everything: bool) -> list[KeptCall]:
    """Calls of a session or of all, the soonest first; those not done unless all are asked for."""
    rows = queries.calls(tx.db, session_id=session_id, everything=everything)
    return [KeptCall(**dict(row)) async for row in rows]


async def note_call(tx: Tx, session_id: UUID, number: int, reached: bool, note: str) -> None:
    """The caller called; done once they reached somebody."""
    await queries.note_call(
        tx.db, session_id=session_id, number=number, reached=reached, note=note, called_by=tx.actor, called_at=tx.now
    )
