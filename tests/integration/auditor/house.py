"""A house in which only the auditor is real: what monitoring and notifications say is said by the test."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from aiokafka import AIOKafkaProducer

from kit.cloudevents import headers_of
from kit.testing import Stage
from schemas.auditor.audits import AUDITS, AlarmAudited, AuditFaultFound, AuditFaultMended
from schemas.catalogue import events
from schemas.event import Envelope, Event
from schemas.monitoring.alarms import (
    AlarmAcknowledged,
    AlarmEnded,
    AlarmPriorityChanged,
    AlarmRaised,
    Priority,
    WatchKept,
)
from schemas.notifications.pages import (
    AnsweredAlarm,
    PageAcknowledged,
    PageClosed,
    PageDelivered,
    PageEscalated,
    PageOpened,
    PageSent,
    PagingKept,
)


@dataclass
class Outside:
    """Whatever is outside the clinic: a small real web server on loopback that takes messages and heartbeats."""

    taken: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)
    """Method, path, headers and body of each request that was taken."""
    refused: int = 0
    status: str = "200 OK"
    address: str = ""

    async def __aenter__(self) -> "Outside":
        self._server = await asyncio.start_server(self._take, "127.0.0.1", 0)
        self.address = f"127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        await self._server.wait_closed()

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        method, path, _ = head[0].split()
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        if self.status.startswith("200"):
            self.taken.append((method, path, headers, body))
        else:
            self.refused += 1
        writer.write(f"HTTP/1.1 {self.status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
        await writer.drain()
        writer.close()

    def to(self, path: str) -> list[tuple[str, str, dict[str, str], bytes]]:
        """What was taken by a path."""
        return [one for one in self.taken if one[1] == path]


@dataclass
class Watched:
    """The auditor on a stage, and the others' voices. Methods without `await` of a stage only say; `settle` lets it judge."""

    stage: Stage
    producer: AIOKafkaProducer
    session: UUID = field(default_factory=uuid4)
    chair: int = 3
    sequence: int = 0

    @property
    def now(self) -> datetime:
        return self.stage.clock.now()

    def where(self) -> dict[str, Any]:
        return {"session_id": self.session, "chair": self.chair}

    async def say(self, event: Event, *, twice: bool = False) -> None:
        """Put a fact on its topic, as its producer does."""
        topic = events()[type(event).__name__][1]
        envelope = Envelope(
            id=uuid4(),
            type=type(event).__name__,
            source=topic.producer,
            time=self.now,
            subject=topic.key_of(event),
            correlation_id=uuid4(),
        )
        for _ in range(2 if twice else 1):
            await self.producer.send_and_wait(
                topic.kafka_name(self.stage.prefix),
                value=event.model_dump_json().encode(),
                key=envelope.subject.encode(),
                headers=headers_of(envelope),
            )

    # --- what monitoring says ---

    async def raise_alarm(self, priority: Priority = "high", *, alarm_id: UUID | None = None) -> UUID:
        alarm_id = alarm_id or uuid4()
        await self.say(
            AlarmRaised(
                alarm_id=alarm_id,
                code="A1",
                title="systolic pressure high",
                kind="physiological",
                priority=priority,
                limits_version="t",
                raised_at=self.now,
                qualified_at=self.now,
                **self.where(),
            )
        )
        return alarm_id

    async def change(self, alarm_id: UUID, previous: Priority, priority: Priority) -> None:
        await self.say(
            AlarmPriorityChanged(
                alarm_id=alarm_id,
                code="A1",
                title="systolic pressure high",
                previous=previous,
                priority=priority,
                changed_at=self.now,
                **self.where(),
            )
        )

    async def answer_at_bedside(self, alarm_id: UUID, priority: Priority = "high") -> None:
        await self.say(
            AlarmAcknowledged(
                alarm_id=alarm_id,
                priority=priority,
                by="nurse-1",
                via="bedside",
                answer_id=uuid4(),
                acknowledged_at=self.now,
                **self.where(),
            )
        )

    async def end(self, alarm_id: UUID) -> None:
        await self.say(AlarmEnded(alarm_id=alarm_id, code="A1", ended_at=self.now, **self.where()))

    async def keep_watch(self, *open_high: UUID) -> None:
        await self.say(WatchKept(clinic=self.stage.prefix, sessions_watched=1, open_high=open_high, kept_at=self.now))

    # --- what notifications says ---

    async def open_page(self, alarm_id: UUID, priority: Priority = "high") -> UUID:
        page_id = uuid4()
        opened = PageOpened(
            page_id=page_id, subject="alarm", alarm_id=alarm_id, priority=priority, opened_at=self.now, **self.where()
        )
        await self.say(opened)
        return page_id

    async def send(
        self, page_id: UUID, alarm_id: UUID, step: int = 0, priority: Priority = "high", *, medium: str = "push"
    ) -> None:
        await self.say(
            PageSent(
                page_id=page_id,
                priority=priority,
                staff_id=f"nurse-{step}",
                step=step,
                channel="webhook",
                sent_at=self.now,
                medium=medium,
                alarms=(AnsweredAlarm(alarm_id=alarm_id, priority=priority),),
                **self.where(),
            )
        )

    async def deliver(self, page_id: UUID, step: int = 0, *, medium: str = "sms") -> None:
        whom = {"staff_id": f"nurse-{step}", "step": step, "medium": medium}
        await self.say(PageDelivered(page_id=page_id, delivered_at=self.now, **whom, **self.where()))

    async def escalate(self, page_id: UUID, step: int, *told: str) -> None:
        await self.say(
            PageEscalated(page_id=page_id, priority="high", step=step, told=told, escalated_at=self.now, **self.where())
        )

    async def answer_page(self, page_id: UUID, alarm_id: UUID, priority: Priority = "high") -> None:
        await self.say(
            PageAcknowledged(
                page_id=page_id,
                answer_id=uuid4(),
                staff_id="nurse-1",
                alarms=(AnsweredAlarm(alarm_id=alarm_id, priority=priority),),
                waited_seconds=1,
                answered_at=self.now,
                **self.where(),
            )
        )

    async def close(self, page_id: UUID) -> None:
        await self.say(PageClosed(page_id=page_id, reason="ended", closed_at=self.now, **self.where()))

    async def keep_paging(self, *open_high: UUID) -> None:
        await self.say(PagingKept(clinic=self.stage.prefix, pages_open=0, open_high=open_high, kept_at=self.now))

    # --- both, and time ---

    async def told(self, priority: Priority = "high") -> tuple[UUID, UUID]:
        """An alarm, and its page sent at once."""
        alarm_id = await self.raise_alarm(priority)
        page_id = await self.open_page(alarm_id, priority)
        await self.send(page_id, alarm_id, 0, priority)
        await self.stage.settle()
        return alarm_id, page_id

    async def over(self, alarm_id: UUID, page_id: UUID) -> None:
        """The alarm ends, and its page with it."""
        await self.end(alarm_id)
        await self.close(page_id)
        await self.stage.settle()

    async def after(self, seconds: float) -> None:
        await self.stage.advance(seconds=seconds)

    @contextlib.asynccontextmanager
    async def alive(self, *, monitoring: bool = True, notifications: bool = True) -> AsyncIterator[dict[str, tuple[UUID, ...]]]:
        """Both say that they live, several times a second, naming the alarms in the yielded lists."""
        named: dict[str, tuple[UUID, ...]] = {"monitoring": (), "notifications": ()}

        async def live() -> None:
            while True:
                if monitoring:
                    await self.keep_watch(*named["monitoring"])
                if notifications:
                    await self.keep_paging(*named["notifications"])
                await asyncio.sleep(0.3)

        living = asyncio.create_task(live())
        try:
            yield named
        finally:
            living.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await living

    # --- what the auditor found ---

    async def faults(self) -> list[AuditFaultFound]:
        """Everything found so far, by when it was due."""
        found = [event for event in await self.stage.events(AUDITS) if isinstance(event, AuditFaultFound)]
        return sorted(found, key=lambda fault: fault.due_at)

    async def kinds(self) -> list[str]:
        """What was found so far."""
        return [fault.kind for fault in await self.faults()]

    async def mended(self) -> list[AuditFaultMended]:
        return [event for event in await self.stage.events(AUDITS) if isinstance(event, AuditFaultMended)]

    async def audits(self) -> list[AlarmAudited]:
        return [event for event in await self.stage.events(AUDITS) if isinstance(event, AlarmAudited)]

    async def until(self, what: str, holds: Callable[[], Any], *, within: float = 60) -> None:
        """Wait for a fact, not for a time."""
        try:
            async with asyncio.timeout(within):
                while not await holds():
                    await asyncio.sleep(0.1)
        except TimeoutError:
            raise AssertionError(f"{what} did not come; found {await self.kinds()}") from None


@contextlib.asynccontextmanager
async def watched(stage: Stage) -> AsyncIterator[Watched]:
    """The others' voices beside a stage."""
    producer = AIOKafkaProducer(bootstrap_servers=stage.kafka)
    await producer.start()
    try:
        yield Watched(stage, producer)
    finally:
        await producer.stop()
