"""Audit: who did what to which record, a row in the same transaction, chained afterwards with a keyed hash."""

import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import aiosql
import asyncpg

from kit.clock import wall

queries: Any = aiosql.from_path(Path(__file__).parent / "sql" / "audit.sql", "asyncpg")


@dataclass(frozen=True, slots=True)
class Entry:
    """One deed."""

    actor: str
    action: str
    record: str
    reason: str


async def write(db: asyncpg.Connection, entries: Sequence[Entry], now: datetime) -> None:
    """Write deeds down, with the domain instant of the deed and the wall's instant of the writing."""
    await queries.write(
        db,
        actors=[entry.actor for entry in entries],
        actions=[entry.action for entry in entries],
        records=[entry.record for entry in entries],
        reasons=[entry.reason for entry in entries],
        done_at=now,
        written_at=wall(),
    )


async def chain(db: asyncpg.Connection, key: bytes, most: int = 500) -> int:
    """Chain rows not chained yet, in the order of their ids; one caller at a time. Returns how many.

    An id is drawn before its row is seen. Rows up to `settled` are chained: no transaction can still bring one below it.
    """
    settled = await queries.settled(db)
    async with db.transaction():
        await queries.alone(db)
        last = await queries.last_hash(db) or ""
        rows = [row async for row in queries.unchained(db, settled=settled or 0, most=most)]
        hashes = []
        for row in rows:
            last = link(key, last, row)
            hashes.append(last)
        await queries.bind(db, ids=[row["id"] for row in rows], hashes=hashes)
    return len(rows)


async def broken_links(db: asyncpg.Connection, key: bytes) -> list[int]:
    """The ids of chained rows whose hash is not what it must be: something was changed, added or removed before them."""
    broken, last = [], ""
    async for row in queries.chained(db):
        if row["hash"] != link(key, last, row):
            broken.append(row["id"])
        last = row["hash"]
    return broken


def link(key: bytes, last: str, row: asyncpg.Record) -> str:
    """A row's hash: keyed, over the one before it and all the row says."""
    said = [last, row["id"], row["actor"], row["action"], row["record"], row["reason"], row["done_at"].isoformat()]
    return hmac.new(key, json.dumps(said).encode(), hashlib.sha256).hexdigest()
