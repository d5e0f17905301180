"""A web server with faults: it drops connections, hangs, answers 500, answers late, breaks off in the middle, or asks to wait.

async with WebServer() as server:
    server.fault = "hangs"
    ...
    assert server.taken == []
"""

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any, Literal

Fault = Literal["", "drops", "hangs", "500", "slow", "resets", "429", "404", "redirects"]
STATUS: dict[Fault, str] = {
    "500": "500 Internal Server Error",
    "429": "429 Too Many Requests",
    "404": "404 Not Found",
    "redirects": "302 Found",
}


@dataclass
class WebServer:
    """Takes JSON by POST. `stop` is a server that is gone, `slow` answers `slow_s` after it took it."""

    fault: Fault = ""
    slow_s: float = 0.2
    once: bool = False
    """Whether a fault passes after one request."""
    taken: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    asked: int = 0
    port: int = 0
    _server: asyncio.Server | None = None
    _open: set[asyncio.StreamWriter] = field(default_factory=set)

    async def __aenter__(self) -> "WebServer":
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    async def stop(self) -> None:
        """Nobody listens any more: connections are refused."""
        if self._server is not None:
            self._server.close()
            for writer in list(self._open):
                writer.transport.abort()
            await self._server.wait_closed()
            self._server = None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            await self._answer(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self._open.discard(writer)
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        self.asked += 1
        fault: Fault = self.fault
        if self.once:
            self.fault = ""
        if fault == "hangs":
            await reader.read()
            return
        if fault == "drops":
            writer.transport.abort()
            return
        if fault in ("", "slow", "resets"):
            self.taken.append(json.loads(body))
            self.headers.append(headers)
            self.bodies.append(body)
        if fault == "slow":
            await asyncio.sleep(self.slow_s)
        if fault == "resets":
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5")
            await writer.drain()
            writer.transport.abort()
            return
        extra = "Retry-After: 60\r\n" if fault == "429" else "Location: http://127.0.0.1:1/\r\n" if fault == "redirects" else ""
        status = STATUS.get(fault, "204 No Content")
        writer.write(f"HTTP/1.1 {status}\r\n{extra}Content-Length: 0\r\nConnection: close\r\n\r\n".encode())
        await writer.drain()
