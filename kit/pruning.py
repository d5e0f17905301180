"""Pruning: nothing grows for ever."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from kit import deadletters, idempotency, inbox, jobs, outbox
from kit.clock import wall
from kit.errors import AWAY
from kit.metrics import Metrics
from kit.partitions import Daily, keep_days
from schemas.topic import Topic

if TYPE_CHECKING:
    from kit.db import Store

PUBLISHED_KEPT = timedelta(days=7)
SETTLED_KEPT = timedelta(days=90)
ANSWERS_KEPT = timedelta(days=1)
INBOX_MARGIN = timedelta(days=2)
"""How much longer than its topic an inbox row is kept: a record that Kafka still holds must still be known."""


async def prune(store: "Store", consumed: Sequence[Topic]) -> None:
    """Forget what nobody needs any more, on the wall clock, in steps that hold no lock for long."""
    now = wall()
    async with store.pool.acquire(timeout=5) as db:
        more = True
        while more:
            more = await outbox.queries.prune(db, published_before=now - PUBLISHED_KEPT, most=5000) == "DELETE 5000"
        for topic in consumed:
            await inbox.queries.prune(db, topic=topic.name, received_before=now - topic.retention - INBOX_MARGIN)
        await jobs.queries.prune(db, finished_before=now - PUBLISHED_KEPT)
        await idempotency.queries.prune(db, answered_before=now - ANSWERS_KEPT)
        await deadletters.queries.prune(db, settled_before=now - SETTLED_KEPT)


@dataclass
class Pruner:
    """Prunes at the start and then every hour."""

    store: "Store"
    consumed: Sequence[Topic]
    moved: Callable[[], None]
    metrics: Metrics
    daily: Sequence[Daily] = ()
    every: float = 3600.0

    async def run(self, stop: asyncio.Event) -> None:
        """Prune until told to stop."""
        while not stop.is_set():
            with contextlib.suppress(*AWAY):
                for table in self.daily:
                    await keep_days(self.store, table, self.metrics, every_s=self.every)
                await prune(self.store, self.consumed)
            self.moved()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), self.every)
