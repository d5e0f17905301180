"""Clinics of real processes under the real supervisor, between servers of their own, any of which may be killed."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx2
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from pydantic import SecretStr

from benchmarks.house import House, free_port
from chairside.embedded import children
from chairside.supervisor import Child, Supervisor
from kit import auth
from kit.clock import RunningClock, wall
from kit.cloudevents import envelope_of, event_of, known_types
from kit.db import Store, open_pool
from kit.errors import AWAY
from kit.migrate import migrate
from kit.topics import new_topic
from schemas.event import Envelope, Event
from schemas.monitoring.alarms import ALARMS
from schemas.monitoring.sessions import DeviceBound, InfusionStarted, PatientDischarged
from schemas.topic import Topic
from services.monitoring import store as monitoring
from services.monitoring.settings import MonitoringSettings
from services.monitoring.timers.watching import unwatch, watch

REPOSITORY = Path(__file__).parents[2]
SERVICES = ("monitoring", "notifications", "trends")
WITHIN = 90.0
SECRET = "a secret of the failure tests"
BASELINE = {"8480-6": 118.0, "8462-4": 78.0}


@dataclass
class Clinic:
    """Monitoring, notifications and trends, on one clock."""

    house: House
    folder: Path
    clock: RunningClock
    urls: dict[str, str] = field(default_factory=dict)
    dsns: dict[str, str] = field(default_factory=dict)
    token: str = ""

    @property
    def prefix(self) -> str:
        """Of its topics."""
        return f"{self.house.prefix}-{self.clock.rate:g}"

    def wall_of(self, instant: datetime) -> datetime:
        """When the wall clock shows what the clinic's clock shows at an instant."""
        return self.clock.wall_anchor + (instant - self.clock.domain_anchor) / self.clock.rate

    def domain_of(self, instant: datetime) -> datetime:
        """What the clinic's clock shows at a wall instant."""
        return self.clock.domain_anchor + (instant - self.clock.wall_anchor) * self.clock.rate

    async def prepare(self, *services: str) -> None:
        """Make databases and topics, and let a gateway in."""
        self.folder.mkdir()
        key, jwks = auth.new_key_pair()
        (self.folder / "jwks.json").write_text(jwks)
        self.token = auth.mint(key, "gateway", ["vitals.write"], timedelta(hours=1), issuer="chairside", audience="chairside")
        await self.house.make_topics(self.prefix)
        await self._append_time()
        for name in services:
            self.dsns[name] = await self.house.database(f"{name}_{self.clock.rate:g}")
            self.urls[name] = f"http://127.0.0.1:{free_port()}"
        await asyncio.gather(*(migrate(name, self.dsns[name]) for name in services))

    async def open(self, supervisor: Supervisor) -> None:
        """Keep the services running."""
        await self.prepare(*SERVICES)
        await self._staff()
        for name in SERVICES:
            log = self.folder / f"{name}.log"
            command: list[str | Path] = [sys.executable, "-m", f"services.{name}"]
            start = partial(children.start, command, log=log, dying=signal.SIGKILL, env=self.environment(name), cwd=REPOSITORY)
            supervisor.keep(Child(self.child(name), start, log, dying=signal.SIGKILL))

    def child(self, service: str) -> str:
        """What the supervisor calls a service's process."""
        return f"{self.prefix} {service}"

    def environment(self, name: str) -> dict[str, str]:
        """Of a service's process."""
        return {
            **os.environ,
            **self.house.environment(self.dsns[name], self.prefix, int(self.urls[name].rpartition(":")[2])),
            "CHAIRSIDE_JWKS": str(self.folder / "jwks.json"),
            "CHAIRSIDE_INSTANCE": f"{name}-1",
            "CHAIRSIDE_CLOCK_WALL": self.clock.wall_anchor.isoformat(),
            "CHAIRSIDE_CLOCK_DOMAIN": self.clock.domain_anchor.isoformat(),
            "CHAIRSIDE_CLOCK_RATE": str(self.clock.rate),
            "CHAIRSIDE_NOTIFICATIONS_LINK_SECRET": SECRET,
            "CHAIRSIDE_NOTIFICATIONS_WEBHOOK_SECRET": SECRET,
        }

    async def _append_time(self) -> None:
        """The broker itself stamps when an alarm is on its topic."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self.house.kafka)
        await admin.start()
        configs = new_topic(ALARMS, self.prefix, 1).topic_configs | {"message.timestamp.type": "LogAppendTime"}
        await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, ALARMS.kafka_name(self.prefix), configs)])
        await admin.close()

    async def _staff(self) -> None:
        """A prescriber on duty."""
        during = (self.clock.now() - timedelta(hours=1), self.clock.now() + timedelta(hours=12))
        connection = await asyncpg.connect(self.dsns["notifications"])
        await connection.execute("INSERT INTO staff (staff_id, role) VALUES ('dr-lee', 'prescriber')")
        await connection.execute(
            "INSERT INTO shifts (shift_id, staff_id, role, during) VALUES ($1, 'dr-lee', 'prescriber', tstzrange($2, $3))",
            uuid4(), *during,
        )  # fmt: skip
        await connection.close()

    async def ready(self, service: str) -> bool:
        """What the probe says."""
        with contextlib.suppress(httpx2.HTTPError):
            async with httpx2.AsyncClient(timeout=2, trust_env=False) as client:
                return (await client.get(f"{self.urls[service]}/readyz")).status_code == httpx2.codes.OK
        return False

    @contextlib.asynccontextmanager
    async def store(self) -> AsyncIterator[Store]:
        """Monitoring's own store, for the length of the block."""
        dsn = self.dsns["monitoring"]
        settings = MonitoringSettings(kafka=self.house.kafka, database_url=SecretStr(dsn), prefix=self.prefix, jwks="none")
        async with await open_pool(dsn, "test", size=2) as pool:
            yield Store(pool, "monitoring", settings, self.clock)

    async def infuse(self, device_id: str, chair: int) -> UUID:
        """A session that infuses for two minutes and is watched by a device from now on, as the routes leave it."""
        session_id = uuid4()
        about: dict[str, Any] = {"session_id": session_id, "chair": chair}
        async with self.store() as store, store.transaction() as tx:
            await monitoring.open_session(tx, session_id, uuid4(), uuid4(), uuid4(), chair)
            session = (await monitoring.hold_many(tx, [session_id]))[session_id]
            begun = tx.now - timedelta(minutes=2)
            session.phase, session.started_at, session.duration_minutes = "INFUSING", begun, 40
            session.baseline = dict(BASELINE)
            await monitoring.bind(tx, device_id, session)
            await watch(tx, session)
            await monitoring.keep(tx, [session])
            tx.emit(DeviceBound(device_id=device_id, bound_at=tx.now, **about))
            tx.emit(InfusionStarted(dose_mg=40, rate_mg_per_minute=1, duration_minutes=40, actor="t", started_at=begun, **about))
        return session_id

    async def go_home(self, session_ids: list[UUID]) -> None:
        """The sessions are over."""
        async with self.store() as store, store.transaction() as tx:
            for session in (await monitoring.hold_many(tx, session_ids)).values():
                session.phase = "DISCHARGED"
                await unwatch(tx, session)
                await monitoring.keep(tx, [session])
                about: dict[str, Any] = {"session_id": session.session_id, "chair": session.chair}
                tx.emit(PatientDischarged(patient_id=session.patient_id, actor="t", discharged_at=tx.now, **about))

    async def ask(self, service: str, sql: str, *args: Any) -> Any:
        """One value from a service's store; None while that is away."""
        with contextlib.suppress(*AWAY):
            connection = await asyncpg.connect(self.dsns[service], timeout=5)
            try:
                return await connection.fetchval(sql, *args)
            finally:
                await connection.close()
        return None

    async def said(self, topic: Topic) -> list[tuple[datetime, Envelope, Event]]:
        """What lies on a topic and when it came there, read by nobody's group."""
        consumer = AIOKafkaConsumer(bootstrap_servers=self.house.kafka, enable_auto_commit=False)
        await consumer.start()
        try:
            places = [TopicPartition(topic.kafka_name(self.prefix), number) for number in range(topic.partitions)]
            consumer.assign(places)
            await consumer.seek_to_beginning()
            ends = await consumer.end_offsets(places)
            found = []
            while any([await consumer.position(place) < end for place, end in ends.items()]):
                for records in (await consumer.getmany(timeout_ms=200)).values():
                    for record in records:
                        envelope = envelope_of(record.headers)
                        at = datetime.fromtimestamp(record.timestamp / 1000, UTC)
                        found.append((at, envelope, event_of(known_types()[envelope.type], record.value)))
            return found
        finally:
            await consumer.stop()


