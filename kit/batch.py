"""A batch of a topic: taken in, decoded and handled in one transaction; what can't be handled is isolated, event by event."""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

import structlog

from kit import clock, deadletters, inbox
from kit.cloudevents import envelope_of, event_of, type_of
from kit.errors import AWAY, Rejected, reason_of
from kit.metrics import Metrics
from kit.traces import batch_span
from schemas.event import Envelope, Event
from schemas.topic import Topic

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

    from kit.db import Store, Tx

log = structlog.get_logger("kit.stream")
STRIKES = 3
"""How often an event may kill its handler before it counts as one that can never work."""

OnDeadLetter = Callable[[deadletters.DeadLetter, Any], Awaitable[None]]


@dataclass(frozen=True)
class BatchHandler:
    """A handler that takes many events at once."""

    handle: Callable[[Sequence[Any], Any], Awaitable[None]]
    own_inbox: bool = False
    """Whether it knows by itself what it handled before: then its events leave no row in the inbox, and may come again."""


class Delivery(NamedTuple):
    """A record that was read: its envelope and, where the type is known here, its event."""

    record: Any
    envelope: Envelope
    event: Event


@dataclass
class Handling:
    """What a service does with records: its handlers, its store, its way to say that one is dead."""

    store: "Store"
    handlers: Mapping[str, Mapping[type[Any], Any]]
    """Handler tables by topic name."""
    metrics: Metrics
    on_dead_letter: OnDeadLetter | None = None
    tracing: "TracerProvider | None" = None
    _types: dict[str, dict[str, type[Event]]] = field(init=False)
    _overtook: set[UUID] = field(init=False, default_factory=set)
    """Handled before their turn, which is still to come."""

    def __post_init__(self) -> None:
        self._types = {topic: {kind.__name__: kind for kind in table} for topic, table in self.handlers.items()}

    async def handle_all(self, topic: Topic, polled: Mapping[int, Sequence[Any]]) -> None:
        """Handle what one poll brought, by partition, in one transaction: it costs as many round trips as one partition's.

        When that cannot be done, each partition by itself.
        """
        if len(polled) > 1:
            try:
                await self._together(topic, polled)
                return
            except AWAY:
                raise
            except Exception as error:
                log.warning("partitions handled apart", topic=topic.name, partitions=len(polled), error=reason_of(error))
        for partition, records in polled.items():
            await self.handle(topic, partition, records)

    async def handle(self, topic: Topic, partition: int, records: Sequence[Any], *, wary: bool = False) -> None:
        """Handle a partition's records, once. `wary` goes event by event from the start, after a process died over them."""
        if not wary:
            try:
                await self._together(topic, {partition: records})
                return
            except AWAY:
                raise
            except Exception as error:
                log.warning("batch isolated", topic=topic.name, partition=partition, events=len(records), error=reason_of(error))
                await self._one_by_one(topic, partition, records, {})
                return
        for record in records:
            struck = {record.offset: await self._strike(topic, record)}
            await self._one_by_one(topic, partition, [record], struck)

    async def overtake(self, topic: Topic, partition: int, records: Sequence[Any]) -> None:
        """Handle records of a partition before their turn, and pass them over when it comes. What can't be, waits for it."""
        try:
            started = clock.monotonic()
            async with self.store.transaction() as tx:
                fresh = await self._take_and_call(tx, topic, records)
        except AWAY:
            raise
        except Exception as error:
            log.warning("urgent events wait their turn", topic=topic.name, partition=partition, error=reason_of(error))
            return
        self._overtook.update(delivery.envelope.id for delivery in fresh)
        self.metrics.handled(topic.name, len(fresh), clock.monotonic() - started)

    async def _take_and_call(self, tx: "Tx", topic: Topic, records: Sequence[Any]) -> list[Delivery]:
        fresh = await self._take_in(tx, topic, records, letters=False)
        with self._traced(topic, fresh):
            for handler, run in _runs(fresh, self.handlers[topic.name]):
                await self._call(tx, topic, handler, run)
        return fresh

    async def _together(self, topic: Topic, polled: Mapping[int, Sequence[Any]]) -> None:
        started = clock.monotonic()
        async with self.store.transaction() as tx:
            fresh = await self._take_and_call(tx, topic, [record for records in polled.values() for record in records])
            await inbox.reach_all(tx.db, topic.name, {partition: records[-1].offset + 1 for partition, records in polled.items()})
        self.metrics.handled(topic.name, len(fresh), clock.monotonic() - started)

    def _traced(self, topic: Topic, deliveries: Sequence[Delivery]) -> AbstractContextManager[None]:
        traces = {d.envelope.traceparent for d in deliveries if d.envelope.traceparent}
        if self.tracing is None or not traces:
            return nullcontext()
        return batch_span(self.tracing, f"handle {topic.name}", traces)

    async def _one_by_one(self, topic: Topic, partition: int, records: Sequence[Any], struck: dict[int, int]) -> None:
        while True:
            try:
                async with self.store.transaction() as tx:
                    for record in records:
                        await self._alone(tx, topic, record, struck)
                    await inbox.queries.reach(tx.db, topic=topic.name, partition=partition, next_offset=records[-1].offset + 1)
                break
            except _Struck as struck_out:
                struck[struck_out.offset] = await self._strike(topic, struck_out.record)
        for offset in struck:
            async with self.store.pool.acquire(timeout=5) as db:
                await inbox.queries.absolve(db, topic=topic.name, partition=partition, offset=offset)

    async def _alone(self, tx: "Tx", topic: Topic, record: Any, struck: Mapping[int, int]) -> None:
        mark = tx.collected.mark()
        delivery: Delivery | None = None
        try:
            if struck.get(record.offset, 0) >= STRIKES:
                raise Rejected(f"killed its handler {STRIKES} times")
            async with tx.db.transaction():
                for delivery in await self._take_in(tx, topic, [record], letters=True):
                    await self._call(tx, topic, self.handlers[topic.name][type(delivery.event)], [delivery])
        except Rejected as error:
            tx.collected.back_to(mark)
            await self._bury(tx, topic, record, str(error))
        except AWAY:
            raise
        except Exception as error:
            log.exception("handler failed", topic=topic.name, offset=record.offset, error=reason_of(error))
            raise _Struck(record) from error

    async def _take_in(self, tx: "Tx", topic: Topic, records: Sequence[Any], *, letters: bool) -> list[Delivery]:
        """Decode, drop what was handled before, and send behind its key what must wait. Unknown types are skipped and counted."""
        types = self._types[topic.name]
        known = []
        for record in records:
            name = type_of(record.headers)
            if name is None or name in types:
                envelope = envelope_of(record.headers)
                if envelope.id in self._overtook:
                    self._overtook.discard(envelope.id)
                else:
                    known.append((record, envelope))
            else:
                self.metrics.skipped(topic.name, name)
        if not known:
            return []
        fresh = await self._unknown(tx, topic, [envelope for _, envelope in known])
        self.metrics.duplicates(topic.name, len(known) - len(fresh))
        gaps, back = await inbox.notice(tx.db, topic.name, [envelope for _, envelope in known])
        if gaps or back:
            self.metrics.out_of_sequence(topic.name, gaps, back)
        waiting = await self._waiting(tx, topic, [record for record, _ in known])
        deliveries = []
        for record, envelope in known:
            if envelope.id not in fresh:
                continue
            fresh.discard(envelope.id)
            if deadletters.key_of(record) in waiting:
                await self._bury(tx, topic, record, "waits behind a dead letter of its key", behind=True)
            else:
                deliveries.append(Delivery(record, envelope, event_of(types[envelope.type], record.value)))
        return deliveries

    async def _unknown(self, tx: "Tx", topic: Topic, envelopes: Sequence[Envelope]) -> set[UUID]:
        """The ids not handled before, as far as the inbox must know; what knows by itself is not asked about."""
        table, types = self.handlers[topic.name], self._types[topic.name]
        own = {name for name, kind in types.items() if isinstance(h := table[kind], BatchHandler) and h.own_inbox}
        asked = [envelope.id for envelope in envelopes if envelope.type not in own]
        fresh = await inbox.receive(tx.db, topic.name, asked) if asked else set()
        return fresh | {envelope.id for envelope in envelopes if envelope.type in own}

    async def _waiting(self, tx: "Tx", topic: Topic, records: Sequence[Any]) -> set[str]:
        if topic.on_rejected != "park":
            return set()
        return await deadletters.parked(tx.db, topic.name, {deadletters.key_of(record) for record in records})

    async def _call(self, tx: "Tx", topic: Topic, handler: Any, run: Sequence[Delivery]) -> None:
        pairs = [(delivery.event, delivery.envelope) for delivery in run]
        if isinstance(handler, BatchHandler):
            with tx.handling(pairs, single=False):
                await handler.handle([event for event, _ in pairs], tx)
            return
        for pair in pairs:
            started = clock.monotonic()
            with tx.handling([pair], single=True):
                await handler(pair[0], tx)
            self.metrics.handler_seconds(topic.name, type(pair[0]).__name__, clock.monotonic() - started)

    async def _bury(self, tx: "Tx", topic: Topic, record: Any, error: str, *, behind: bool = False) -> None:
        given = dict(record.headers)
        try:
            envelope: Envelope | None = envelope_of(record.headers)
        except Rejected:
            envelope = None
        letter = await deadletters.put(
            tx,
            record,
            topic.name,
            event_id=envelope.id if envelope else None,
            type=envelope.type if envelope else type_of(record.headers),
            source=envelope.source if envelope else given.get("ce_source", b"").decode(errors="replace") or None,
            error=error,
            behind=behind,
            parks=topic.on_rejected == "park",
        )
        if envelope is not None:
            await inbox.receive(tx.db, topic.name, [envelope.id])
        if letter is None or behind:
            return
        self.metrics.dead_letter(topic.name)
        log.error(
            "dead letter",
            topic=topic.name,
            partition=record.partition,
            offset=record.offset,
            error=error,
            letter=letter.id,
        )
        if self.on_dead_letter is not None:
            await self._tell(self.on_dead_letter, letter, tx)

    async def _tell(self, hook: OnDeadLetter, letter: deadletters.DeadLetter, tx: "Tx") -> None:
        """The letter is kept even when the hook fails: losing the record would be worse than telling nobody."""
        mark = tx.collected.mark()
        try:
            async with tx.db.transaction():
                await hook(letter, tx)
        except AWAY:
            raise
        except Exception as error:
            tx.collected.back_to(mark)
            self.metrics.hook_failed(letter.topic)
            log.critical("dead letter hook failed", topic=letter.topic, letter=letter.id, error=reason_of(error), exc_info=True)

    async def _strike(self, topic: Topic, record: Any) -> int:
        async with self.store.pool.acquire(timeout=5) as db:
            count: int = await inbox.queries.strike(db, topic=topic.name, partition=record.partition, offset=record.offset)
            return count

    async def redeliver(self, tx: "Tx", topic: Topic, kept: deadletters.Kept) -> None:
        """Handle a dead letter again, inside a savepoint of the caller's transaction. Raises what its handler raises."""
        types = self._types[topic.name]
        envelope = envelope_of(kept.headers)
        if envelope.type not in types:
            raise Rejected(f"{envelope.type} is not handled here")
        delivery = Delivery(None, envelope, event_of(types[envelope.type], kept.payload))
        mark = tx.collected.mark()
        try:
            async with tx.db.transaction():
                await self._call(tx, topic, self.handlers[topic.name][type(delivery.event)], [delivery])
        except BaseException:
            tx.collected.back_to(mark)
            raise


class _Struck(Exception):
    """An event killed its handler; everything is rolled back and run again without mercy for it."""

    def __init__(self, record: Any) -> None:
        super().__init__("struck")
        self.record = record
        self.offset: int = record.offset


def _runs(deliveries: Sequence[Delivery], table: Mapping[type[Any], Any]) -> Iterator[tuple[Any, list[Delivery]]]:
    run: list[Delivery] = []
    for delivery in deliveries:
        if run and table[type(run[0].event)] is not table[type(delivery.event)]:
            yield table[type(run[0].event)], run
            run = []
        run.append(delivery)
    if run:
        yield table[type(run[0].event)], run
