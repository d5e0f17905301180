"""A pager's provider on loopback: takes signed webhooks, checks each signature, and notes when each came."""

import asyncio
import hmac
import json
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from kit.webhooks import signature

ANSWER = b"HTTP/1.1 %s\r\nContent-Length: 0\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Call:
    """One POST, as it was in the provider's hand."""

    message_id: str
    """The idempotency key: the same at every attempt of one telling."""
    page_id: str
    staff_id: str
    step: int
    at: float
    """On `time.perf_counter`."""


@dataclass
class Pager:
    """The provider. What is not signed as it should be is refused and counted."""

    secret: str
    calls: list[Call] = field(default_factory=list)
    forged: int = 0
    came: asyncio.Event = field(default_factory=asyncio.Event)
    """Set at every call: for those who wait for the next one."""

    async def __aenter__(self) -> "Pager":
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, backlog=512)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *raised: Any) -> None:
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
                headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:] if line)}
                body = await reader.readexactly(int(headers["content-length"]))
                writer.write(ANSWER % (b"200 OK" if self._take(headers, body, time.perf_counter()) else b"401 Unauthorized"))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def _take(self, headers: dict[str, str], body: bytes, at: float) -> bool:
        message_id, stamp = headers["webhook-id"], headers["webhook-timestamp"]
        if not hmac.compare_digest(headers["webhook-signature"], signature(self.secret, message_id, stamp, body)):
            self.forged += 1
            return False
        told = json.loads(body)
        self.calls.append(Call(message_id, told["page_id"], told["staff_id"], told["step"], at))
        self.came.set()
        return True

    def first_by_page(self) -> dict[str, float]:
        """When each page was first handed over."""
        first: dict[str, float] = {}
        for call in self.calls:
            first.setdefault(call.page_id, call.at)
        return first

    def unknown_repeats(self) -> int:
        """Calls that came again under their own key: their first answer was lost with the process that waited for it."""
        return len(self.calls) - len({call.message_id for call in self.calls})

    def doubled(self) -> int:
        """Tellings of one person at one step of one page that came under more than one key."""
        keys = {(call.page_id, call.staff_id, call.step, call.message_id) for call in self.calls}
        return sum(count - 1 for count in Counter(key[:3] for key in keys).values())