@dataclass
class Ward:
    """A clinic at the wall's own pace, and one whose five minutes take ten seconds, between the same servers."""

    day: Clinic
    quick: Clinic
    supervisor: Supervisor

    async def kill(self, victim: str) -> datetime:
        """SIGKILL. Returns the wall instant."""
        names = [victim] if victim in self.supervisor.children else [clinic.child(victim) for clinic in (self.day, self.quick)]
        processes = [process for name in names if (process := self.supervisor.children[name].process) is not None]
        at = wall()
        for process in processes:
            process.send_signal(signal.SIGKILL)
        self._killed = {name: process.pid for name, process in zip(names, processes, strict=True)}
        return at

    async def recovered(self, victim: str) -> tuple[datetime, datetime]:
        """Wait until what was killed runs again and answers, and all that must be ready for an alarm is: when each was."""

        async def again() -> bool:
            running = [(process.pid, pid) for name, pid in self._killed.items() if (process := self._process(name)) is not None]
            return len(running) == len(self._killed) and all(now != then for now, then in running)

        asked = sorted({victim, "monitoring"} & set(SERVICES))
        probes = [partial(clinic.ready, service) for service in asked for clinic in (self.day, self.quick)]
        first = [PROBES[victim](self.day.house)] if victim in PROBES else probes
        await self.until(f"{victim} answers", again, *first)
        answers = wall()
        await self.until("monitoring is ready", *probes)
        return answers, wall()

    def _process(self, name: str) -> Any:
        return self.supervisor.children[name].process

    async def until(self, what: str, *conditions: Callable[[], Any], every: float = 0.05, found: Any = "") -> None:
        """Wait until all conditions are met, one after the other; `found` is shown when they are not."""
        try:
            async with asyncio.timeout(WITHIN):
                for condition in conditions:
                    while not await condition():
                        await asyncio.sleep(every)
        except TimeoutError:
            logs = [path for clinic in (self.day, self.quick) for path in sorted(clinic.folder.glob("*.log"))]
            told = "\n".join(f"--- {path.parent.name} {children.tail(path, 5)[-2000:]}" for path in logs)
            raise AssertionError(f"not within {WITHIN} s: {what} {found}\n{told}") from None


