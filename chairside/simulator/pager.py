"""Pagers: a webhook receiver on this machine that stands for everybody's pager, and people who answer by the link, or do not."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from types import TracebackType
from typing import Any, Self, get_args

import httpx2

from chairside.simulator.habits import habits
from chairside.simulator.staff import Roster
from kit.clock import RunningClock, wall
from kit.webhooks import verify
from schemas.monitoring.alarms import Priority

HOST, LARGEST = "127.0.0.1", 64_000
PRESSES, PRESS_AGAIN_S = 5, 0.3
"""How often somebody presses the button again when the clinic says that it is away for a moment."""


@dataclass
class Pagers:
    """Receives pages and answers them. Use it as an async context manager."""

    secret: str
    people: Roster
    clock: RunningClock
    random: Random
    http: httpx2.AsyncClient
    silent_until: dict[int, int] = field(default_factory=dict)
    """Chairs whose pages nobody answers before this step of the escalation."""
    fault: Callable[[str], None] = lambda _: None
    received: int = 0
    answered: dict[int, int] = field(default_factory=dict)
    """How many pages about a chair were answered."""
    refused: int = 0
    """Messages whose signature was wrong."""
    _server: asyncio.Server | None = None
    _asking: set[tuple[str, str]] = field(default_factory=set)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    address: str = ""

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, HOST, 0)
        port = self._server.sockets[0].getsockname()[1]
        self.address = f"http://{HOST}:{port}/page"
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        status = "400 Bad Request"
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
            body = await reader.readexactly(min(int(headers.get("content-length", "0")), LARGEST))
            status = self._take(headers, body)
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError, ConnectionError):
            pass
        finally:
            writer.write(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
            try:
                await writer.drain()
                writer.close()
                await writer.wait_closed()
            except ConnectionError:
                pass

    def _take(self, headers: dict[str, str], body: bytes) -> str:
        if not verify(self.secret, headers, body, wall()):
            self.refused += 1
            self.fault("a page came with a wrong signature")
            return "401 Unauthorized"
        page = json.loads(body)
        self.received += 1
        if "link" in page and "page_id" in page:
            task = asyncio.create_task(self._consider(page), name="answer a page")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return "204 No Content"

    async def _consider(self, page: dict[str, Any]) -> None:
        staff_id, page_id, chair = str(page.get("staff_id", "")), str(page["page_id"]), page.get("chair")
        if (page_id, staff_id) in self._asking:
            return
        first_step = self.silent_until.get(chair or 0, 0)
        priority: Priority = page["priority"] if page.get("priority") in get_args(Priority) else "high"
        if int(page.get("step", 0)) < first_step:
            return
        surely = first_step > 0 or chair is None
        after = habits().answers_after(priority, self.random, surely=surely)
        if after is None:
            return
        self._asking.add((page_id, staff_id))
        try:
            await asyncio.sleep(after / self.clock.rate)
            answer = await self._press(str(page["link"]))
            if answer.is_success:
                self.answered[chair or 0] = self.answered.get(chair or 0, 0) + 1
            elif answer.status_code != httpx2.codes.CONFLICT:  # it became more urgent: the next page says so
                self.fault(f"a page could not be answered: {answer.status_code}")
        except httpx2.TransportError as error:
            self.fault(f"a page could not be answered: {type(error).__name__}")
        finally:
            self._asking.discard((page_id, staff_id))

    async def _press(self, link: str) -> httpx2.Response:
        for _ in range(PRESSES - 1):
            answer = await self.http.post(link)
            if answer.status_code != httpx2.codes.SERVICE_UNAVAILABLE:
                return answer
            await asyncio.sleep(PRESS_AGAIN_S)
        return await self.http.post(link)


def secret_of(data: Path) -> str:
    """The secret that an embedded clinic signs its webhooks with."""
    return (data / "secrets" / "notifications-webhook_secret").read_text()
