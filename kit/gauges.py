"""Gauges: what can only be known by asking, measured every few seconds."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kit import deadletters, outbox
from kit.clock import wall
from kit.errors import AWAY
from kit.metrics import Metrics
from kit.positions import Ends, positions
from schemas.topic import Topic

if TYPE_CHECKING:
    from kit.db import Store, Tx

SIZES = """
SELECT n.nspname || '.' || coalesce(whole.relname, c.relname) AS name, sum(pg_total_relation_size(c.oid))::bigint AS bytes
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_inherits i ON i.inhrelid = c.oid AND pg_get_expr(c.relpartbound, c.oid) <> 'DEFAULT'
LEFT JOIN pg_class whole ON whole.oid = i.inhparent
WHERE c.relkind = 'r' AND n.nspname IN ('kit', 'public')
GROUP BY 1
"""
"""The partitions of a table are one label, whatever their number; strays in its default partition are one of their own."""
OVERDUE = """
SELECT (SELECT min(due_at) FROM kit.timers WHERE due_at <= $1) AS timer,
       (SELECT min(due_at) FROM kit.jobs WHERE state = 'waiting' AND due_at <= $1) AS job
"""


@dataclass(frozen=True)
class OwnGauges:
    """What one service counts of its own: each name once, with what it means, and how all are measured.

    A name becomes `chairside_<service>_<name>`. What is measured as null shows as NaN.
    """

    names: Mapping[str, str]
    measure: Callable[["Tx"], Awaitable[Mapping[str, float | None]]]


@dataclass
class Gauges:
    """Samples the store and the broker for `/metrics`."""

    store: "Store"
    metrics: Metrics
    ends: Ends
    consumed: Sequence[Topic]
    moved: Callable[[], None]
    own: OwnGauges | None = None
    every: float = 10.0
    sizes_every: int = 6
    """Sizes are asked for at each sixth sample: thousands of partitions take their time."""
    _samples: int = 0

    async def run(self, stop: asyncio.Event) -> None:
        """Sample until told to stop."""
        while not stop.is_set():
            with contextlib.suppress(*AWAY):
                await self.sample()
            self.moved()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), self.every)

    async def sample(self) -> None:
        """Measure once."""
        now, rate = self.store.clock.now(), self.store.clock.rate
        async with self.store.pool.acquire(timeout=5) as db:
            row = await outbox.queries.oldest(db)
            self.metrics.outbox(row["waiting"], (wall() - row["since"]).total_seconds() if row["since"] else 0.0)
            [overdue] = await db.fetch(OVERDUE, now)
            self.metrics.overdue(
                timer=(now - overdue["timer"]).total_seconds() / rate if overdue["timer"] else 0.0,
                job=(now - overdue["job"]).total_seconds() / rate if overdue["job"] else 0.0,
            )
            letters = {r["topic"]: r["letters"] async for r in deadletters.queries.open_by_topic(db)}
            for topic in self.consumed:
                self.metrics.dead_letters_open(topic.name, letters.get(topic.name, 0))
            if self._samples % self.sizes_every == 0:
                for size in await db.fetch(SIZES):
                    self.metrics.table_size(size["name"], size["bytes"])
            self._samples += 1
            reached = await positions(db)
        if self.own is not None:
            async with self.store.transaction(readonly=True) as tx:
                self.metrics.own(await self.own.measure(tx))
        if self.consumed:
            for (topic_name, partition), end in (await self.ends.of(self.consumed)).items():
                self.metrics.lag(topic_name, partition, max(0, end - reached.get((topic_name, partition), 0)))
