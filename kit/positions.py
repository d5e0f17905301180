"""Positions: how far topics reach and how far this service has read them, so that silence is judged after reading."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from kit import inbox
from kit.errors import AWAY
from schemas.topic import Topic

if TYPE_CHECKING:
    from kit.db import Store


async def positions(db: Any) -> dict[tuple[str, int], int]:
    """How far each (topic, partition) was handled, as the next offset, whichever replica did it."""
    return {(row["topic"], row["partition"]): row["next_offset"] async for row in inbox.queries.positions(db)}


@dataclass
class Ends:
    """Asks Kafka how far its partitions reach, for those who must know that everything was read."""

    kafka: dict[str, Any]
    prefix: str

    def __post_init__(self) -> None:
        self._consumer: AIOKafkaConsumer | None = None
        self._one_at_a_time = asyncio.Lock()

    async def of(self, topics: Sequence[Topic]) -> dict[tuple[str, int], int]:
        """The end offset of every partition of these topics. Raises TryLater or KafkaError when Kafka is away."""
        return await self._ask(topics, lambda consumer, places: consumer.end_offsets(places))

    async def of_group(self, group: str, topics: Sequence[Topic]) -> dict[tuple[str, int], int]:
        """How far a group has committed every partition, or where it begins if that is further. Raises as `of` does."""
        begins = await self._ask(topics, lambda consumer, places: consumer.beginning_offsets(places))
        places = self._places(topics)
        admin = AIOKafkaAdminClient(**self.kafka)
        try:
            await asyncio.wait_for(admin.start(), 10)
            committed = await asyncio.wait_for(admin.list_consumer_group_offsets(group, partitions=list(places)), 5)
        finally:
            await admin.close()
        return begins | {places[place]: max(found.offset, begins[places[place]]) for place, found in committed.items()}

    def _places(self, topics: Sequence[Topic]) -> dict[TopicPartition, tuple[str, int]]:
        return {
            TopicPartition(topic.kafka_name(self.prefix), partition): (topic.name, partition)
            for topic in topics
            for partition in range(topic.partitions)
        }

    async def _ask(
        self,
        topics: Sequence[Topic],
        question: Callable[[AIOKafkaConsumer, list[TopicPartition]], Awaitable[Mapping[TopicPartition, int]]],
    ) -> dict[tuple[str, int], int]:
        places = self._places(topics)
        async with self._one_at_a_time:
            if self._consumer is None:
                consumer = AIOKafkaConsumer(**self.kafka, group_id=None, enable_auto_commit=False)
                try:
                    await asyncio.wait_for(consumer.start(), 10)
                except BaseException:
                    with contextlib.suppress(Exception):
                        await asyncio.wait_for(consumer.stop(), 2)
                    raise
                self._consumer = consumer
            try:
                found = await asyncio.wait_for(question(self._consumer, list(places)), 5)
            except AWAY:
                await self.close_now()
                raise
        return {places[partition]: offset for partition, offset in found.items()}

    async def close(self) -> None:
        """Let go of Kafka."""
        async with self._one_at_a_time:
            await self.close_now()

    async def close_now(self) -> None:
        """Let go of Kafka, within a caller's own lock."""
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            with contextlib.suppress(Exception):
                await asyncio.wait_for(consumer.stop(), 2)


def unread(places: Mapping[tuple[str, int], int], reached: Mapping[tuple[str, int], int]) -> int:
    """How many records lie between what was handled and what was noted; 0 means caught up."""
    return sum(max(0, end - reached.get(place, 0)) for place, end in places.items())


async def caught_up(store: "Store", ends: Ends, topics: Sequence[Topic]) -> bool:
    """Has everything that Kafka holds in these topics been handled? Readiness, stories and beats ask this one question."""
    if not topics:
        return True
    noted = await ends.of(topics)
    async with store.pool.acquire(timeout=5) as db:
        return unread(noted, await positions(db)) == 0
