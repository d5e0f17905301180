"""The audit chain: every deed once, whatever order transactions commit in; and what was changed afterwards is found."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import asyncpg
import pytest

from kit import audit
from kit.audit import Entry
from kit.migrate import migrate
from kit.outbox import LEADER_LOCK

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
KEY = b"a key of the clinic's own"


@pytest.fixture
async def connect(database: str) -> AsyncIterator[list[asyncpg.Connection]]:
    await migrate(None, database)
    connections = [await asyncpg.connect(database) for _ in range(3)]
    yield connections
    for connection in connections:
        await connection.close()


def deeds(count: int, actor: str = "nurse-1") -> list[Entry]:
    return [Entry(actor, "read", f"patient {number}", "") for number in range(count)]


async def waiting(db: asyncpg.Connection) -> None:
    while not await db.fetchval("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"):
        await asyncio.sleep(0.01)


async def test_deeds_are_chained_once_in_steps(connect: list[asyncpg.Connection]) -> None:
    db = connect[0]
    await audit.write(db, deeds(7), NOW)
    assert [await audit.chain(db, KEY, most=3) for _ in range(4)] == [3, 3, 1, 0]
    assert await audit.broken_links(db, KEY) == []
    assert await db.fetchval("SELECT count(DISTINCT hash) FROM kit.audit") == 7


async def test_a_deed_whose_transaction_commits_late_is_chained_in_its_place(connect: list[asyncpg.Connection]) -> None:
    late, quick, chainer = connect
    transaction = late.transaction()
    await transaction.start()
    await audit.write(late, deeds(1, "late"), NOW)
    await audit.write(quick, deeds(1, "quick"), NOW)
    async with asyncio.timeout(10):
        chaining = asyncio.create_task(audit.chain(chainer, KEY))
        await waiting(quick)
        await transaction.commit()
        assert await chaining == 2
    assert [row["actor"] for row in await quick.fetch("SELECT actor FROM kit.audit ORDER BY id")] == ["late", "quick"]
    assert await audit.broken_links(quick, KEY) == []


async def test_a_deed_that_overtakes_another_after_the_chainer_looked_waits_for_it(
    connect: list[asyncpg.Connection], monkeypatch: pytest.MonkeyPatch
) -> None:
    late, quick, chainer = connect
    transaction, settled = late.transaction(), audit.queries.settled

    async def looked(db: asyncpg.Connection) -> int:
        found: int = await settled(db)
        await transaction.start()
        await audit.write(late, deeds(1, "late"), NOW)
        await audit.write(quick, deeds(1, "quick"), NOW)
        return found

    await audit.write(quick, deeds(1, "first"), NOW)
    monkeypatch.setattr(audit.queries, "settled", looked)
    assert await audit.chain(chainer, KEY) == 1
    monkeypatch.undo()
    await transaction.commit()
    assert await audit.chain(chainer, KEY) == 2
    assert await audit.broken_links(quick, KEY) == []


async def test_two_chainers_and_many_writers_make_one_chain(connect: list[asyncpg.Connection]) -> None:
    writer, one, two = connect

    async def write() -> None:
        for _ in range(40):
            async with writer.transaction():
                await audit.write(writer, deeds(2), NOW)

    async def chain(db: asyncpg.Connection) -> None:
        while await one_count(db) < 80:
            await audit.chain(db, KEY, most=5)

    async def one_count(db: asyncpg.Connection) -> int:
        return int(await db.fetchval("SELECT count(*) FROM kit.audit WHERE hash IS NOT NULL"))

    async with asyncio.timeout(30):
        await asyncio.gather(write(), chain(one), chain(two))
    assert await audit.broken_links(writer, KEY) == []


async def test_neither_writers_nor_the_chainer_wait_for_the_relays_leader(connect: list[asyncpg.Connection]) -> None:
    leader, writer, chainer = connect
    await leader.execute("SELECT pg_advisory_lock($1)", LEADER_LOCK)
    async with asyncio.timeout(5):
        await audit.write(writer, deeds(1), NOW)
        assert await audit.chain(chainer, KEY) == 1


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE kit.audit SET actor = 'nobody' WHERE id = 2",
        "UPDATE kit.audit SET reason = 'other' WHERE id = 2",
        "DELETE FROM kit.audit WHERE id = 2",
        "UPDATE kit.audit SET hash = 'x' WHERE id = 2",
    ],
)
async def test_what_was_changed_afterwards_is_found(connect: list[asyncpg.Connection], change: str) -> None:
    db = connect[0]
    await audit.write(db, deeds(4), NOW)
    await audit.chain(db, KEY)
    await db.execute(change)
    assert await audit.broken_links(db, KEY) != []


async def test_without_the_key_a_chain_cannot_be_forged(connect: list[asyncpg.Connection]) -> None:
    db = connect[0]
    await audit.write(db, deeds(2), NOW)
    await audit.chain(db, b"another key")
    assert await audit.broken_links(db, KEY) == [1, 2]
