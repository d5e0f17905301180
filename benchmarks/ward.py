"""A ward: a whole clinic as `chairside up` runs it, with many watched sessions, a gateway that measures them, and a listener.

Sessions are seeded into monitoring's own store by its own functions, because 5,000 visits through the front door would take
longer than what is measured: INFUSING, with a baseline, a device bound and the watching timers armed, as its routes leave them.
"""

import asyncio
import contextlib
import json
import random
import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx2
import psutil
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError
from pydantic import SecretStr

from chairside.clinic import Clinic
from kit.clock import wall
from kit.cloudevents import headers, type_of
from kit.db import Store, open_pool
from kit.kafka import partition_of
from kit.positions import Ends, positions, unread
from schemas.monitoring.alarms import ALARMS
from schemas.monitoring.sessions import DeviceBound, InfusionStarted
from schemas.monitoring.vitals import VITALS
from services.monitoring import store as monitoring
from services.monitoring.settings import MonitoringSettings
from services.monitoring.timers.watching import watch

TICK_S = 0.02
BATCH = 20
"""Readings in one HTTP request."""
AT_ONCE = 64
"""HTTP requests in flight at most: a gateway's pool of connections."""
PATIENCE_S = 10.0
"""How long the last requests may take."""
DANGER = 205.0
"""A systolic pressure of a cuff that is an emergency by itself, clinical 4.3 A1."""
CODE = "A1"
BASELINE = {"8480-6": 118.0, "8462-4": 78.0}


@dataclass(slots=True)
class Bed:
    """A session, its device, and the danger that it was put in and nobody was told of yet."""

    session_id: UUID
    device_id: str
    chair: int
    free: bool = True
    """Whether it may be put in danger: no alarm of the last one is open."""
    since: float | None = None
    """When the dangerous reading was sent, on `time.perf_counter`."""

    @property
    def key(self) -> str:
        """Its record key."""
        return str(self.session_id)


@dataclass
class Found:
    """What one run found."""

    sent: int = 0
    dangers: int = 0
    waits_ms: list[float] = field(default_factory=list)
    """From just before the reading was sent until AlarmRaised was in this process's hand."""
    doubled: int = 0
    late_ticks_ms: list[float] = field(default_factory=list)
    """How late the gateway itself was."""
    refused: int = 0
    unsent: int = 0
    """Ticks whose readings were not all taken when the run was over: more than this machine can take this way."""
    sent_at: dict[str, float] = field(default_factory=dict)
    """By alarm: when its reading was sent, in wall seconds."""


