"""The watchers' proofs of life."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from kit.db import Tx
from services.auditor.rules.beats import Beat, Keeper
from services.auditor.store.named import queries


async def note(tx: Tx, keeper: Keeper, *, kept_at: datetime, said_at: datetime, open_high: Iterable[UUID]) -> None:
    """A watcher lives, and names the high alarms it knows of."""
    await queries.note_beat(tx.db, keeper=keeper, kept_at=kept_at, said_at=said_at, open_high=sorted(open_high))
    await queries.forget_beats(tx.db, keeper=keeper)


async def of(tx: Tx, keeper: Keeper) -> list[Beat]:
    """Its last beats, at most two, the older first."""
    return [
        Beat(row["kept_at"], row["said_at"], frozenset(row["open_high"])) async for row in queries.beats(tx.db, keeper=keeper)
    ]


async def listen(tx: Tx, wall: datetime, gap: timedelta) -> datetime:
    """We listen now. Since when we have, without a gap: what was silent while we were away was not silent to us."""
    row = await queries.listen(tx.db, wall=wall, gap=gap)
    since: datetime = row["since"]
    return since
