"""Beats: proof of life, said on the wall's clock, and only by a service that has read everything."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kit.clock import monotonic
from kit.errors import AWAY
from kit.positions import Ends, positions, unread
from schemas.topic import Topic

if TYPE_CHECKING:
    from kit.db import Store, Tx

Beat = Callable[["Tx"], Awaitable[None]]
"""Says that the service lives, in a transaction of its own: a store that cannot be written gives no beat."""
CAUGHT_UP_WITHIN = 15.0
"""Wall seconds in which what the topics held at a beat must have been read."""


@dataclass
class Beats:
    """Beats every so many wall seconds, on the replica that leads."""

    store: "Store"
    beat: Beat
    topics: Sequence[Topic]
    ends: Ends
    leading: Callable[[], bool]
    every: float
    moved: Callable[[], None]

    async def run(self, stop: asyncio.Event) -> None:
        """Beat until told to stop."""
        while not stop.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), self.every)
            if stop.is_set():
                return
            with contextlib.suppress(*AWAY):
                await self.once()
            self.moved()

    async def once(self) -> bool:
        """Beat, if this replica leads and all that the topics hold now is read in time. Returns whether it did."""
        if not self.leading() or not await self._caught_up():
            return False
        async with self.store.transaction() as tx:
            await self.beat(tx)
        return True

    async def _caught_up(self) -> bool:
        noted, since = await self.ends.of(self.topics), monotonic()
        while True:
            async with self.store.pool.acquire(timeout=5) as db:
                if not unread(noted, await positions(db)):
                    return True
            if monotonic() - since > CAUGHT_UP_WITHIN:
                return False
            await asyncio.sleep(0.25)
