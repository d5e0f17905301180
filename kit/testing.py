"""Stage: services as tasks in one loop, on real Kafka and PostgreSQL, with one clock turned by hand."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
from aiokafka import AIOKafkaConsumer, TopicPartition
from fastapi import FastAPI
from prometheus_client import CollectorRegistry
from pydantic import SecretStr

from kit import auth, clock
from kit.cloudevents import envelope_of, event_of, known_types
from kit.kafka import client_settings
from kit.migrate import migrate
from kit.positions import caught_up
from kit.service import Running, Service
from kit.topics import create_topics
from schemas.event import Envelope, Event
from schemas.topic import Topic

SETTLE_WITHIN = 30.0
"""Wall seconds after which a stage that does not settle is a fault, told with what was not settled."""

UNSETTLED = """
SELECT (SELECT count(*) FROM kit.outbox WHERE published_at IS NULL) AS outbox,
       (SELECT coalesce(max(id), 0) FROM kit.outbox) AS emitted,
       (SELECT count(*) FROM kit.timers WHERE due_at <= $1) AS timers,
       (SELECT count(*) FROM kit.jobs WHERE state = 'running' OR (state = 'waiting' AND due_at <= $1)) AS jobs,
       (SELECT count(*) FROM kit.parked_keys WHERE redriving) AS redrives
