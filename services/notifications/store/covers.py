"""Covers and hand-overs: who does whose work."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from kit.db import Tx
from services.notifications.rules.covers import Cover
from services.notifications.store.named import queries


@dataclass(frozen=True)
class MadeCover:
    """A cover as it was made."""

    cover_id: UUID
    absent: str
    cover: str
    starts_at: datetime
    ends_at: datetime
    reason: str
    made_by: str
    made_at: datetime


async def make_cover(tx: Tx, cover: Cover, reason: str) -> None:
    """Somebody stands in for somebody."""
    await queries.make_cover(
        tx.db,
        cover_id=cover.cover_id,
        absent=cover.absent,
        cover=cover.cover,
        starts_at=cover.starts_at,
        ends_at=cover.ends_at,
        reason=reason,
        made_by=tx.actor,
        made_at=cover.made_at,
    )


async def covers(tx: Tx, since: datetime, until: datetime) -> list[MadeCover]:
    """Covers that share time with a period, in order of time; at most 1,000."""
    return [MadeCover(**dict(row)) async for row in queries.covers(tx.db, since=since, until=until)]


async def cover_of(tx: Tx, cover_id: UUID) -> MadeCover | None:
    """One cover; None also when it was ended before it began."""
    row = await queries.cover_of(tx.db, cover_id=cover_id)
    return MadeCover(**dict(row)) if row else None


async def end_cover(tx: Tx, cover_id: UUID) -> None:
    """The absent is back, or will not be absent."""
    await queries.end_cover(tx.db, cover_id=cover_id, at=tx.now)


async def hand_over(tx: Tx, assignment_id: UUID, from_staff: str, to_staff: str) -> None:
    """A chair has another nurse until its assignment ends."""
    await queries.hand_over(
        tx.db,
        assignment_id=assignment_id,
        from_staff=from_staff,
        to_staff=to_staff,
        made_by=tx.actor,
        handed_at=tx.now,
    )
