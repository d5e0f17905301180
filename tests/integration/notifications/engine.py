"""Notifications without Kafka and without waiting: its own handlers, timers and jobs on a real store, moved by hand.

What is heard goes straight to the handlers, what was said is read from the outbox, and a call to the outside ends as a test says.
"""

import asyncio
import json
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any, Literal, TypeVar, cast
from uuid import UUID

import asyncpg
from pydantic import SecretStr

from kit import clock, jobs
from kit.db import Store, open_pool
from kit.errors import Rejected, TryLater
from kit.migrate import migrate
from kit.timers import TimerLoop
from schemas.catalogue import events
from schemas.event import Event
from schemas.notifications.pages import PagingKept
from services.notifications.app import keep_paging
from services.notifications.jobs import JOBS, WAITING, telling, waiting
from services.notifications.jobs.telling import TellPerson
from services.notifications.on import alarms, staff
from services.notifications.rules.channels import Medium
from services.notifications.settings import NotificationsSettings
from services.notifications.store import ways
from services.notifications.store.ways import Channel
from services.notifications.timers import TIMERS

Ending = Literal["taken", "refused", "away", "hangs", "slow"]
"""How a call ends: `slow` not yet, until `land` or the death of its worker."""
Receipt = Literal["delivered", "failed", "none"]
T = TypeVar("T")
KEPT = (
    "answers", "tellings", "page_items", "pages", "circuits", "contacts", "chair_assignments", "shifts", "staff",
    "kit.timers", "kit.jobs", "kit.outbox", "kit.outbox_sequences",
)  # fmt: skip
"""What a run leaves behind."""
STATE = """
SELECT (SELECT coalesce(jsonb_agg(to_jsonb(p) - 'title'), '[]') FROM pages p) AS pages,
       (SELECT coalesce(jsonb_agg(to_jsonb(i)), '[]') FROM page_items i) AS items,
       (SELECT coalesce(jsonb_agg(jsonb_build_object('name', name, 'key', key, 'due_at', due_at, 'payload', payload)), '[]')
        FROM kit.timers) AS timers,
       (SELECT coalesce(jsonb_agg(to_jsonb(t) ORDER BY told_at), '[]') FROM tellings t) AS tellings
"""
NEXT_DUE = "SELECT least((SELECT min(due_at) FROM kit.timers), (SELECT min(due_at) FROM kit.jobs WHERE state = 'waiting'))"


