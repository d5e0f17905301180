"""Timers are rows: armed in a transaction, judged in one by any replica, and lost by nobody's restart."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

import aiosql
import asyncpg
import structlog
from pydantic import BaseModel, ConfigDict

from kit.clock import pause, wall
from kit.errors import AWAY, reason_of
from kit.kafka import partition_of
from kit.positions import Ends, positions, unread
from schemas.topic import Topic

if TYPE_CHECKING:
    from kit.db import Store, Tx
    from kit.metrics import Metrics

log = structlog.get_logger("kit.timers")

SHORT = 25
"""Timers judged before looking again for more urgent ones."""

queries: Any = aiosql.from_path(Path(__file__).parent / "sql" / "timers.sql", "asyncpg")


class Timer(BaseModel):
    """Something to be looked at when its instant comes. Its class name is its name."""

    model_config = ConfigDict(frozen=True)

    waits_for: ClassVar[tuple[Topic, ...]] = ()
    """Topics to be read up before the timer is judged, for a timer that means "nothing came". Its key is their
    record key, or begins with it and a slash."""


Timers = Mapping[type[Any], Callable[[Any, "Tx"], Awaitable[None]]]
"""What a service does about its timers."""


@dataclass(frozen=True, slots=True)
class Armed:
    """A timer to be set, or moved."""

    name: str
    key: str
    due_at: datetime
    priority: int
    payload: str
    correlation_id: UUID
    traceparent: str | None


@dataclass(frozen=True, slots=True)
class Disarmed:
    """A timer to be taken back."""

    name: str
    key: str


Change = Armed | Disarmed


async def write(db: asyncpg.Connection, changes: Sequence[Change]) -> None:
    """Write the last change of each timer."""
    last = {(change.name, change.key): change for change in changes}
    armed = [change for change in last.values() if isinstance(change, Armed)]
    disarmed = sorted((change.name, change.key) for change in last.values() if isinstance(change, Disarmed))
    if disarmed:
        await queries.disarm(db, names=[name for name, _ in disarmed], keys=[key for _, key in disarmed])
    if armed:
        await queries.arm(
            db,
            names=[a.name for a in armed],
            keys=[a.key for a in armed],
            due_ats=[a.due_at for a in armed],
            priorities=[a.priority for a in armed],
            payloads=[a.payload for a in armed],
            correlations=[a.correlation_id for a in armed],
            traces=[a.traceparent for a in armed],
        )


@dataclass
class TimerLoop:
    """Judges due timers, sleeping until the next one; any replica may run one beside this."""

    store: "Store"
    timers: Timers
    metrics: "Metrics"
    waker: asyncio.Event
    ends: Ends
    moved: Callable[[], None]
    on_blind: Callable[["Tx"], Awaitable[None]] | None = None
    blind_after: float = 15.0
    """Wall seconds a timer may wait for reading before the service is told, once, that it is blind."""

    def __post_init__(self) -> None:
        self._kinds = {kind.__name__: kind for kind in self.timers}
        self._blind = False
        self.store.clock.subscribe(self.waker)

    async def run(self, stop: asyncio.Event) -> None:
        """Judge what is due until told to stop. Away means back off and come again."""
        while not stop.is_set():
            try:
                judged = await self.judge_due()
                self.moved()
                if judged:
                    continue
                await pause(self.waker, await self._rest())
            except AWAY:
                self.moved()
                await pause(self.waker, 0.5)

    async def judge_due(self) -> int:
        """Judge timers that are due and need not wait: all of them, or the first few of many. Returns how many were judged."""
        async with self.store.pool.acquire(timeout=5) as db:
            due = [row async for row in queries.due(db, now=self.store.clock.now(), wall_now=wall(), most=200)]
        reached: dict[tuple[str, int], int] | None = None
        judged, waiting_since = 0, None
        for row in due:
            kind = self._kinds.get(row["name"])
            if kind is None:
                continue
            if kind.waits_for:
                if row["awaits"] is None:
                    await self._await(kind, row)
                    judged += 1
                    continue
                if reached is None:
                    async with self.store.pool.acquire(timeout=5) as db:
                        reached = await positions(db)
                awaited = {(topic, partition): end for topic, partition, end in json.loads(row["awaits"])}
                if unread(awaited, reached):
                    waiting_since = min(waiting_since or row["waiting_since"], row["waiting_since"])
                    continue
            judged += await self._judge(kind, row)
            if judged >= SHORT:
                break
        if judged < SHORT or waiting_since is not None:
            await self._tell_blind(waiting_since)
        return judged

    async def _await(self, kind: type[Timer], row: asyncpg.Record) -> None:
        """Note, in no transaction of a handler, how far the key's partition reaches in each topic the timer waits for."""
        ends = await self.ends.of(kind.waits_for)
        places = [(topic.name, partition_of(row["key"].split("/")[0], topic.partitions)) for topic in kind.waits_for]
        awaits = json.dumps([[topic, partition, ends[topic, partition]] for topic, partition in places])
        async with self.store.pool.acquire(timeout=5) as db:
            await queries.note_ends(
                db, name=row["name"], key=row["key"], due_at=row["due_at"], awaits=awaits, waiting_since=wall()
            )

    async def _judge(self, kind: type[Timer], row: asyncpg.Record) -> int:
        try:
            async with self.store.transaction() as tx:
                taken = await queries.claim(tx.db, name=row["name"], key=row["key"], due_at=row["due_at"])
                if taken is None:
                    return 0
                tx.origin = replace(
                    tx.origin,
                    correlation_id=taken["correlation_id"],
                    due_at=row["due_at"],
                    traceparent=taken["traceparent"],
                )
                await self.timers[kind](kind.model_validate_json(taken["payload"]), tx)
        except AWAY:
            raise
        except Exception as error:
            log.exception("timer failed", timer=row["name"], error=reason_of(error))
            self.metrics.timer_failed(row["name"])
            async with self.store.pool.acquire(timeout=5) as db:
                retry = wall() + timedelta(seconds=2)
                await queries.strike(db, name=row["name"], key=row["key"], due_at=row["due_at"], not_before=retry)
            return 0
        self.metrics.timer_late(row["name"], (self.store.clock.now() - row["due_at"]).total_seconds() / self.store.clock.rate)
        return 1

    async def _tell_blind(self, waiting_since: datetime | None) -> None:
        blind = waiting_since is not None and (wall() - waiting_since).total_seconds() > self.blind_after
        if blind and not self._blind and self.on_blind is not None:
            async with self.store.transaction() as tx:
                await self.on_blind(tx)
        self._blind = blind

    async def _rest(self) -> float:
        async with self.store.pool.acquire(timeout=5) as db:
            row = await queries.next_due(db, wall_now=wall())
        if row["waiting"]:
            return 0.1
        return min(1.0, self.store.clock.seconds_until(row["due_at"])) if row["due_at"] else 1.0
