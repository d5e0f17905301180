"""Jobs are calls to the outside: deferred in a transaction, made in none, and their result recorded in another."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

import aiosql
import asyncpg
import structlog
from pydantic import BaseModel, ConfigDict

from kit.clock import monotonic, pause, wall
from kit.errors import AWAY, Rejected, reason_of
from kit.origin import Origin

if TYPE_CHECKING:
    from kit.db import Store, Tx
    from kit.metrics import Metrics
    from kit.settings import Settings

log = structlog.get_logger("kit.jobs")

queries: Any = aiosql.from_path(Path(__file__).parent / "sql" / "jobs.sql", "asyncpg")


RECORDING = timedelta(seconds=4)
"""Wall time to record a result in; then the worker counts as dead and, after a call of 5 s, the next attempt comes within 10."""

URGENT = 2
"""From this priority on a job is urgent: it has places of its own, which no other job ever takes."""


class Job(BaseModel):
    """A call to be made. Its class name is its name."""

    model_config = ConfigDict(frozen=True)

    attempts: ClassVar[int] = 5
    timeout: ClassVar[timedelta] = timedelta(seconds=5)
    """How long one attempt may take, on the wall clock."""
    backoff: ClassVar[timedelta] = timedelta(seconds=1)
    """Before the second attempt, on the domain clock; doubled each time."""


@dataclass(frozen=True)
class Attempt:
    """One attempt at a job."""

    id: UUID
    """The job's id: the provider's idempotency key, the same at every attempt."""
    number: int
    now: datetime
    settings: "Settings"
    unknown_outcomes: int = 0
    """How many earlier attempts may or may not have arrived."""
    refused: bool = False
    """In `failed`: the answer was that it can never work. Else the receiver was away, or nobody knows."""


@dataclass(frozen=True)
class Calls:
    """What a service does about a job."""

    call: Callable[[Any, Attempt], Awaitable[None]]
    """Outside any transaction. Raise Rejected when no attempt can work; anything else is tried again."""
    done: Callable[[Any, Attempt, "Tx"], Awaitable[None]]
    failed: Callable[[Any, Attempt, str, "Tx"], Awaitable[None]]
    """After Rejected or the last attempt."""


Jobs = Mapping[type[Any], Calls]


@dataclass(frozen=True, slots=True)
class Deferral:
    """A job on its way into the queue."""

    job_id: UUID
    name: str
    payload: str
    priority: int
    due_at: datetime
    correlation_id: UUID
    causation_id: UUID | None
    traceparent: str | None


async def write(db: asyncpg.Connection, deferred: Sequence[Deferral]) -> None:
    """Put jobs in the queue."""
    await queries.defer(
        db,
        ids=[d.job_id for d in deferred],
        names=[d.name for d in deferred],
        payloads=[d.payload for d in deferred],
        priorities=[d.priority for d in deferred],
        due_ats=[d.due_at for d in deferred],
        correlations=[d.correlation_id for d in deferred],
        causations=[d.causation_id for d in deferred],
        traces=[d.traceparent for d in deferred],
    )


@dataclass
class Lane:
    """Jobs of some priorities and the places they have: other lanes neither fill nor use them."""

    least: int
    most: int
    places: int
    """How many of its calls may be in flight."""
    running: int = 0


def lanes() -> tuple[Lane, ...]:
    """The urgent first, with many places: a call that hangs holds its own for its whole time-out, and an unused one is free."""
    return Lane(URGENT, 2**31 - 1, places=24), Lane(-(2**31), URGENT - 1, places=8)


@dataclass
class Workers:
    """Makes the calls that are due, a few at a time, most urgent first. However many others hang, urgent ones are called."""

    store: "Store"
    jobs: Jobs
    metrics: "Metrics"
    waker: asyncio.Event
    moved: Callable[[], None]
    lanes: tuple[Lane, ...] = field(default_factory=lanes)

    def __post_init__(self) -> None:
        self._kinds = {kind.__name__: kind for kind in self.jobs}
        self._longest = max((kind.timeout for kind in self.jobs), default=timedelta(0))
        self._reclaimed_at = 0.0
        self.store.clock.subscribe(self.waker)

    async def run(self, stop: asyncio.Event) -> None:
        """Call until told to stop; then the calls in flight are let finish."""
        async with asyncio.TaskGroup() as calls:
            while not stop.is_set():
                try:
                    async with self.store.pool.acquire(timeout=5) as db:
                        for lane in self.lanes:
                            for row in await self._claim(db, lane):
                                calls.create_task(self._one(row, lane))
                        await self._reclaim(db)
                        rest = await self._rest(db)
                    self.moved()
                    await pause(self.waker, rest)
                except AWAY:
                    self.moved()
                    await pause(self.waker, 0.5)

    async def _claim(self, db: Any, lane: Lane) -> list[asyncpg.Record]:
        """Fill the lane's free places."""
        free = lane.places - lane.running
        if free == 0:
            return []
        claimed = queries.claim(
            db,
            names=list(self._kinds),
            least=lane.least,
            most=lane.most,
            now=self.store.clock.now(),
            lease_until=wall() + self._longest + RECORDING,
            places=free,
        )
        rows = sorted([row async for row in claimed], key=lambda row: (-row["priority"], row["due_at"]))
        lane.running += len(rows)
        return rows

    async def _reclaim(self, db: Any) -> None:
        """Once a second is enough: leases run for seconds."""
        if monotonic() - self._reclaimed_at < 1:
            return
        self._reclaimed_at = monotonic()
        async for row in queries.reclaim(db, wall_now=wall()):
            self.metrics.job(row["name"], "unknown")

    async def _one(self, row: asyncpg.Record, lane: Lane) -> None:
        outcome = ""
        try:
            kind = self._kinds[row["name"]]
            job = kind.model_validate_json(row["payload"])
            attempt = Attempt(row["id"], row["attempts"], self.store.clock.now(), self.store.settings, row["unknown_outcomes"])
            outcome, reason = await self._attempt(kind, job, attempt)
            self.metrics.job(row["name"], outcome)
            await self._record(kind, job, attempt, row, outcome, reason)
        except AWAY:
            # The lease runs out and the job is tried again: its outcome is unknown.
            log.warning("job result not recorded", job=row["name"], id=str(row["id"]))
        except Exception as error:
            log.exception("job failed to settle", job=row["name"], id=str(row["id"]), error=reason_of(error))
            await self._give_up(row)
        finally:
            if lane.running == lane.places or outcome != "done":
                self.waker.set()
            lane.running -= 1

    async def _attempt(self, kind: type[Job], job: Job, attempt: Attempt) -> tuple[str, str]:
        try:
            async with asyncio.timeout(kind.timeout.total_seconds()):
                await self.jobs[kind].call(job, attempt)
            return "done", ""
        except Rejected as error:
            return "refused", str(error)
        except TimeoutError:
            return "unknown", "no answer in time"
        except Exception as error:
            return "again", reason_of(error)

    async def _record(self, kind: type[Job], job: Job, attempt: Attempt, row: asyncpg.Record, outcome: str, reason: str) -> None:
        origin = Origin(self.store.service, row["correlation_id"], traceparent=row["traceparent"])
        async with self.store.transaction(origin) as tx:
            if outcome in ("again", "unknown") and attempt.number < kind.attempts:
                later = tx.now + kind.backoff * 2 ** (attempt.number - 1)
                unknown = int(outcome == "unknown")
                await queries.again(tx.db, id=attempt.id, attempt=attempt.number, due_at=later, error=reason, unknown=unknown)
                return
            state = "done" if outcome == "done" else "failed"
            settled = await queries.finish(
                tx.db, id=attempt.id, attempt=attempt.number, state=state, error=reason or None, finished_at=wall()
            )
            if settled is None:
                return
            if state == "done":
                await self.jobs[kind].done(job, attempt, tx)
            else:
                await self.jobs[kind].failed(job, replace(attempt, refused=outcome == "refused"), reason, tx)

    async def _give_up(self, row: asyncpg.Record) -> None:
        """A result that its own handler cannot record is a bug: never call again for it."""
        async with self.store.pool.acquire(timeout=5) as db:
            await queries.finish(
                db,
                id=row["id"],
                attempt=row["attempts"],
                state="failed",
                error="the result could not be recorded",
                finished_at=wall(),
            )
        self.metrics.job(row["name"], "broken")

    async def _rest(self, db: Any) -> float:
        """Seconds until a job is due for which there is a place; a place that becomes free wakes by itself."""
        open_lanes = [lane for lane in self.lanes if lane.running < lane.places]
        if not open_lanes:
            return 1.0
        least, most = min(lane.least for lane in open_lanes), max(lane.most for lane in open_lanes)
        due_at = await queries.next_due(db, names=list(self._kinds), least=least, most=most)
        return min(1.0, self.store.clock.seconds_until(due_at)) if due_at else 1.0
