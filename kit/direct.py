"""Direct: events said without an outbox. Only where no state changes: a device's readings, which Kafka itself keeps."""

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from aiokafka import AIOKafkaProducer

from kit.clock import Clock
from kit.cloudevents import headers
from kit.errors import AWAY, TryLater
from schemas.catalogue import events
from schemas.event import Event

Said = tuple[Event, UUID]
"""An event, and its id: the same fact has the same id however often it is said."""
WITHIN = 5.0
"""Wall seconds in which every replica of the broker must have them all."""


class Direct:
    """A service's own producer, started with the first event."""

    def __init__(self, service: str, prefix: str, kafka: dict[str, Any], domain: Clock) -> None:
        self.service = service
        self.prefix = prefix
        self.kafka = kafka
        self.clock = domain
        self._producer: AIOKafkaProducer | None = None
        self._one_at_a_time = asyncio.Lock()

    async def say(self, said: Sequence[Said], *, traceparent: str | None = None) -> None:
        """Returns once every replica has them. Raises TryLater: some may be there, and all may be said again under their ids."""
        records = [self._record(event, event_id, traceparent) for event, event_id in said]
        try:
            producer = await self._started()
            async with asyncio.timeout(WITHIN):
                acks = [await producer.send(**record) for record in records]
                await asyncio.gather(*acks)
        except AWAY as error:
            raise TryLater("Kafka does not answer") from error

    async def close(self) -> None:
        """Let go of Kafka."""
        if self._producer is not None:
            with contextlib.suppress(Exception):
                await asyncio.wait_for(self._producer.stop(), 2)

    def _record(self, event: Event, id: UUID, traceparent: str | None) -> dict[str, Any]:
        kind, topic = events()[type(event).__name__]
        if topic.producer != self.service or kind is not type(event):
            raise ValueError(f"{type(event).__name__} is said by {topic.producer}, not by {self.service}")
        key = topic.key_of(event)
        stamped = headers(
            id=id,
            type=kind.__name__,
            source=self.service,
            time=self.clock.now(),
            subject=key,
            correlation_id=id,
            causation_id=None,
            sequence=0,
            traceparent=traceparent,
        )
        value = event.model_dump_json().encode()
        return {"topic": topic.kafka_name(self.prefix), "value": value, "key": key.encode(), "headers": stamped}

    async def _started(self) -> AIOKafkaProducer:
        async with self._one_at_a_time:
            if self._producer is None:
                producer = AIOKafkaProducer(**self.kafka, enable_idempotence=True, linger_ms=2, max_batch_size=65536)
                try:
                    await asyncio.wait_for(producer.start(), WITHIN)
                except BaseException:
                    with contextlib.suppress(Exception):
                        await asyncio.wait_for(producer.stop(), 2)
                    raise
                self._producer = producer
            return self._producer