"""
NEXT_DUE = """
SELECT least((SELECT min(due_at) FROM kit.timers), (SELECT min(due_at) FROM kit.jobs WHERE state = 'waiting'))
"""


@dataclass
class Stage:
    """Runs services and turns their clock. `advance` is the only wait there is."""

    services: Sequence[Service]
    kafka: str
    databases: Mapping[str, str]
    """A fresh database per service name, as a DSN."""
    prefix: str
    folder: Path
    """Where the stage keeps its key set."""
    at: datetime
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Further settings by service name."""

    async def __aenter__(self) -> "Stage":
        self.clock = clock.HandClock(self.at)
        self._key, jwks = auth.new_key_pair()
        (self.folder / "jwks.json").write_text(jwks)
        self._lives: dict[str, tuple[asyncio.Event, asyncio.Task[None]]] = {}
        self._faces: dict[str, FastAPI] = {}
        self._why: list[str] = []
        self._clients: list[httpx2.AsyncClient] = []
        self.running: dict[str, Running] = {}
        first = self._settings_of(self.services[0])
        await asyncio.gather(
            create_topics(client_settings(first), self.prefix),
            *(migrate(service.name, self.databases[service.name]) for service in self.services),
        )
        self._tasks = asyncio.TaskGroup()
        await self._tasks.__aenter__()
        for service in self.services:
            await self._start(service)
        await self.settle()
        return self

    async def __aexit__(self, *raised: Any) -> None:
        for stop, _ in self._lives.values():
            stop.set()
        for client in self._clients:
            await client.aclose()
        try:
            await self._tasks.__aexit__(None, None, None)
        finally:
            for running in self.running.values():
                await running.close()

    async def stop(self, name: str) -> None:
        """Stop a service in order. Time goes on without it, and nobody waits for what it leaves undone."""
        stop, life = self._lives.pop(name)
        stop.set()
        await life
        await self.running.pop(name).close()

    async def start(self, name: str) -> None:
        """Start a stopped service anew on the same store, and settle. Clients made before reach the new one."""
        await self._start(next(service for service in self.services if service.name == name))
        await self.settle()

    async def _start(self, service: Service) -> None:
        running, stop = Running(service, self._settings_of(service), self.clock, CollectorRegistry()), asyncio.Event()
        await running.open()
        self.running[service.name], self._faces[service.name] = running, running.app()
        self._lives[service.name] = stop, self._tasks.create_task(running.run(stop))

    def _settings_of(self, service: Service) -> Any:
        return service.settings(
            kafka=self.kafka,
            database_url=SecretStr(self.databases[service.name]),
            prefix=self.prefix,
            jwks=str(self.folder / "jwks.json"),
            **{"beat_seconds": 0, **self.settings.get(service.name, {})},
        )

    def http(self, service: str, *, actor: str = "tester", permissions: Sequence[str] = ()) -> httpx2.AsyncClient:
        """A client of a service's API, with a token of its own."""
        settings = self.running[service].settings
        token = auth.mint(
            self._key,
            actor,
            list(permissions),
            timedelta(hours=8),
            issuer=settings.issuer,
            audience=settings.audience,
            now=clock.wall(),
        )

        async def face(scope: Any, receive: Any, send: Any) -> None:
            await self._faces[service](scope, receive, send)

        client = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(face),
            base_url=f"http://{service}",
            headers={"Authorization": f"Bearer {token}"} if permissions else {},
        )
        self._clients.append(client)
        return client

    async def advance(self, *, minutes: float = 0, seconds: float = 0) -> None:
        """Turn the clock on, from due time to due time, settling at each."""
        target = self.clock.now() + timedelta(minutes=minutes, seconds=seconds)
        await self.settle()
        while (due := await self._next_due()) is not None and due <= target:
            if due > self.clock.now():
                self.clock.turn_to(due)
            await self.settle()
        self.clock.turn_to(target)
        await self.settle()

    async def settle(self) -> None:
        """Until outboxes are empty, streams are read up, jobs are done and nothing is due, twice in a row."""
        before: Any = None
        async with self._told():
            while True:
                unsettled, emitted = await self._unsettled()
                if not unsettled and emitted == before:
                    return
                before = None if unsettled else emitted
                self._why = unsettled
                await asyncio.sleep(0.005)

    @contextlib.asynccontextmanager
    async def _told(self) -> AsyncIterator[None]:
        self._why = []
        try:
            async with asyncio.timeout(SETTLE_WITHIN):
                yield
        except TimeoutError:
            raise AssertionError(f"the stage does not settle: {'; '.join(self._why)}") from None

    async def _unsettled(self) -> tuple[list[str], list[int]]:
        found, emitted = [], []
        for name, running in self.running.items():
            async with running.store.pool.acquire() as db:
                [record] = await db.fetch(UNSETTLED, self.clock.now())
            row = dict(record)
            emitted.append(row.pop("emitted"))
            found += [f"{name}: {count} {what}" for what, count in row.items() if count]
        if not found:
            for name, running in self.running.items():
                if not await caught_up(running.store, running.ends, list(running.service.consumes)):
                    found.append(f"{name}: topics not read up")
        return found, emitted

    async def _next_due(self) -> datetime | None:
        due = []
        for running in self.running.values():
            async with running.store.pool.acquire() as db:
                due.append(await db.fetchval(NEXT_DUE))
        return min((instant for instant in due if instant is not None), default=None)

    async def said(self, topic: Topic) -> list[tuple[Envelope, Event]]:
        """Everything said on a topic so far, in the order of each partition."""
        return await said(self.kafka, self.prefix, topic)

    async def events(self, topic: Topic) -> list[Event]:
        """The events said on a topic so far."""
        return [event for _, event in await self.said(topic)]


async def said(kafka: str, prefix: str, topic: Topic) -> list[tuple[Envelope, Event]]:
    """Read a topic from its beginning to the end it has now."""
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka, enable_auto_commit=False)
    await consumer.start()
    try:
        places = [TopicPartition(topic.kafka_name(prefix), number) for number in range(topic.partitions)]
        consumer.assign(places)
        begins, ends = await consumer.beginning_offsets(places), await consumer.end_offsets(places)
        found: list[tuple[Envelope, Event]] = []
        for place in places:
            at = begins[place]
            consumer.seek(place, at)
            while at < ends[place]:
                for record in (await consumer.getmany(place, timeout_ms=200)).get(place, []):
                    envelope = envelope_of(record.headers)
                    found.append((envelope, event_of(known_types()[envelope.type], record.value)))
                    at = record.offset + 1
        return found
    finally:
        await consumer.stop()
