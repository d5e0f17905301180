"""The feed: every topic from its beginning, read by an observer that belongs to no group and leaves no trace."""

from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import Self

from aiokafka import AIOKafkaConsumer, ConsumerRecord
from aiokafka.errors import KafkaError, UnknownTopicOrPartitionError

from chairside.problem import Problem
from chairside.view.fold import fold
from chairside.view.picture import Picture
from kit.cloudevents import envelope_of, event_of, known_types
from kit.errors import Rejected
from schemas.catalogue import topics

MOST_AT_ONCE = 2000


class Feed:
    """Reads what all services say. Use it as an async context manager."""

    def __init__(self, kafka: str, prefix: str) -> None:
        self._kafka = kafka
        self._topics = {topic.kafka_name(prefix): topic.name for topic in topics().values()}
        self._consumer = AIOKafkaConsumer(
            *self._topics,
            bootstrap_servers=kafka,
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            fetch_max_wait_ms=100,
        )

    async def __aenter__(self) -> Self:
        try:
            await self._consumer.start()
        except UnknownTopicOrPartitionError as error:
            await self._consumer.stop()
            raise Problem("Kafka lacks some of the clinic's topics.", todo="Start the clinic: chairside up.") from error
        except KafkaError as error:
            await self._consumer.stop()
            raise Problem(f"Kafka at {self._kafka} does not answer: {error!r}.", todo="See chairside status.") from error
        except BaseException:
            await self._consumer.stop()
            raise
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self._consumer.stop()

    async def take(self, picture: Picture, wait_s: float = 0.2) -> list[str]:
        """Fold what has come, waiting a little when nothing has. Returns the lines worth saying."""
        try:
            found = await self._consumer.getmany(timeout_ms=int(wait_s * 1000), max_records=MOST_AT_ONCE)
        except KafkaError as error:
            raise Problem(f"Kafka went away: {error!r}.", todo="See chairside status.") from error
        told = (self._fold(picture, record) for record in in_order(found.values()))
        return [line for line in told if line]

    def _fold(self, picture: Picture, record: "ConsumerRecord[bytes, bytes]") -> str | None:
        topic = self._topics[record.topic]
        try:
            envelope = envelope_of(record.headers)
            if envelope.type not in known_types():
                picture.topics[topic] += 1
                return None
            return fold(picture, topic, envelope, event_of(known_types()[envelope.type], record.value))
        except Rejected:
            picture.unreadable += 1
            return None

    async def behind(self) -> int:
        """How many records are written and not yet read."""
        ends = await self._consumer.end_offsets(self._consumer.assignment())
        return sum([max(0, end - await self._consumer.position(place)) for place, end in ends.items()])

    async def catch_up(self, picture: Picture) -> list[str]:
        """Read until nothing more is there."""
        lines: list[str] = []
        while await self.behind():
            lines += await self.take(picture)
        return lines


def in_order(partitions: Iterable[Sequence["ConsumerRecord[bytes, bytes]"]]) -> list["ConsumerRecord[bytes, bytes]"]:
    """The records of several partitions by their stamps, each partition in its own order."""
    stamped = []
    for records in partitions:
        latest = 0
        for record in records:
            latest = max(latest, record.timestamp)
            stamped.append((latest, record))
    return [record for _, record in sorted(stamped, key=lambda pair: pair[0])]
