"""Partitions: a table kept by the day, so that what is old enough goes as a whole and a query by time reads few pages.

Days are UTC days of the domain clock. A row of a day that has no partition lies in the default partition, and moves into
its day's the moment that is made: no row is ever refused, and none stands in a partition's way.
"""

import math
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import asyncpg
import structlog

from kit.clock import wall
from kit.errors import reason_of

if TYPE_CHECKING:
    from kit.db import Store, Tx
    from kit.metrics import Metrics

log = structlog.get_logger("kit.partitions")
DAY = timedelta(days=1)
MOST_AHEAD = 60
"""Days made ahead at most, however fast the domain clock runs."""
LOCK_WAIT_MS = 300
"""How long a change may wait for its lock: writers queue behind it. Then it is left for the next run, days before it matters."""
MOVE_WITHIN = 600.0
"""Wall seconds to move a day's strays."""
CHILDREN = "SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = $1::regclass"

Needed = Callable[["Tx", datetime, datetime, datetime], Awaitable[bool]]
"""Whether rows from one instant until another are needed although older than a third: `needed(tx, begin, until, edge)`."""


@dataclass(frozen=True)
class Daily:
    """A table in RANGE partitions by a `timestamptz` column, one a day, with a default partition `<table>_default`."""

    table: str
    column: str
    kept: Callable[[], timedelta]
    """How long a day is kept."""
    needed: Needed | None = None
    """What may keep a day longer. A day is asked about as a whole."""
    ahead: int = 3
    """Days that are made ahead."""

    def __post_init__(self) -> None:
        if not (self.table.isidentifier() and self.column.isidentifier()):
            raise ValueError(f"a table and a column are plain words, got {self.table!r} and {self.column!r}")

    def name_of(self, day: date) -> str:
        """The partition of a day."""
        return f"{self.table}_{day:%Y%m%d}"

    def day_of(self, name: str) -> date | None:
        """The day of a partition; None for the default one and for what somebody else made."""
        found = re.fullmatch(rf"{self.table}_(\d{{4}})(\d\d)(\d\d)", name)
        return date(*map(int, found.groups())) if found else None


async def keep_days(store: "Store", daily: Daily, metrics: "Metrics", *, every_s: float = 3600.0) -> None:
    """Make the days until the run after next, and those of strays within retention; drop what is past retention.

    Both clocks must agree that a day is over before it is forgotten: a clinic that runs ahead of time forgets nothing.
    What PostgreSQL refuses is logged and left for the next run: the default partition takes the rows meanwhile.
    """
    now = store.clock.now().astimezone(UTC)
    runs = math.ceil(2 * every_s * store.clock.rate / DAY.total_seconds())
    last = now.date() + DAY * min(daily.ahead + runs, MOST_AHEAD)
    edge = min(now, wall()) - daily.kept()
    try:
        async with store.transaction(readonly=True) as tx:
            there = await _days(tx, daily)
            strays = await tx.db.fetch(
                f"SELECT DISTINCT ({daily.column} AT TIME ZONE 'UTC')::date AS day FROM {daily.table}_default "  # noqa: S608
                f"WHERE {daily.column} >= $1 AND {daily.column} < $2",
                edge + DAY,
                _begin(last + DAY),
            )
        coming = {now.date() + DAY * number for number in range(-1, (last - now.date()).days + 1)}
        for day in sorted((coming | {row["day"] for row in strays}) - there):
            if await _make(store, daily, day):
                metrics.partition(daily.table, "made")
        for day in sorted(day for day in there if _begin(day + DAY) <= edge):
            if await _drop(store, daily, day, edge):
                metrics.partition(daily.table, "dropped")
                log.info("a day's rows were dropped, past retention", table=daily.table, day=day.isoformat())
    except asyncpg.PostgresError as error:
        metrics.partition(daily.table, "refused")
        log.warning("partitions are left for the next run", table=daily.table, error=reason_of(error))


async def _make(store: "Store", daily: Daily, day: date) -> bool:
    """Make a day's partition beside the table, bring its strays, and attach it: readers of other days never wait.

    Writers do, before they choose a partition: one that had chosen the default would be refused once the day exists.
    """
    name, table, column = daily.name_of(day), daily.table, daily.column
    begin, until = _begin(day).isoformat(), _begin(day + DAY).isoformat()
    async with store.transaction() as tx:
        if day in await _held(tx, daily):
            return False
        await tx.db.execute(f"LOCK TABLE ONLY {table} IN SHARE ROW EXCLUSIVE MODE")
        await tx.db.execute(f"LOCK TABLE {table}_default IN ACCESS EXCLUSIVE MODE")
        await tx.db.execute(f"CREATE TABLE {name} (LIKE {table} INCLUDING ALL)")
        await tx.db.execute(
            f"WITH moved AS (DELETE FROM {table}_default WHERE {column} >= '{begin}' AND {column} < '{until}' RETURNING *) "  # noqa: S608
            f"INSERT INTO {name} SELECT * FROM moved",
            timeout=MOVE_WITHIN,
        )
        await tx.db.execute(f"ALTER TABLE {table} ATTACH PARTITION {name} FOR VALUES FROM ('{begin}') TO ('{until}')")
    return True


async def _drop(store: "Store", daily: Daily, day: date, edge: datetime) -> bool:
    async with store.transaction() as tx:
        if day not in await _held(tx, daily):
            return False
        if daily.needed is not None and await daily.needed(tx, _begin(day), _begin(day + DAY), edge):
            return False
        await tx.db.execute(f"DROP TABLE {daily.name_of(day)}")
    return True


async def _held(tx: "Tx", daily: Daily) -> set[date]:
    """The days there are, with nobody else making or dropping any until the transaction ends."""
    await tx.db.execute(f"SET LOCAL lock_timeout = {LOCK_WAIT_MS}")
    await tx.db.execute("SELECT pg_advisory_xact_lock(hashtext('kit.partitions'))")
    return await _days(tx, daily)


async def _days(tx: "Tx", daily: Daily) -> set[date]:
    names = [row["name"] for row in await tx.db.fetch(CHILDREN, daily.table)]
    return {day for name in names if (day := daily.day_of(name)) is not None}


def _begin(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
