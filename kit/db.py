"""One transaction at a time: what a handler may do to the store, and what it says, written together or not at all."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, cast
from uuid import UUID

import asyncpg

from kit import audit, clock, jobs, outbox, timers
from kit.errors import Rejected
from kit.origin import Origin
from schemas.catalogue import events
from schemas.event import Envelope, Event
from schemas.topic import Topic

if TYPE_CHECKING:
    from kit.settings import Settings

MAX_EVENT_BYTES = 900_000
"""The largest event, in bytes of JSON: under Kafka's default limit of 1 MiB with room for headers."""
CHANNELS = ("kit_outbox", "kit_timers", "kit_jobs", "kit_redrive")


@dataclass
class Collected:
    """What a handler asked for, in order, to be written at the end of its transaction."""

    emitted: list[outbox.Emission] = field(default_factory=list)
    timed: list[timers.Change] = field(default_factory=list)
    deferred: list[jobs.Deferral] = field(default_factory=list)
    audited: list[audit.Entry] = field(default_factory=list)

    def mark(self) -> tuple[int, int, int, int]:
        """Where we are, for `back_to`."""
        return len(self.emitted), len(self.timed), len(self.deferred), len(self.audited)

    def back_to(self, mark: tuple[int, int, int, int]) -> None:
        """Forget what was asked for since."""
        emitted, timed, deferred, audited = mark
        del self.emitted[emitted:], self.timed[timed:], self.deferred[deferred:], self.audited[audited:]


class Tx:
    """One transaction, handed to a handler. Handlers never commit: the edge does, after the handler returned."""

    def __init__(
        self, db: asyncpg.Connection, service: str, settings: "Settings", now: datetime, origin: Origin, rate: float
    ) -> None:
        self.db = db
        self.rate = rate
        """Domain seconds per wall second: bounds on skew and lateness are multiplied by it."""
        self.now = now
        """The one domain instant of this transaction."""
        self.settings = settings
        self.service = service
        self.origin = origin
        self.collected = Collected()
        self._envelopes: Mapping[int, Envelope] = {}

    @property
    def actor(self) -> str:
        """Who acts: a token's subject for a command, the service's name otherwise."""
        return self.origin.actor

    @property
    def cause(self) -> Envelope | None:
        """The envelope of the event being handled; null in a batch, a timer or a command."""
        return self.origin.cause

    @property
    def due_at(self) -> datetime | None:
        """When the timer being handled was due."""
        return self.origin.due_at

    def new_id(self) -> UUID:
        """A fresh identifier."""
        return clock.new_id()

    def envelope_of(self, event: Event) -> Envelope:
        """The envelope of an event of the batch being handled."""
        return self._envelopes[id(event)]

    def emit(self, event: Event, *, cause: Event | None = None) -> UUID:
        """Say that something happened. `cause` names the event of a batch that this one answers.

        Raises Rejected when the event is too large, and ValueError when this service does not own its topic.
        """
        topic = self._topic_of(event)
        payload = event.model_dump_json()
        if len(payload) > MAX_EVENT_BYTES // 4 and len(payload.encode()) > MAX_EVENT_BYTES:
            raise Rejected(f"{type(event).__name__} is larger than {MAX_EVENT_BYTES} bytes")
        because = self.envelope_of(cause) if cause is not None else self.origin.cause
        emission = outbox.Emission(
            event_id=clock.new_id(),
            topic=topic.name,
            key=topic.key_of(event),
            type=type(event).__name__,
            time=self.now,
            correlation_id=because.correlation_id if because else self.origin.correlation_id,
            causation_id=because.id if because else None,
            traceparent=self.origin.traceparent or (because.traceparent if because else None),
            payload=payload,
        )
        self.collected.emitted.append(emission)
        return emission.event_id

    def arm(self, timer: timers.Timer, *, key: str, at: datetime, priority: int = 0) -> None:
        """Arm a timer for a domain instant; one armed before under its class and key is moved. Of those due, urgent first."""
        payload, origin = timer.model_dump_json(), self.origin
        row = timers.Armed(type(timer).__name__, key, at, priority, payload, origin.correlation_id, origin.traceparent)
        self.collected.timed.append(row)

    def disarm(self, timer: type[timers.Timer], *, key: str) -> None:
        """Disarm a timer, if it is armed."""
        self.collected.timed.append(timers.Disarmed(timer.__name__, key))

    def defer(self, job: jobs.Job, *, priority: int = 0, at: datetime | None = None) -> UUID:
        """Put a call to the outside in the queue, higher priority first. Returns the job's id, the provider's idempotency key."""
        because = self.origin.cause
        deferral = jobs.Deferral(
            job_id=clock.new_id(),
            name=type(job).__name__,
            payload=job.model_dump_json(),
            priority=priority,
            due_at=at or self.now,
            correlation_id=because.correlation_id if because else self.origin.correlation_id,
            causation_id=because.id if because else None,
            traceparent=self.origin.traceparent,
        )
        self.collected.deferred.append(deferral)
        return deferral.job_id

    def audit(self, action: str, record: str, *, reason: str = "") -> None:
        """Write down who did what to which record."""
        self.collected.audited.append(audit.Entry(self.actor, action, record, reason))

    @contextlib.contextmanager
    def handling(self, envelopes: Sequence[tuple[Event, Envelope]], *, single: bool) -> Iterator[None]:
        """Handle these events: one sets `cause`, a batch is found by `envelope_of`."""
        before, self._envelopes = self.origin, {id(event): envelope for event, envelope in envelopes}
        if single:
            _, envelope = envelopes[0]
            self.origin = Origin(before.actor, envelope.correlation_id, envelope, None, envelope.traceparent)
        try:
            yield
        finally:
            self.origin, self._envelopes = before, {}

    async def write(self) -> None:
        """Write what was collected; outbox rows last, so that what is published in order was decided in order."""
        asked, self.collected = self.collected, Collected()
        if asked.timed:
            await timers.write(self.db, asked.timed)
        if asked.deferred:
            await jobs.write(self.db, asked.deferred)
        if asked.audited:
            await audit.write(self.db, asked.audited, self.now)
        if asked.emitted:
            await outbox.write(self.db, asked.emitted)

    def _topic_of(self, event: Event) -> Topic:
        kind, topic = events()[type(event).__name__]
        if topic.producer != self.service or kind is not type(event):
            raise ValueError(f"{type(event).__name__} is said by {topic.producer}, not by {self.service}")
        return topic


