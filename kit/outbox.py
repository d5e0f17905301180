"""Outbox: what a service says is a row of the same transaction, and one relay per database publishes the rows in order."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import aiosql
import asyncpg
from aiokafka import AIOKafkaProducer
from aiokafka.producer.message_accumulator import BatchBuilder

from kit import audit, clock
from kit.cloudevents import headers
from kit.errors import AWAY, TryLater
from kit.kafka import partition_of
from schemas.catalogue import topics

queries: Any = aiosql.from_path(Path(__file__).parent / "sql" / "outbox.sql", "asyncpg")

LEADER_LOCK = 0x0C1A
"""The advisory lock that makes one relay per database the leader."""
BATCH = 500
BATCH_BYTES = 256 * 1024
STANDS_STILL_AFTER = 5.0
"""Wall seconds after which a relay that has rows and moves none gives up its place, or is made to."""


class Emission(NamedTuple):
    """An event on its way into the outbox."""

    event_id: UUID
    topic: str
    key: str
    type: str
    time: datetime
    correlation_id: UUID
    causation_id: UUID | None
    traceparent: str | None
    payload: str


async def write(db: asyncpg.Connection, emitted: Sequence[Emission]) -> None:
    """Number and write emissions. The sequence rows are locked in order before any row's id is drawn."""
    counts = Counter((e.topic, e.key) for e in emitted)
    places = list(counts)
    drawn = queries.number(
        db,
        topics=[topic for topic, _ in places],
        keys=[key for _, key in places],
        counts=[counts[place] for place in places],
    )
    last = {(row["topic"], row["key"]): row["last"] async for row in drawn}
    following = {place: last[place] - counts[place] for place in places}
    ordered = sorted(emitted, key=lambda e: (e.topic, e.key))
    sequences = []
    for e in ordered:
        following[e.topic, e.key] += 1
        sequences.append(following[e.topic, e.key])
    await queries.write(
        db,
        event_ids=[e.event_id for e in ordered],
        topics=[e.topic for e in ordered],
        keys=[e.key for e in ordered],
        sequences=sequences,
        types=[e.type for e in ordered],
        times=[e.time for e in ordered],
        correlations=[e.correlation_id for e in ordered],
        causations=[e.causation_id for e in ordered],
        traces=[e.traceparent for e in ordered],
        payloads=[e.payload for e in ordered],
        written_at=clock.wall(),
    )


@dataclass
class Relay:
    """Publishes a service's outbox while it is the leader, and watches the leader while it is not."""

    dsn: str
    service: str
    prefix: str
    kafka: dict[str, Any]
    """Client settings for aiokafka."""
    waker: asyncio.Event
    moved: Any
    """Called with the number of rows published (0 while idle or standing by): the proof that the relay lives."""
    audit_key: bytes | None = None
    """Where there is one, the leader chains the audit rows while it is idle."""
    stands_still_after: float = STANDS_STILL_AFTER
    leading: bool = False

    async def run(self, stop: asyncio.Event) -> None:
        """Lead or stand by until told to stop. Away means back off and come again."""
        backoff = 0.2
        while not stop.is_set():
            connection = None
            try:
                connection = await asyncpg.connect(
                    self.dsn, timeout=5, server_settings={"application_name": f"{self.service} relay"}
                )
                await self._stand_by(connection, stop)
                if not stop.is_set():
                    await self._lead(connection, stop)
                backoff = 0.2
            except AWAY:
                self.moved(0)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), backoff)
                backoff = min(backoff * 2, 0.5)
            finally:
                self.leading = False
                if connection is not None:
                    await _close(connection)

    async def _stand_by(self, db: asyncpg.Connection, stop: asyncio.Event) -> None:
        first, since = None, clock.monotonic()
        while not stop.is_set() and not await queries.lead(db, lock=LEADER_LOCK):
            row = await queries.oldest(db)
            if row["first"] is None or row["first"] != first:
                first, since = row["first"], clock.monotonic()
            elif clock.monotonic() - since > 2 * self.stands_still_after:
                await queries.unseat(db, lock=LEADER_LOCK)
                since = clock.monotonic()
            self.moved(0)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), 1.0)

    async def _lead(self, db: asyncpg.Connection, stop: asyncio.Event) -> None:
        producer = AIOKafkaProducer(**self.kafka, enable_idempotence=True, max_batch_size=BATCH_BYTES, max_request_size=1_048_576)
        try:
            await asyncio.wait_for(producer.start(), 10)
            self.leading = True
            while True:
                published = await self._publish(db, producer)
                self.moved(published)
                if published < BATCH:
                    if stop.is_set():
                        return
                    if self.audit_key is not None:
                        await audit.chain(db, self.audit_key)
                    await clock.pause(self.waker, 1.0)
        finally:
            with contextlib.suppress(*AWAY):
                await asyncio.wait_for(producer.stop(), 3)

    async def _publish(self, db: asyncpg.Connection, producer: AIOKafkaProducer) -> int:
        rows = [row async for row in queries.waiting(db, most=BATCH)]
        if not rows:
            return 0
        async with asyncio.timeout(self.stands_still_after):
            await self._send(producer, rows)
        if await queries.mark(db, ids=[row["id"] for row in rows], published_at=clock.wall()) != f"UPDATE {len(rows)}":
            raise TryLater("another relay took the rows")
        return len(rows)

    async def _send(self, producer: AIOKafkaProducer, rows: Sequence[asyncpg.Record]) -> None:
        """Send rows and await every ack. Partitions go side by side, the rows of each in their order."""
        places: dict[tuple[str, int], list[asyncpg.Record]] = {}
        for row in rows:
            topic = topics()[row["topic"]]
            place = topic.kafka_name(self.prefix), partition_of(row["key"], topic.partitions)
            places.setdefault(place, []).append(row)
        await asyncio.gather(*(self._send_in_order(producer, *place, waiting) for place, waiting in places.items()))

    async def _send_in_order(
        self, producer: AIOKafkaProducer, topic: str, partition: int, rows: Sequence[asyncpg.Record]
    ) -> None:
        """One call a batch, packed by ourselves, costs a third of one call a row."""
        acks = [await producer.send_batch(batch, topic, partition=partition) for batch in self._packed(producer, rows)]
        await asyncio.gather(*acks)

    def _packed(self, producer: AIOKafkaProducer, rows: Sequence[asyncpg.Record]) -> Iterator[BatchBuilder]:
        batch = producer.create_batch()
        for row in rows:
            record = {"key": row["key"].encode(), "value": row["payload"].encode(), "headers": self._headers(row)}
            if batch.append(**record, timestamp=None) is None:
                yield batch
                batch = producer.create_batch()
                batch.append(**record, timestamp=None)  # The first of a batch is taken whatever its size.
        yield batch

    def _headers(self, row: asyncpg.Record) -> list[tuple[str, bytes]]:
        return headers(
            id=row["event_id"],
            type=row["type"],
            source=self.service,
            time=row["time"],
            subject=row["key"],
            correlation_id=row["correlation_id"],
            causation_id=row["causation_id"],
            sequence=row["sequence"],
            traceparent=row["traceparent"],
        )


async def _close(connection: asyncpg.Connection) -> None:
    try:
        await asyncio.wait_for(connection.close(), 2)
    except Exception:
        connection.terminate()
