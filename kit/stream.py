"""Stream: the events a service listens to, what one poll brings of a topic in one transaction."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition

from kit import inbox
from kit.backlog import MAX_BATCH, Backlog, Urgent
from kit.batch import BatchHandler, Handling
from kit.errors import AWAY
from schemas.topic import Topic

if TYPE_CHECKING:
    from kit.db import Tx

Handlers = Mapping[type[Any], Callable[[Any, "Tx"], Awaitable[None]] | BatchHandler]
"""What a service does about the events of a topic: one table, at the foot of `on/<topic>.py`."""


def batch(handler: Callable[[Sequence[Any], "Tx"], Awaitable[None]], *, own_inbox: bool = False) -> BatchHandler:
    """Mark a handler that takes many events at once, where volume asks for it.

    With `own_inbox` it is asked to know by itself what it handled before, by a key that its rows have anyway.
    """
    return BatchHandler(handler, own_inbox)


@dataclass
class Stream(ConsumerRebalanceListener):
    """Reads the topics a service consumes. The store's position decides where to read on; Kafka's is a courtesy."""

    topics: Sequence[Topic]
    prefix: str
    group: str
    kafka: dict[str, Any]
    instance: str | None
    handling: Handling
    moved: Callable[[], None]
    """Called whenever a poll ended: the proof that the stream lives."""
    fetch_max_wait_ms: int = 20
    urgent: Urgent = field(default_factory=dict)
    """What overtakes when many wait."""
    caught: Callable[[TopicPartition, int | None, int], None] = lambda *_: None

    def __post_init__(self) -> None:
        self._by_kafka_name = {topic.kafka_name(self.prefix): topic for topic in self.topics}
        self._consumer: AIOKafkaConsumer | None = None
        self._wary_until: dict[TopicPartition, int] = {}
        self._in_turn_until: dict[TopicPartition, int] = {}
        self._backlog = Backlog(self.urgent)

    async def run(self, stop: asyncio.Event) -> None:
        """Read and handle until told to stop. Away means back off, keep the place, come again."""
        backoff = 0.2
        while not stop.is_set():
            consumer = self._new_consumer()
            self._backlog.clear()
            try:
                await asyncio.wait_for(consumer.start(), 15)
                self._consumer = consumer
                consumer.subscribe(topics=sorted(self._by_kafka_name), listener=self)
                while not stop.is_set():
                    await self._poll(consumer)
                    backoff = 0.2
            except AWAY:
                self.moved()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), backoff)
                backoff = min(backoff * 2, 0.5)
            finally:
                self._consumer = None
                with contextlib.suppress(*AWAY):
                    await asyncio.wait_for(consumer.stop(), 4)

    async def _poll(self, consumer: AIOKafkaConsumer) -> None:
        backlog = self._backlog
        if room := backlog.most - len(backlog):
            backlog.add(await consumer.getmany(timeout_ms=0 if len(backlog) else 500, max_records=room))
        for place, records in backlog.overtaking(self._in_turn_until):
            await self.handling.overtake(self._by_kafka_name[place.topic], place.partition, records)
        polled = backlog.take()
        calm: dict[Topic, dict[int, Sequence[Any]]] = {}
        for partition, records in polled.items():
            topic = self._by_kafka_name[partition.topic]
            if records[0].offset < self._wary_until.get(partition, 0):
                await self.handling.handle(topic, partition.partition, records, wary=True)
            else:
                calm.setdefault(topic, {})[partition.partition] = records
        for topic, of_topic in calm.items():
            await self.handling.handle_all(topic, of_topic)
        done = {partition: records[-1].offset + 1 for partition, records in polled.items()}
        for partition, reached in done.items():
            self.caught(partition, consumer.highwater(partition), reached)
        self.moved()
        if done:
            await consumer.commit(done)

    async def on_partitions_assigned(self, assigned: Sequence[TopicPartition]) -> None:
        """Read on from where the store's own record says, also after Kafka lost or kept another offset."""
        consumer = self._consumer
        if consumer is None or not assigned:
            return
        first, last = await consumer.beginning_offsets(assigned), await consumer.end_offsets(assigned)
        async with self.handling.store.pool.acquire(timeout=5) as db:
            for partition in assigned:
                name = self._by_kafka_name[partition.topic].name
                row = await inbox.queries.begin(db, topic=name, partition=partition.partition, next_offset=first[partition])
                at = row["next_offset"] if row["next_offset"] <= last[partition] else first[partition]
                if at != row["next_offset"] or at == last[partition]:
                    await inbox.queries.rewind(db, topic=name, partition=partition.partition, next_offset=at)
                elif row["stalls"] >= 2 or row["struck"]:
                    # The batch that killed began here: what killed is among these, however few of them the next poll brings.
                    self._wary_until[partition] = at + MAX_BATCH
                    self._in_turn_until[partition] = at + self._backlog.most
                consumer.seek(partition, max(at, first[partition]))

    async def on_partitions_revoked(self, revoked: Sequence[TopicPartition]) -> None:
        """Nothing to hand over: the place is in the store."""
        self._backlog.clear()
        self._wary_until.clear()
        self._in_turn_until.clear()

    def _new_consumer(self) -> AIOKafkaConsumer:
        static = {"group_instance_id": f"{self.group}.{self.instance}"} if self.instance else {}
        return AIOKafkaConsumer(
            **self.kafka,
            **static,
            group_id=self.group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            session_timeout_ms=6000,
            heartbeat_interval_ms=1500,
            max_poll_interval_ms=300_000,
            fetch_max_wait_ms=self.fetch_max_wait_ms,
        )
