"""Two clinics between servers of their own, any part of which may be killed."""

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import asyncpg
from aiokafka.admin import AIOKafkaAdminClient

from benchmarks.house import House
from chairside.embedded import children
from chairside.supervisor import Child, Supervisor
from kit.clock import RunningClock, wall
from kit.errors import AWAY
from tests.failure.clinic import SERVICES, Clinic

WITHIN = 90.0


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