def _kafka(house: House) -> Callable[[], Awaitable[bool]]:
    async def answers() -> bool:
        admin = AIOKafkaAdminClient(bootstrap_servers=house.kafka, request_timeout_ms=2000)
        try:
            await admin.start()
            await admin.list_topics()
        except AWAY:
            return False
        finally:
            await admin.close()
        return True

    return answers


def _postgres(house: House) -> Callable[[], Awaitable[bool]]:
    async def answers() -> bool:
        with contextlib.suppress(*AWAY):
            await (await asyncpg.connect(house.postgres, timeout=2)).close()
            return True
        return False

    return answers


PROBES: dict[str, Callable[[House], Callable[[], Awaitable[bool]]]] = {"kafka": _kafka, "postgres": _postgres}


@contextlib.asynccontextmanager
async def ward(folder: Path, quick_rate: float) -> AsyncIterator[Ward]:
    """Both clinics up and ready, on servers of their own."""
    async with House.open(folder, own=True) as house:
        assert house.own is not None
        kafka, postgres = house.own
        below, above = Supervisor(print), Supervisor(print)
        now = wall()
        day, quick = (Clinic(house, folder / f"rate-{rate:g}", RunningClock(now, now, rate)) for rate in (1.0, quick_rate))
        try:
            below.keep(Child("kafka", kafka.start, kafka.log, process=kafka.process))
            below.keep(Child("postgres", postgres.start, postgres.log, dying=signal.SIGINT, process=postgres.process))
            await asyncio.gather(day.open(above), quick.open(above))
            above.children |= below.children
            there = Ward(day, quick, above)
            await there.until("all ready", *(partial(c.ready, service) for c in (day, quick) for service in SERVICES))
            yield there
        finally:
            for name in below.children:
                above.children.pop(name, None)
            await above.stop()
            await below.stop()
