"""Inbox: an event that was handled is not handled again, however often it comes."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

import aiosql
import asyncpg

from kit import clock
from schemas.event import Envelope

queries: Any = aiosql.from_path(Path(__file__).parent / "sql" / "inbox.sql", "asyncpg")


async def receive(db: asyncpg.Connection, topic: str, ids: list[UUID]) -> set[UUID]:
    """Take events in; returns those that were not handled before. A transaction that holds the same id is waited for."""
    unique = sorted(set(ids))
    rows = queries.receive(db, ids=unique, topics=[topic] * len(unique), received_at=clock.wall())
    return {row["event_id"] async for row in rows}


async def notice(db: asyncpg.Connection, topic: str, envelopes: Iterable[Envelope]) -> tuple[int, int]:
    """Note sequence numbers. Returns (gaps, steps back) seen: they are counted and shown, and decide nothing."""
    numbered = [e for e in envelopes if e.sequence]
    if not numbered:
        return 0, 0
    rows = queries.notice(
        db, topics=[topic] * len(numbered), keys=[e.subject for e in numbered], sequences=[e.sequence for e in numbered]
    )
    last: dict[str, int] = {row["key"]: row["last"] async for row in rows}
    gaps = back = 0
    for envelope in numbered:
        before = last.get(envelope.subject)
        if before is not None:
            gaps += envelope.sequence > before + 1
            back += envelope.sequence <= before
        last[envelope.subject] = max(envelope.sequence, before or 0)
    return gaps, back


async def reach_all(db: asyncpg.Connection, topic: str, reached: Mapping[int, int]) -> None:
    """Note how far each partition was handled: the next offset by partition."""
    partitions = sorted(reached)
    await queries.reach_all(db, topic=topic, partitions=partitions, next_offsets=[reached[number] for number in partitions])
