"""Tests of channels: what was tried out, and what became of it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from kit.db import Tx
from services.notifications.rules.channels import Medium
from services.notifications.store.named import queries


@dataclass(frozen=True)
class ChannelTest:
    """A channel that was tried out. Its place is counted from 1, as people count."""

    job_id: UUID
    place: int
    channel: Medium
    outcome: str
    asked_at: datetime
    settled_at: datetime | None


async def begin(tx: Tx, job_id: UUID, staff_id: str, place: int, channel: Medium) -> None:
    """A channel is tried out."""
    await queries.begin_test(tx.db, job_id=job_id, staff_id=staff_id, place=place, channel=channel, asked_at=tx.now)


async def settle(tx: Tx, job_id: UUID, outcome: str) -> None:
    """What became of it."""
    await queries.settle_test(tx.db, job_id=job_id, outcome=outcome, settled_at=tx.now)


async def is_test(tx: Tx, job_id: UUID) -> bool:
    """Whether a job tried out a channel."""
    return bool(await queries.is_test(tx.db, job_id=job_id))


async def forget(tx: Tx, before: datetime) -> None:
    """Nobody asks about a test after so long."""
    await queries.forget_tests(tx.db, before=before)


async def of(tx: Tx, staff_id: str) -> list[ChannelTest]:
    """A person's last tests, newest first."""
    return [ChannelTest(**dict(row)) async for row in queries.tests_of(tx.db, staff_id=staff_id)]