class Ward:
    """See the module."""

    def __init__(self, clinic: Clinic) -> None:
        self.clinic = clinic
        self.beds: list[Bed] = []
        self.found = Found()
        self._by_session: dict[str, Bed] = {}
        self._answering: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> "Ward":
        self._stack = contextlib.AsyncExitStack()
        dsn = self.clinic.dsn("monitoring")
        pool = await self._stack.enter_async_context(await open_pool(dsn, "bench", size=2))
        settings = MonitoringSettings(
            kafka=self.clinic.kafka, database_url=SecretStr(dsn), prefix=self.clinic.prefix, jwks="none"
        )
        self.store = Store(pool, "monitoring", settings, self.clinic.clock)
        self.paging: asyncpg.Pool = await self._stack.enter_async_context(
            await open_pool(self.clinic.dsn("notifications"), "bench", size=2)
        )
        self.producer = AIOKafkaProducer(bootstrap_servers=self.clinic.kafka, enable_idempotence=True, max_batch_size=1 << 18)
        await self.producer.start()
        self._stack.push_async_callback(self.producer.stop)
        self.ends = Ends({"bootstrap_servers": self.clinic.kafka}, self.clinic.prefix)
        self._stack.push_async_callback(self.ends.close)
        self.gateway, self.nurse = self._client("device"), self._client("nurse")
        await self._staff()
        listening = asyncio.create_task(self._listen())
        self._stack.callback(listening.cancel)
        return self

    async def __aexit__(self, *raised: Any) -> None:
        await asyncio.gather(*self._answering, return_exceptions=True)
        await self._stack.aclose()

    def _client(self, role: str) -> httpx2.AsyncClient:
        client = httpx2.AsyncClient(
            base_url=self.clinic.services["monitoring"],
            headers={"Authorization": f"Bearer {self.clinic.token(role)}"},
            timeout=60,
            trust_env=False,
            limits=httpx2.Limits(max_connections=AT_ONCE, max_keepalive_connections=AT_ONCE),
        )
        self._stack.push_async_callback(client.aclose)
        return client

    async def _staff(self) -> None:
        """A prescriber on duty, paged on the console: an emergency has somebody to tell."""
        await self.paging.execute("INSERT INTO staff (staff_id, role) VALUES ('bench', 'prescriber') ON CONFLICT DO NOTHING")
        await self.paging.execute(
            "INSERT INTO shifts (shift_id, staff_id, role, during) VALUES ($1, 'bench', 'prescriber', tstzrange($2, $3))",
            uuid4(), self.clinic.clock.now() - timedelta(hours=1), self.clinic.clock.now() + timedelta(hours=12),
        )  # fmt: skip

    async def seed(self, count: int) -> None:
        """More sessions, until there are as many."""
        while len(self.beds) < count:
            first = len(self.beds)
            beds = [Bed(uuid4(), f"bench-{n}", n + 1) for n in range(first, min(first + 500, count))]
            async with self.store.transaction() as tx:
                for bed in beds:
                    await monitoring.open_session(tx, bed.session_id, uuid4(), uuid4(), uuid4(), bed.chair)
                held = await monitoring.hold_many(tx, [bed.session_id for bed in beds])
                for bed in beds:
                    session = held[bed.session_id]
                    session.phase, session.started_at, session.duration_minutes = "INFUSING", tx.now, 40
                    session.baseline = dict(BASELINE)
                    await monitoring.bind(tx, bed.device_id, session)
                    await watch(tx, session)
                    about: dict[str, Any] = {"session_id": bed.session_id, "chair": bed.chair}
                    tx.emit(DeviceBound(device_id=bed.device_id, bound_at=tx.now, **about))
                    tx.emit(
                        InfusionStarted(
                            dose_mg=40, rate_mg_per_minute=1, duration_minutes=40, actor="bench", started_at=tx.now, **about
                        )
                    )
                await monitoring.keep(tx, list(held.values()))
            self.beds += beds
            self._by_session |= {bed.key: bed for bed in beds}

    async def run(self, way: str, count: int, seconds: float, dangers_per_s: float) -> Found:
        """Measure the first sessions once a second each, by `topic` or `http`, and put some in danger on the way."""
        self.found = found = Found()
        say: Callable[[Sequence[Bed], str], Coroutine[Any, Any, None]] = self._by_topic if way == "topic" else self._by_http
        beds, ticks = self.beds[:count], round(1 / TICK_S)
        shares = [beds[number::ticks] for number in range(ticks)]
        waiting: set[asyncio.Task[None]] = set()
        begun, owed = time.perf_counter(), 0.0
        for tick in range(round(seconds / TICK_S)):
            due = begun + tick * TICK_S
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            found.late_ticks_ms.append((time.perf_counter() - due) * 1000)
            share = shares[tick % ticks]
            owed += dangers_per_s * TICK_S
            # Not in the first fifth, while everything warms up, nor in the last seconds: each has time to be told of.
            if owed >= 1 and seconds / 5 < tick * TICK_S < seconds - 3 and (able := [bed for bed in share if bed.free]):
                owed = 0.0
                random.choice(able).free = False
            task = asyncio.create_task(say(share, self.clinic.clock.now().isoformat(timespec="microseconds")))
            waiting.add(task)
            task.add_done_callback(waiting.discard)
        if waiting:
            _, unsent = await asyncio.wait(waiting, timeout=PATIENCE_S)
            found.unsent = len(unsent)
            for task in unsent:
                task.cancel()
            await asyncio.gather(*unsent, return_exceptions=True)
        return found

    async def _by_topic(self, beds: Sequence[Bed], at: str) -> None:
        """As a gateway on the topic: keyed by session, Kafka's own partitioner, one packed batch a partition."""
        name = VITALS.kafka_name(self.clinic.prefix)
        batches: dict[int, Any] = {}
        now = wall()
        for bed in beds:
            value = _reading(bed, at, self._endanger(bed), session=True)
            partition = partition_of(bed.key, VITALS.partitions)
            batch = batches.get(partition) or batches.setdefault(partition, self.producer.create_batch())
            event = uuid4()
            about = headers(
                id=event, type="VitalsMeasured", source="monitoring", time=now, subject=bed.key, correlation_id=event,
                causation_id=None, sequence=0, traceparent=None,
            )  # fmt: skip
            assert batch.append(key=bed.key.encode(), value=value.encode(), headers=about, timestamp=None) is not None
        stamped = [bed for bed in beds if self._endanger(bed)]
        self._stamp(beds, time.perf_counter())
        try:
            acks = [await self.producer.send_batch(batch, name, partition=partition) for partition, batch in batches.items()]
            await asyncio.gather(*acks)
        except KafkaError:
            self._refuse(beds, stamped)
        else:
            self.found.sent += len(beds)

    async def _by_http(self, beds: Sequence[Bed], at: str) -> None:
        """As a gateway over HTTP: requests of twenty devices each."""
        await asyncio.gather(*(self._post(beds[first : first + BATCH], at) for first in range(0, len(beds), BATCH)))

    async def _post(self, beds: Sequence[Bed], at: str) -> None:
        devices = ",".join(
            f'{{"device_id":"{bed.device_id}","readings":[{_reading(bed, at, self._endanger(bed), session=False)}]}}'
            for bed in beds
        )
        stamped = [bed for bed in beds if self._endanger(bed)]
        self._stamp(beds, time.perf_counter())
        try:
            answer = await self.gateway.post(
                "/vitals", content=f'{{"devices":[{devices}]}}', headers={"Content-Type": "application/json"}
            )
            taken = answer.status_code == httpx2.codes.ACCEPTED
        except httpx2.HTTPError:
            taken = False
        if taken:
            self.found.sent += len(beds)
        else:
            self._refuse(beds, stamped)

    def _refuse(self, beds: Sequence[Bed], stamped: Sequence[Bed]) -> None:
        """A danger that was not taken is put again at the next tick of its bed."""
        self.found.refused += len(beds)
        for bed in stamped:
            if bed.since is not None and bed.since > 0:
                bed.since = None
                self.found.dangers -= 1

    def _endanger(self, bed: Bed) -> bool:
        return not bed.free and bed.since is None

    def _stamp(self, beds: Sequence[Bed], sent: float) -> None:
        for bed in beds:
            if self._endanger(bed):
                bed.since = sent
                self.found.dangers += 1

    async def _listen(self) -> None:
        """Take alarms as they come, and answer each as a nurse at the bedside does."""
        consumer = AIOKafkaConsumer(bootstrap_servers=self.clinic.kafka, fetch_max_wait_ms=20)
        await consumer.start()
        try:
            name = ALARMS.kafka_name(self.clinic.prefix)
            consumer.assign([TopicPartition(name, number) for number in range(ALARMS.partitions)])
            await consumer.seek_to_end()
            while True:
                for records in (await consumer.getmany(timeout_ms=500)).values():
                    now = time.perf_counter()
                    for record in records:
                        self._hear(type_of(record.headers), json.loads(record.value or b"{}"), now)
        finally:
            await consumer.stop()

    def _hear(self, kind: str | None, event: dict[str, Any], now: float) -> None:
        bed = self._by_session.get(event.get("session_id") or "")
        if bed is None or event.get("code", CODE) != CODE:
            return
        if kind == "AlarmRaised":
            if bed.since is None or bed.since < 0:
                self.found.doubled += 1
                return
            self.found.waits_ms.append((now - bed.since) * 1000)
            self.found.sent_at[event["alarm_id"]] = wall().timestamp() - (time.perf_counter() - bed.since)
            bed.since = -1.0
            task = asyncio.create_task(self._answer(event["alarm_id"]))
            self._answering.add(task)
            task.add_done_callback(self._answering.discard)
        elif kind == "AlarmEnded":
            bed.free, bed.since = True, None

    async def _answer(self, alarm_id: str) -> None:
        await asyncio.sleep(2)
        await self.nurse.post(f"/alarms/{alarm_id}/acknowledgement", json={})

    async def lag(self) -> int:
        """Readings that lie on the topic and are not handled."""
        async with self.store.pool.acquire() as db:
            return unread(await self.ends.of([VITALS]), await positions(db))

    async def paged_ms(self, found: Found) -> list[float]:
        """From the reading until its page's first channel had taken it, as notifications wrote it down."""
        rows = await self.paging.fetch(
            "SELECT p.alarm_id, min(j.finished_at) AS at "
            "FROM pages p JOIN tellings t USING (page_id) JOIN kit.jobs j ON j.id = t.job_id "
            "WHERE t.outcome = 'sent' AND p.alarm_id = ANY($1::uuid[]) GROUP BY 1",
            [UUID(alarm) for alarm in found.sent_at],
        )
        return [(row["at"].timestamp() - found.sent_at[str(row["alarm_id"])]) * 1000 for row in rows]