class Hints:
    """NOTIFY as wake-ups. A hint may be lost; the 1 s poll of each loop is the guarantee."""

    def __init__(self) -> None:
        self._wakers: dict[str, list[asyncio.Event]] = {channel: [] for channel in CHANNELS}

    def waker(self, channel: str) -> asyncio.Event:
        """An event that is set whenever the channel is notified."""
        waker = asyncio.Event()
        self._wakers[channel].append(waker)
        return waker

    def wake_all(self) -> None:
        """Wake every loop, as after a reconnection, when hints may have been missed."""
        for channel in CHANNELS:
            self.wake(channel)

    async def listen(self, dsn: str, stop: asyncio.Event) -> None:
        """Listen until told to stop; returns when the connection is lost. Raises what connecting raises."""
        connection = await asyncpg.connect(dsn, timeout=5, server_settings={"application_name": "hints"})
        try:
            lost = asyncio.Event()
            connection.add_termination_listener(lambda _: lost.set())
            for channel in CHANNELS:
                await connection.add_listener(channel, lambda _c, _p, name, _x: self.wake(name))
            self.wake_all()
            waits = [asyncio.ensure_future(lost.wait()), asyncio.ensure_future(stop.wait())]
            try:
                await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for wait in waits:
                    wait.cancel()
        finally:
            with contextlib.suppress(Exception):
                await asyncio.wait_for(connection.close(), 2)

    def wake(self, channel: str) -> None:
        for waker in self._wakers[channel]:
            waker.set()


class Store:
    """A service's own PostgreSQL database: a pool, and transactions that carry a domain instant."""

    def __init__(self, pool: asyncpg.Pool, service: str, settings: "Settings", domain: clock.Clock) -> None:
        self.pool = pool
        self.service = service
        self.settings = settings
        self.clock = domain

    @contextlib.asynccontextmanager
    async def transaction(self, origin: Origin | None = None, *, readonly: bool = False) -> AsyncIterator[Tx]:
        """A transaction that commits when the block ends and rolls back when it raises."""
        async with self.pool.acquire(timeout=5) as db, db.transaction(readonly=readonly):
            tx = Tx(
                cast("asyncpg.Connection", db),
                self.service,
                self.settings,
                self.clock.now(),
                origin or Origin(self.service, clock.new_id()),
                self.clock.rate,
            )
            yield tx
            await tx.write()


async def open_pool(dsn: str, service: str, *, size: int = 8, plan_each: bool = False) -> asyncpg.Pool:
    """A pool of connections. Raises when the store is away.

    `plan_each` plans a statement anew each time: a plan for any values opens and locks every partition of a table (at 2,560
    days 0.3 s once in each connection and statement), one for given values only those that may hold them.
    """
    settings = {"application_name": service} | ({"plan_cache_mode": "force_custom_plan"} if plan_each else {})
    return await asyncpg.create_pool(
        dsn, min_size=1, max_size=size, timeout=5, command_timeout=30, server_settings=settings, reset=_as_it_is
    )


async def _as_it_is(_: object) -> None:
    """What we set, lock or open ends with its transaction, so a connection that is given back needs no round trip to be clean.

    (asyncpg rolls back what is left open in any case.)
    """
