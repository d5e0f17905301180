"""The desk of a clinic: notifications as a real process, people on duty who are reached by webhook, and a producer of alarms."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx2
from aiokafka import AIOKafkaProducer

from benchmarks.house import House, free_port
from benchmarks.pager import Pager
from chairside.embedded import children
from kit import auth
from kit.clock import wall
from kit.cloudevents import headers
from kit.migrate import migrate
from kit.testing import said
from schemas.catalogue import events
from schemas.event import Event
from schemas.monitoring.alarms import AlarmRaised, Priority
from schemas.notifications.pages import PAGES, PageOpened
from schemas.scheduling.staff import ChairAssigned, Role, ShiftPlanned, StaffIdentity, StaffMemberRegistered

REPOSITORY = Path(__file__).parents[1]
SECRET = "a secret of the paging benchmark"  # noqa: S105
CHAIRS = 12
STAFF: dict[str, Role] = {
    **{f"nurse-{number}": "nurse" for number in range(4)},
    "charge": "charge nurse",
    "dr-lee": "prescriber",
    "director": "medical director",
}
WITHIN = 600.0
"""Wall seconds after which what does not come is a fault."""
QUIET = (
    "SELECT (SELECT count(*) FROM kit.jobs WHERE state = 'running' OR (state = 'waiting' AND due_at <= $1)) "
    "+ (SELECT count(*) FROM kit.outbox WHERE published_at IS NULL) + (SELECT count(*) FROM kit.timers WHERE due_at <= $1)"
)
"""What notifications still has to do now."""
PUT_OFF = "UPDATE kit.timers SET due_at = due_at + interval '6 hours' WHERE due_at < $1 AND due_at > $2"


def alarm(number: int, priority: Priority) -> AlarmRaised:
    """An alarm of a session of its own."""
    return AlarmRaised(
        alarm_id=uuid4(), code="A1", title="blood pressure", kind="physiological", priority=priority, session_id=uuid4(),
        device_id=f"bench-{number % CHAIRS}", chair=number % CHAIRS + 1, limits_version="bench", raised_at=wall(),
    )  # fmt: skip


@dataclass
class Desk:
    """See the module."""

    house: House
    folder: Path
    pager: Pager
    dsn: str
    key: str
    """Signs the tokens that let this process in."""
    db: asyncpg.Pool
    """Notifications' own store, looked at from outside."""
    producer: AIOKafkaProducer
    port: int = field(default_factory=free_port)
    published: dict[UUID, float] = field(default_factory=dict)
    """When each alarm that pages was handed to the producer, on `time.perf_counter`."""

    @classmethod
    @contextlib.asynccontextmanager
    async def open(cls, house: House, folder: Path) -> AsyncIterator["Desk"]:
        """Everybody on duty, and notifications running and ready."""
        async with contextlib.AsyncExitStack() as stack:
            pager = await stack.enter_async_context(Pager(SECRET))
            dsn = await house.database("paging")
            await migrate("notifications", dsn)
            await house.make_topics(house.prefix)
            key, jwks = auth.new_key_pair()
            (folder / "jwks.json").write_text(jwks)
            db = await stack.enter_async_context(asyncpg.create_pool(dsn, min_size=1, max_size=2))
            producer = AIOKafkaProducer(bootstrap_servers=house.kafka, acks="all", enable_idempotence=True)
            await producer.start()
            stack.push_async_callback(producer.stop)
            desk = cls(house, folder, pager, dsn, key, db, producer)
            stack.push_async_callback(desk.stop)
            await desk.start()
            await desk._staff()
            yield desk

    # --- the process ---

    async def start(self) -> None:
        """Start notifications; returns once it is ready."""
        env = {
            **os.environ,
            **self.house.environment(self.dsn, self.house.prefix, self.port),
            "CHAIRSIDE_JWKS": str(self.folder / "jwks.json"),
            "CHAIRSIDE_INSTANCE": "notifications-1",
            "CHAIRSIDE_NOTIFICATIONS_LINK_SECRET": SECRET,
            "CHAIRSIDE_NOTIFICATIONS_WEBHOOK_SECRET": SECRET,
        }
        self.process = await _started(self.folder / "notifications.log", env)

        async def ready() -> bool:
            if self.process.poll() is not None:
                raise RuntimeError(f"notifications ended: {children.tail(self.folder / 'notifications.log', 20)}")
            with contextlib.suppress(httpx2.HTTPError):
                async with self._client() as client:
                    return (await client.get("/readyz")).status_code == httpx2.codes.OK
            return False

        await until("notifications is ready", ready)

    def kill(self) -> None:
        """Kill it in the middle of whatever it does."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    async def stop(self) -> None:
        """Stop it in order."""
        self.process.terminate()
        await asyncio.to_thread(self.process.wait, 20)

    def _client(self, *permissions: str) -> httpx2.AsyncClient:
        token = auth.mint(self.key, "bench", permissions, timedelta(hours=1), issuer="chairside", audience="chairside")
        return httpx2.AsyncClient(
            base_url=f"http://127.0.0.1:{self.port}", headers={"Authorization": f"Bearer {token}"}, timeout=10, trust_env=False
        )

    async def _staff(self) -> None:
        async with self._client("contacts.write") as client:
            for staff_id in STAFF:
                ways = [{"channel": "webhook", "address": f"{self.pager.url}/{staff_id}"}]
                answer = await client.put(f"/contacts/{staff_id}", json={"channels": ways})
                if answer.status_code != httpx2.codes.NO_CONTENT:
                    raise RuntimeError(f"contacts are refused: {answer.text}")
        during: dict[str, Any] = {"starts_at": wall() - timedelta(hours=1), "ends_at": wall() + timedelta(hours=12)}
        found: list[Event] = []
        for number, (staff_id, role) in enumerate(STAFF.items()):
            identity = StaffIdentity(display_name="Bench")
            found.append(StaffMemberRegistered(staff_id=staff_id, identity=identity, role=role, registered_at=wall()))
            found.append(ShiftPlanned(shift_id=uuid4(), staff_id=staff_id, role=role, **during))
            if role == "nurse":
                found += [
                    ChairAssigned(assignment_id=uuid4(), staff_id=staff_id, chair=chair + 1, **during)
                    for chair in range(number, CHAIRS, 4)
                ]
        await asyncio.gather(*[await self.send(event) for event in found])
        await until("the duty book is kept", partial(self._count, "SELECT count(*) FROM chair_assignments", CHAIRS))

    async def _count(self, sql: str, least: int) -> bool:
        return bool(await self.db.fetchval(sql) >= least)

    # --- what is said ---

    async def send(self, event: Event) -> Any:
        """Say an event; returns the future of its acknowledgement by every replica."""
        kind, topic = events()[type(event).__name__]
        event_id, key = uuid4(), topic.key_of(event)
        about = headers(
            id=event_id, type=kind.__name__, source=topic.producer, time=wall(), subject=key, correlation_id=event_id,
            causation_id=None, sequence=0, traceparent=None,
        )  # fmt: skip
        value = event.model_dump_json().encode()
        if isinstance(event, AlarmRaised) and event.priority != "low":
            self.published[event.alarm_id] = time.perf_counter()
        return await self.producer.send(topic.kafka_name(self.house.prefix), value=value, key=key.encode(), headers=about)

    async def send_all(self, alarms: Iterable[AlarmRaised]) -> None:
        """Say alarms as fast as they can be said; returns once all are acknowledged."""
        await asyncio.gather(*[await self.send(one) for one in alarms])

    async def send_at(self, rate: float, alarms: list[AlarmRaised]) -> None:
        """Say alarms at an even rate, whatever becomes of those before; returns once all are acknowledged."""
        begun, acks = time.perf_counter(), []
        for number, one in enumerate(alarms):
            await asyncio.sleep(max(0.0, begun + number / rate - time.perf_counter()))
            acks.append(await self.send(one))
        await asyncio.gather(*acks)

    # --- what became of it ---

    async def pages(self) -> dict[UUID, set[str]]:
        """The pages of each alarm, from what notifications said of them (twice where its relay was killed before it noted so)."""
        found: dict[UUID, set[str]] = {}
        for _, event in await said(self.house.kafka, self.house.prefix, PAGES):
            if isinstance(event, PageOpened) and event.alarm_id is not None:
                found.setdefault(event.alarm_id, set()).add(str(event.page_id))
        return found

    async def waits_ms(self, alarms: Iterable[AlarmRaised]) -> list[float]:
        """From publishing to the provider's hand, of those that came."""
        pages, first = await self.pages(), self.pager.first_by_page()
        came = {
            alarm_id: min((first[page] for page in pages.get(alarm_id, ()) if page in first), default=None)
            for alarm_id in (one.alarm_id for one in alarms)
        }
        return [(at - self.published[alarm_id]) * 1000 for alarm_id, at in came.items() if at is not None]

    async def put_off(self, after: datetime | None = None) -> None:
        """Next steps that nobody answers (those due after an instant) are put off for hours: only what is measured happens."""
        await self.db.execute(PUT_OFF, wall() + timedelta(hours=2), after or datetime.min.replace(tzinfo=UTC))

    async def quiet(self) -> None:
        """Wait until all that pages was handed over and notifications has nothing left to do."""

        async def done() -> bool:
            if not await self._count("SELECT count(*) FROM pages", len(self.published)):
                return False
            return bool(await self.db.fetchval(QUIET, wall()) == 0)

        await until("notifications is quiet", done, every=0.1)


async def _started(log: Path, env: dict[str, str]) -> subprocess.Popen[bytes]:
    command: list[str | Path] = [sys.executable, "-m", "services.notifications"]
    return children.start(command, log=log, dying=signal.SIGKILL, env=env, cwd=REPOSITORY)


async def until(what: str, condition: Callable[[], Coroutine[Any, Any, bool]], *, every: float = 0.05) -> None:
    """Wait until a condition is met. Raises TimeoutError that says which was not."""
    try:
        async with asyncio.timeout(WITHIN):
            while not await condition():
                await asyncio.sleep(every)
    except TimeoutError:
        raise TimeoutError(f"not within {WITHIN:g} s: {what}") from None
