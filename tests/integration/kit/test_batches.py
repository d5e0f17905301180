"""What one poll brings of a topic, handled in one transaction on a real PostgreSQL, and apart where that cannot be."""

from collections.abc import AsyncIterator, Sequence
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from prometheus_client import CollectorRegistry
from pydantic import SecretStr

from benchmarks.probe import order
from kit import clock
from kit.batch import Handling
from kit.cloudevents import headers_of
from kit.db import Store, Tx, open_pool
from kit.errors import Rejected
from kit.metrics import Metrics
from kit.migrate import migrate
from kit.positions import positions
from kit.settings import Settings
from kit.stream import batch
from schemas.event import Envelope
from schemas.intake.orders import ORDERS, OrderSigned


class Bench:
    """A handler of orders that notes each, and the transaction it was noted in."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.offsets: dict[int, int] = {}

    async def note(self, events: Sequence[OrderSigned], tx: Tx) -> None:
        if any(event.indication == "poison" for event in events):
            raise Rejected("poison")
        rows = [(event.order_id, str(event.patient_id)) for event in events]
        await tx.db.executemany("INSERT INTO noted VALUES ($1, $2, pg_current_xact_id()::text)", rows)

    def handling(self, *, own_inbox: bool = False) -> Handling:
        handlers = {"orders": {OrderSigned: batch(self.note, own_inbox=own_inbox)}}
        return Handling(self.store, handlers, Metrics(CollectorRegistry()))

    def record(self, partition: int, number: int, *, id: UUID | None = None, indication: str = "IND-TRD") -> Any:
        event = order(partition, number, indication=indication)
        given = id or clock.new_id()
        envelope = Envelope(
            id=given, type="OrderSigned", source="intake", time=event.signed_at, subject=str(event.patient_id),
            correlation_id=given, sequence=number,
        )  # fmt: skip
        offset = self.offsets[partition] = self.offsets.get(partition, -1) + 1
        return SimpleNamespace(
            offset=offset, partition=partition, key=envelope.subject.encode(), value=event.model_dump_json().encode(),
            headers=headers_of(envelope), timestamp=0,
        )  # fmt: skip

    async def transactions(self) -> list[int]:
        """How many orders each transaction noted."""
        rows = await self.store.pool.fetch("SELECT count(*) AS n FROM noted GROUP BY xact ORDER BY 1")
        return [row["n"] for row in rows]

    async def reached(self) -> dict[int, int]:
        async with self.store.pool.acquire() as db:
            return {partition: offset for (_, partition), offset in (await positions(db)).items()}


@pytest.fixture
async def bench(database: str) -> AsyncIterator[Bench]:
    await migrate(None, database)
    pool = await open_pool(database, "test")
    await pool.execute("CREATE TABLE noted (order_id uuid, key text, xact text)")
    settings = Settings(kafka="nowhere:1", database_url=SecretStr(database), jwks="none")
    yield Bench(Store(pool, "scheduling", settings, clock.ordinary_clock()))
    await pool.close()


async def test_the_partitions_of_a_poll_are_one_transaction(bench: Bench) -> None:
    polled = {partition: [bench.record(partition, number) for number in range(1, 4)] for partition in (2, 0, 1)}
    handling = bench.handling()
    await handling.handle_all(ORDERS, polled)
    assert (await bench.transactions(), await bench.reached()) == ([9], {0: 3, 1: 3, 2: 3})
    await handling.handle_all(ORDERS, polled)
    assert await bench.transactions() == [9], "what was handled is not handled again"


async def test_a_poison_touches_its_own_partition_alone(bench: Bench) -> None:
    polled = {partition: [bench.record(partition, number) for number in range(1, 4)] for partition in (0, 2)}
    words = ("IND-TRD", "poison", "IND-TRD", "IND-TRD")
    polled[1] = [bench.record(1, number, indication=word) for number, word in enumerate(words, 1)]
    await bench.handling().handle_all(ORDERS, polled)
    assert await bench.transactions() == [1, 3, 3], "after the poison its key waits, the others do not"
    assert await bench.reached() == {0: 3, 1: 4, 2: 3}
    assert await bench.store.pool.fetchval("SELECT count(*) FROM kit.dead_letters") == 3


async def test_a_handler_with_its_own_inbox_is_given_what_comes_again(bench: Bench) -> None:
    handling, one = bench.handling(own_inbox=True), bench.record(0, 1)
    await handling.handle_all(ORDERS, {0: [one, one]})
    assert await bench.transactions() == [1], "the same event twice in a batch is one"
    await handling.handle_all(ORDERS, {0: [one]})
    assert await bench.transactions() == [1, 1]
    assert await bench.store.pool.fetchval("SELECT count(*) FROM kit.inbox") == 0
    await bench.handling().handle_all(ORDERS, {0: [one, one]})
    await bench.handling().handle_all(ORDERS, {0: [one]})
    assert await bench.transactions() == [1, 1, 1]
    assert await bench.store.pool.fetchval("SELECT count(*) FROM kit.inbox") == 1
