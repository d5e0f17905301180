"""Everybody's pager: a small real web server on loopback that takes signed webhooks."""

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any

from kit.clock import wall
from kit.webhooks import verify


@dataclass
class Pager:
    """Takes pages. `down` makes it refuse them."""

    secret: str
    pages: list[dict[str, Any]] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    forged: int = 0
    down: bool = False
    address: str = ""

    async def __aenter__(self) -> "Pager":
        self._server = await asyncio.start_server(self._take, "127.0.0.1", 0)
        self.address = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        await self._server.wait_closed()

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
        body = await reader.readexactly(int(headers["content-length"]))
        status = "503 Down" if self.down else "204 Taken" if verify(self.secret, headers, body, wall()) else "401 Forged"
        if status.startswith("204"):
            self.pages.append(json.loads(body))
            self.ids.append(headers["webhook-id"])
        elif status.startswith("401"):
            self.forged += 1
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
        await writer.drain()
        writer.close()

    def told(self) -> list[str]:
        """Who was told, in order."""
        return [page["staff_id"] for page in self.pages]