def _reading(bed: Bed, at: str, danger: bool, *, session: bool) -> str:
    systolic = DANGER if danger else 118.0
    measured = ",".join(
        f'{{"code":"{code}","value":{value},"unit":"{unit}"}}'
        for code, value, unit in (
            ("8480-6", systolic, "mm[Hg]"),
            ("8462-4", 78.0, "mm[Hg]"),
            ("8867-4", 70.0, "/min"),
            ("59408-5", 98.0, "%"),
        )
    )
    about = f'"measured_at":"{at}","method":"cuff","simulated":true,"measurements":[{measured}]'
    if not session:
        return f"{{{about}}}"
    return f'{{"device_id":"{bed.device_id}","session_id":"{bed.key}","chair":{bed.chair},"received_at":"{at}",{about}}}'


class Processes:
    """Resident memory and processor time of a clinic's processes: our own children."""

    def __init__(self) -> None:
        self.ours: dict[str, list[psutil.Process]] = {"bench": [psutil.Process()]}
        for process in psutil.Process().children(recursive=True):
            with contextlib.suppress(psutil.Error):
                line = " ".join(process.cmdline())
                name = next((word.removeprefix("services.") for word in line.split() if word.startswith("services.")), None)
                called = name or ("kafka" if "java" in line.split(" ")[0] else "postgres")
                self.ours.setdefault(called, []).append(process)

    def memory_mb(self) -> dict[str, float]:
        """Resident memory by process; PostgreSQL's shared pages count once for each of its processes."""
        return {name: round(self._sum(found, lambda p: p.memory_info().rss) / 1e6, 1) for name, found in self.ours.items()}

    def cpu_s(self) -> dict[str, float]:
        """Processor seconds so far; `others` is whatever else this machine does, a measurement's enemy."""
        ours = {name: self._sum(found, lambda p: sum(p.cpu_times()[:2])) for name, found in self.ours.items()}
        machine = psutil.cpu_times()
        return ours | {"others": sum(machine) - machine.idle - getattr(machine, "iowait", 0.0) - sum(ours.values())}

    @staticmethod
    def _sum(found: Sequence[psutil.Process], ask: Callable[[psutil.Process], float]) -> float:
        total = 0.0
        for process in found:
            with contextlib.suppress(psutil.Error):
                total += ask(process)
        return total
