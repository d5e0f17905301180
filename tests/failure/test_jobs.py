"""Arrow: job -> the outside -> result."""

import asyncio
import signal
from dataclasses import dataclass, field

from tests.failure.world import World


@dataclass
class Receiver:
    """A server on loopback that takes a call, and answers when it is told to."""

    may_answer: asyncio.Event = field(default_factory=asyncio.Event)
    ids: list[str] = field(default_factory=list)

    async def __aenter__(self) -> "Receiver":
        self._server = await asyncio.start_server(self._take, "127.0.0.1", 0)
        self.address = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/"
        return self

    async def __aexit__(self, *_: object) -> None:
        self.may_answer.set()
        self._server.close()
        await self._server.wait_closed()

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        self.ids.append(head.split("webhook-id: ")[1].split("\r\n")[0])
        await self.may_answer.wait()
        writer.write(b"HTTP/1.1 204 Taken\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        writer.close()


async def test_a_job_killed_in_the_middle_of_its_call_is_called_again_under_the_same_id_and_counted(world: World) -> None:
    async with Receiver() as receiver:
        world.start("source")
        dying = world.start("applier")
        await world.emit(range(1, 2), keys=1, indication=lambda *_: receiver.address)
        async with asyncio.timeout(30):
            while not receiver.ids:
                await asyncio.sleep(0.02)
        dying.send(signal.SIGKILL)
        await dying.ended()
        receiver.may_answer.set()
        world.start("applier")
        await world.until("SELECT state FROM kit.jobs", lambda state: state == "done")
        assert len(receiver.ids) == 2, "the outside was called once too often, or never again"
        assert len(set(receiver.ids)) == 1
        assert await world.ask("SELECT unknown_outcomes FROM kit.jobs") == 1
        found = await world.account()
        assert found.clean, found