@dataclass
class Engine:
    """The parts of one process, and the store that outlives them."""

    dsn: str = field(repr=False)
    at: datetime
    runner: asyncio.Runner = field(default_factory=asyncio.Runner)
    endings: dict[tuple[str, Medium], Ending] = field(default_factory=dict)
    """How calls to a person by a medium end; where none is given they are taken."""
    receipts: dict[str, Receipt] = field(default_factory=dict)
    """What the provider says of a person's phone; where none is given, that it was reached."""

    def __post_init__(self) -> None:
        self.clock = clock.HandClock(self.at)
        self.settled: Callable[[], None] = lambda: None
        """Called whenever nothing is left to do at an instant."""
        self.said: list[Event] = []
        self._read = 0
        self.broken: list[str] = []
        self.runner.run(migrate("notifications", self.dsn))
        self.runner.run(self._hurry())
        self._start()

    async def _hurry(self) -> None:
        """The machine itself never dies here: nothing waits for the disk."""
        db = await asyncpg.connect(self.dsn)
        await db.execute(f"ALTER DATABASE {await db.fetchval('SELECT current_database()')} SET synchronous_commit = off")
        await db.close()

    def _start(self) -> None:
        """Build everything that lives in memory."""
        settings = NotificationsSettings(
            kafka="none:1",
            jwks="none",
            database_url=SecretStr(self.dsn),
            link_secret=SecretStr("a secret of this test"),
            webhook_secret=SecretStr("a secret of this test"),
            circuit_failures=2,
        )
        self.pool: asyncpg.Pool = self._run(open_pool(self.dsn, "notifications", size=2))
        self.store = Store(self.pool, "notifications", settings, self.clock)
        metrics = cast("Any", SimpleNamespace(timer_failed=self.broken.append, timer_late=lambda *_: None, job=self._note))
        ends = cast("Any", None)
        self.timers = TimerLoop(self.store, {**TIMERS, **WAITING}, metrics, asyncio.Event(), ends, lambda: None)
        calls = {TellPerson: jobs.Calls(self._call, telling.done, telling.failed)}
        assert calls.keys() <= JOBS.keys()
        self.workers = jobs.Workers(self.store, calls, metrics, asyncio.Event(), lambda: None)
        self.flying: list[tuple[asyncpg.Record, jobs.Lane]] = []
        """Calls that were begun and have not ended."""

    def begin_anew(self, at: datetime) -> None:
        """An empty store and a new day."""
        self._run(self.pool.execute(";".join(f"DELETE FROM {table}" for table in KEPT)))
        self.clock.at = at
        self.endings, self.receipts, self.flying, self.said, self._read = {}, {}, [], [], 0
        for lane in self.workers.lanes:
            lane.running = 0
        self.settled = lambda: None

    def restart(self) -> None:
        """The process dies, in the middle of the calls in flight, and another begins. Their leases run out."""
        self.close()
        self._start()
        self._run(self._give_back())

    async def _give_back(self) -> None:
        async with self.pool.acquire() as db:
            [_ async for _ in jobs.queries.reclaim(db, wall_now=clock.wall() + timedelta(hours=1))]

    def close(self) -> None:
        """Forget everything in memory."""
        self._run(self.pool.close())

    # --- what comes in ---

    def hear(self, event: Event) -> None:
        """Handle an event as the stream does; one that has no handler is skipped."""
        handler = cast("Any", {**alarms.HANDLERS, **staff.HANDLERS}.get(type(event)))
        if handler is not None:
            self.within(lambda tx: handler(event, tx))

    def reach(self, staff_id: str, *channels: Medium) -> None:
        """How somebody is reached."""
        self.within(lambda tx: ways.put_contacts(tx, staff_id, [Channel(one, f"{one} of {staff_id}") for one in channels]))

    def within(self, work: Callable[[Any], Coroutine[Any, Any, T]]) -> T:
        """Do something in one transaction."""

        async def do() -> T:
            async with self.store.transaction() as tx:
                return await work(tx)

        return self._run(do())

    # --- time ---

    def advance(self, seconds: float) -> None:
        """Turn the clock on, settling at each due instant."""
        target = self.clock.now() + timedelta(seconds=seconds)
        while (due := self._run(self.pool.fetchval(NEXT_DUE))) is not None and due <= target:
            self.clock.turn_to(max(due, self.clock.now()))
            self.settle()
        self.clock.turn_to(target)
        self.settle()

    def tick(self) -> None:
        """A little later: no two things are decided at the very same instant."""
        target, due = self.clock.now() + timedelta(milliseconds=1), self._run(self.pool.fetchval(NEXT_DUE))
        if due is not None and due <= target:
            self.advance(0.001)
        else:
            self.clock.turn_to(target)

    def to_next_due(self) -> None:
        """Turn the clock to when something is due next."""
        due = self._run(self.pool.fetchval(NEXT_DUE))
        if due is not None:
            self.advance(max(0.0, (due - self.clock.now()).total_seconds()))

    def settle(self) -> None:
        """Until nothing is due."""
        self._run(self._settle())
        assert not self.broken, f"a handler failed: {self.broken}"
        self._run(self._listen())
        self.settled()

    async def _settle(self) -> None:
        for _ in range(200):
            moved = await self.timers.judge_due()
            for lane in self.workers.lanes:
                async with self.pool.acquire() as db:
                    rows = await self.workers._claim(db, lane)
                for row in rows:
                    moved += 1
                    await self._make(row, lane)
            if not moved:
                return
        raise AssertionError("it never comes to rest")

    # --- calls ---

    async def _make(self, row: asyncpg.Record, lane: jobs.Lane) -> None:
        if self._ending(TellPerson.model_validate_json(row["payload"])) == "slow":
            self.flying.append((row, lane))
            return
        await self._end(row, lane)

    async def _end(self, row: asyncpg.Record, lane: jobs.Lane) -> None:
        job = TellPerson.model_validate_json(row["payload"])
        await self.workers._one(row, lane)
        word = self.receipts.get(job.turn.staff_id, "delivered")
        if self._ending(job) == "taken" and job.ways[0].channel in ("sms", "voice") and word != "none":
            async with self.store.transaction() as tx:
                await waiting.receipt(tx, row["id"], word)

    def land(self) -> None:
        """Calls in flight end, as calls to their person by their medium do now."""
        flying, self.flying = self.flying, []
        for row, lane in flying:
            self._run(self._make(row, lane))
        self.settle()

    def _ending(self, job: TellPerson) -> Ending:
        return self.endings.get((job.turn.staff_id, job.ways[0].channel), "taken")

    async def _call(self, job: TellPerson, attempt: jobs.Attempt) -> None:
        telling.words(job, cast("NotificationsSettings", attempt.settings))
        ending = self._ending(job)
        if ending == "refused":
            raise Rejected("no such address")
        if ending == "away":
            raise TryLater("connection refused")
        if ending == "hangs":
            raise TimeoutError

    def _note(self, job: str, outcome: str) -> None:
        if outcome == "broken":
            self.broken.append(job)

    # --- what is there ---

    def state(self) -> Any:
        """Pages, what they ask about, timers and tellings, as rows."""
        row = self._run(self.pool.fetchrow(STATE))
        return SimpleNamespace(**{name: [Row(one) for one in json.loads(rows)] for name, rows in row.items()})

    async def _listen(self) -> None:
        for row in await self.pool.fetch("SELECT id, type, payload FROM kit.outbox WHERE id > $1 ORDER BY id", self._read):
            kind, _ = events()[row["type"]]
            self._read = row["id"]
            self.said.append(kind.model_validate_json(row["payload"]))

    def beat(self) -> PagingKept:
        """What notifications says is in hand."""
        self.within(keep_paging)
        self._run(self._listen())
        kept = self.said.pop()
        assert isinstance(kept, PagingKept)
        return kept

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)


class Row(SimpleNamespace):
    """A row of the store; ids and instants are what they are."""

    def __init__(self, columns: dict[str, Any]) -> None:
        super().__init__(**{name: _typed(name, value) for name, value in columns.items()})


def _typed(name: str, value: Any) -> Any:
    if isinstance(value, str) and name.endswith("_id") and name not in ("staff_id", "device_id"):
        return UUID(value)
    if isinstance(value, str) and (name.endswith("_at") or name == "since"):
        return datetime.fromisoformat(value)
    return value
