"""Dead letters: records that could not be handled, kept in order, shown without their contents, and redriven on request."""

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import aiosql
import asyncpg

from kit import clock

if TYPE_CHECKING:
    from kit.db import Tx

queries: Any = aiosql.from_path(Path(__file__).parent / "sql" / "deadletters.sql", "asyncpg")


@dataclass(frozen=True)
class DeadLetter:
    """A record that could not be handled, as a hook and an operator see it: where it was and why, never what it held."""

    id: int
    consumer: str
    topic: str
    partition: int
    offset: int
    key: str
    event_id: UUID | None
    type: str | None
    source: str | None
    error: str
    waits_behind: bool
    """True when nothing is wrong with it but its place."""
    state: str
    arrived_at: datetime


@dataclass(frozen=True)
class Kept:
    """A dead letter with its record, for a redrive."""

    letter: DeadLetter
    headers: list[tuple[str, bytes]]
    payload: bytes | None


async def put(
    tx: "Tx",
    record: Any,
    topic: str,
    *,
    event_id: UUID | None,
    type: str | None,
    source: str | None,
    error: str,
    behind: bool,
    parks: bool,
) -> DeadLetter | None:
    """Keep a record. `parks` makes the later events of its key wait. Returns None when it is kept already."""
    key = key_of(record)
    state = "parked" if parks else "set aside"
    arrived = clock.wall()
    row = await queries.put(
        tx.db,
        topic=topic,
        partition=record.partition,
        offset=record.offset,
        key=key,
        event_id=event_id,
        type=type,
        source=source,
        headers=json.dumps([[name, value.decode("latin-1")] for name, value in record.headers]),
        payload=record.value,
        error=error,
        waits_behind=behind,
        state=state,
        arrived_at=arrived,
    )
    if parks:
        await queries.park(tx.db, topic=topic, key=key)
    if row is None:
        return None
    return DeadLetter(
        row["id"],
        tx.service,
        topic,
        record.partition,
        record.offset,
        key,
        event_id,
        type,
        source,
        error,
        behind,
        state,
        arrived,
    )


def key_of(record: Any) -> str:
    """The record's key as text; an absent one is empty."""
    return record.key.decode(errors="replace") if record.key else ""


async def parked(db: asyncpg.Connection, topic: str, keys: set[str]) -> set[str]:
    """Which of these keys wait. They are held until the transaction ends, so that a redrive cannot overtake."""
    return {row["key"] async for row in queries.parked(db, topic=topic, keys=sorted(keys))}


def letter_of(row: asyncpg.Record, consumer: str) -> DeadLetter:
    """A row as a letter."""
    return DeadLetter(
        row["id"],
        consumer,
        row["topic"],
        row["partition"],
        row["offset"],
        row["key"],
        row["event_id"],
        row["type"],
        row["source"],
        row["error"],
        row["waits_behind"],
        row["state"],
        row["arrived_at"],
    )


def kept_of(row: asyncpg.Record, consumer: str) -> Kept:
    """A row as a letter with its record."""
    headers = [(name, value.encode("latin-1")) for name, value in json.loads(row["headers"])]
    return Kept(letter_of(row, consumer), headers, row["payload"])


async def letters(
    db: asyncpg.Connection, consumer: str, topic: str | None = None, *, everything: bool = False
) -> list[DeadLetter]:
    """Open letters, or all, oldest first; at most 1,000."""
    return [letter_of(row, consumer) async for row in queries.letters(db, topic=topic, everything=everything)]


async def ask(
    db: asyncpg.Connection, *, topic: str | None, key: str | None, letter_id: int | None
) -> tuple[list[tuple[str, str]], list[int]]:
    """Ask for a redrive. Returns the parked keys and the letters set aside that will be tried again."""
    keys = (
        [] if letter_id is not None else [(row["topic"], row["key"]) async for row in queries.ask_keys(db, topic=topic, key=key)]
    )
    ids = [row["id"] async for row in queries.ask_letters(db, topic=topic, key=key, id=letter_id)]
    await db.execute("SELECT pg_notify('kit_redrive', '')")
    return keys, ids
