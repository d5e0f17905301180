"""The world of the failure tests: probe services as real processes between a real broker and real stores."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import httpx2

from benchmarks.house import House, free_port
from benchmarks.probe import APPLIED, order
from kit import clock, db
from kit.origin import Origin
from kit.settings import Settings
from tests.failure.accounting import Account, account

REPOSITORY = Path(__file__).parents[2]
WITHIN = 60.0


@dataclass
class Process:
    """A service as a process, which may be killed, stopped and continued."""

    popen: subprocess.Popen[bytes]
    url: str
    log: Path

    def send(self, sign: signal.Signals) -> None:
        """Send a signal."""
        self.popen.send_signal(sign)

    async def ended(self, within: float = WITHIN) -> int:
        """Wait for the end; returns the exit code."""
        return await asyncio.to_thread(self.popen.wait, within)

    async def ready(self) -> None:
        """Wait until it says it is ready."""
        async with httpx2.AsyncClient() as client, asyncio.timeout(WITHIN):
            while True:
                if self.popen.poll() is not None:
                    raise AssertionError(f"ended with {self.popen.returncode}: {self.log.read_text()[-3000:]}")
                with contextlib.suppress(httpx2.HTTPError):
                    if (await client.get(f"{self.url}/readyz", timeout=2)).status_code == 200:
                        return
                await asyncio.sleep(0.05)


@dataclass
class World:
    """Two stores, one broker, and the processes between them."""

    house: House
    folder: Path
    source: str
    applier: str
    processes: list[Process] = field(default_factory=list)

    def start(self, role: str, **env: str) -> Process:
        """Start `source` or `applier` as a process."""
        port = free_port()
        dsn = self.source if role == "source" else self.applier
        settings = self.house.environment(dsn, self.house.prefix, port)
        log = self.folder / f"{role}-{len(self.processes)}.log"
        with log.open("wb") as out:
            popen = subprocess.Popen(
                [sys.executable, "-m", "benchmarks.probe", role],
                cwd=REPOSITORY,
                env={**os.environ, **settings, **env},
                stdout=out,
                stderr=subprocess.STDOUT,
            )
        process = Process(popen, f"http://127.0.0.1:{port}", log)
        self.processes.append(process)
        return process

    async def emit(self, numbers: range, *, keys: int = 20, indication: Callable[[int, int], str] = lambda *_: "IND-TRD") -> None:
        """Say orders: each number once for every key, a transaction a number."""
        pool = await db.open_pool(self.source, "intake", size=2)
        try:
            store = db.Store(pool, "intake", Settings.model_construct(), clock.ordinary_clock())
            for number in numbers:
                async with store.transaction(Origin("tester", clock.new_id())) as tx:
                    for key in range(keys):
                        tx.emit(order(key, number, indication=indication(key, number)))
        finally:
            await pool.close()

    async def applied(self, count: int, within: float = WITHIN) -> None:
        """Wait until so many orders are applied."""
        await self.until("SELECT count(*) FROM applied", lambda found: found >= count, within)

    async def answered(self, within: float = WITHIN) -> None:
        """Wait until the applier's answers are published, too."""
        await self.until("SELECT count(*) FROM kit.outbox WHERE published_at IS NULL", lambda found: found == 0, within)

    async def said(self, within: float = WITHIN) -> None:
        """Wait until everything the source wants to say is published."""
        await self.until(
            "SELECT count(*) FROM kit.outbox WHERE published_at IS NULL", lambda found: found == 0, within, source=True
        )

    async def until(self, sql: str, enough: Callable[[Any], bool], within: float = WITHIN, *, source: bool = False) -> Any:
        """Wait until what the applier's (or the source's) store says is enough; the store may be away meanwhile."""
        found: Any = None
        try:
            async with asyncio.timeout(within):
                while True:
                    with contextlib.suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                        found = await self.ask(sql, source=source)
                        if enough(found):
                            return found
                    await asyncio.sleep(0.05)
        except TimeoutError:
            logs = "\n".join(f"--- {process.log.name}\n{process.log.read_text()[-1500:]}" for process in self.processes)
            raise AssertionError(f"{sql}: {found} after {within} s\n{logs}") from None

    async def ask(self, sql: str, *args: Any, source: bool = False) -> Any:
        """One value from a store."""
        connection = await asyncpg.connect(self.source if source else self.applier, timeout=5)
        try:
            return await connection.fetchval(sql, *args)
        finally:
            await connection.close()

    async def account(self) -> Account:
        """Count what was lost, doubled or out of order."""
        return await account(self.source, self.applier, self.house.kafka, self.house.prefix)

    async def close(self) -> None:
        """End what still runs."""
        for process in self.processes:
            if process.popen.poll() is None:
                process.send(signal.SIGCONT)
                process.popen.kill()
            await process.ended()


@contextlib.asynccontextmanager
async def world(house: House, folder: Path) -> AsyncIterator[World]:
    """A world of its own: fresh stores, fresh topics."""
    await house.make_topics(house.prefix)
    source = await house.database("source")
    applier = await house.database("applier")
    connection = await asyncpg.connect(applier)
    await connection.execute(APPLIED)
    await connection.close()
    there = World(house, folder, source, applier)
    try:
        yield there
    finally:
        await there.close()
