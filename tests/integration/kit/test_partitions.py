"""Tables kept by the day, on a real PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import asyncpg
import pytest
from prometheus_client import CollectorRegistry
from pydantic import SecretStr

from kit.clock import HandClock
from kit.db import Store, open_pool
from kit.gauges import SIZES
from kit.metrics import Metrics
from kit.partitions import Daily, keep_days
from kit.settings import Settings

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
DDL = """
CREATE TABLE notes (key text NOT NULL, at timestamptz NOT NULL, PRIMARY KEY (key, at)) PARTITION BY RANGE (at);
CREATE INDEX notes_at ON notes (at);
CREATE TABLE notes_default PARTITION OF notes DEFAULT;
"""


class Bench:
    """A table of notes, kept ten days, with a clock turned by hand."""

    def __init__(self, store: Store, clock: HandClock) -> None:
        self.store, self.clock = store, clock
        self.registry = CollectorRegistry()
        self.metrics = Metrics(self.registry)
        self.needed: set[date] = set()
        self.daily = Daily("notes", "at", lambda: 10 * DAY, self._needed)

    async def _needed(self, tx: Any, begin: datetime, until: datetime, edge: datetime) -> bool:
        assert until - begin == DAY
        assert until <= edge
        return begin.date() in self.needed

    async def note(self, *instants: datetime) -> None:
        await self.store.pool.executemany("INSERT INTO notes VALUES ($1, $2)", [("a", at) for at in instants])

    async def run(self) -> None:
        await keep_days(self.store, self.daily, self.metrics)

    async def where(self) -> dict[str, list[datetime]]:
        found: dict[str, list[datetime]] = {}
        for row in await self.store.pool.fetch("SELECT tableoid::regclass::text AS name, at FROM notes ORDER BY at"):
            found.setdefault(row["name"], []).append(row["at"])
        return found

    async def days(self) -> list[str]:
        sql = "SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = 'notes'::regclass ORDER BY 1"
        return [row["name"] for row in await self.store.pool.fetch(sql)]

    def counted(self, what: str) -> float:
        return self.registry.get_sample_value("chairside_partitions_total", {"table": "notes", "what": what}) or 0.0


@pytest.fixture
async def bench(database: str) -> AsyncIterator[Bench]:
    pool = await open_pool(database, "test")
    await pool.execute(DDL)
    clock = HandClock(NOON)
    settings = Settings(kafka="nowhere:1", database_url=SecretStr(database), jwks="none")
    yield Bench(Store(pool, "test", settings, clock), clock)
    await pool.close()


async def test_days_are_made_ahead_once_by_however_many_replicas(bench: Bench) -> None:
    await asyncio.gather(*(bench.run() for _ in range(4)))
    days = [f"notes_{day:%Y%m%d}" for day in (NOON + DAY * n for n in range(-1, 5))]
    assert await bench.days() == sorted([*days, "notes_default"])
    assert (bench.counted("made"), bench.counted("refused")) == (len(days), 0)
    await bench.note(NOON, NOON + DAY)
    assert set(await bench.where()) == {"notes_20260302", "notes_20260303"}


async def test_a_day_is_cut_at_midnight_in_utc(bench: Bench) -> None:
    name = await bench.store.pool.fetchval("SELECT current_database()")
    await bench.store.pool.execute(f"ALTER DATABASE {name} SET timezone = 'Asia/Tokyo'")
    await bench.store.pool.expire_connections()
    await bench.run()
    midnight = datetime(2026, 3, 3, tzinfo=UTC)
    await bench.note(midnight - timedelta(microseconds=1), midnight)
    assert await bench.where() == {"notes_20260302": [midnight - timedelta(microseconds=1)], "notes_20260303": [midnight]}


async def test_a_fast_clock_gets_more_days(bench: Bench) -> None:
    bench.clock.rate = 48.0
    await bench.run()
    assert f"notes_{NOON + DAY * 7:%Y%m%d}" in await bench.days()
    bench.clock.rate = 1e6
    await bench.run()
    assert len(await bench.days()) == 63


async def test_strays_never_stand_in_the_way_and_move_into_their_day(bench: Bench) -> None:
    old, coming, early, late = NOON - 5 * DAY, NOON + DAY, datetime(1950, 1, 1, tzinfo=UTC), datetime(2190, 1, 1, tzinfo=UTC)
    await bench.note(old, NOON, coming, early, late)
    assert set(await bench.where()) == {"notes_default"}
    await bench.run()
    assert await bench.where() == {
        "notes_default": [early, late],
        "notes_20260225": [old],
        "notes_20260302": [NOON],
        "notes_20260303": [coming],
    }


async def test_what_is_written_while_a_day_is_made_is_neither_lost_nor_doubled(bench: Bench) -> None:
    stop = asyncio.Event()
    written: list[datetime] = []

    async def write() -> None:
        while not stop.is_set():
            at = NOON + timedelta(milliseconds=len(written))
            await bench.note(at)
            written.append(at)

    writing = asyncio.create_task(write())
    while len(written) < 50 and not writing.done():
        await asyncio.sleep(0.001)
    await bench.run()
    beyond = len(written) + 50
    while len(written) < beyond and not writing.done():
        await asyncio.sleep(0.001)
    stop.set()
    await writing
    assert await bench.where() == {"notes_20260302": written}


async def test_a_day_goes_when_its_last_instant_is_past_retention(bench: Bench) -> None:
    await bench.note(NOON - 9 * DAY)
    await bench.run()
    bench.clock.turn_to(datetime(2026, 3, 3, 23, 59, tzinfo=UTC))
    await bench.run()
    assert "notes_20260221" in await bench.days()
    bench.clock.turn_to(datetime(2026, 3, 4, 0, 0, tzinfo=UTC))
    await bench.run()
    assert "notes_20260221" not in await bench.days()
    assert (bench.counted("dropped"), await bench.where()) == (1, {})


async def test_a_day_that_is_needed_stays(bench: Bench) -> None:
    await bench.note(NOON - 9 * DAY)
    await bench.run()
    bench.needed = {date(2026, 2, 21)}
    bench.clock.turn_to(NOON + 5 * DAY)
    await bench.run()
    assert await bench.where() == {"notes_20260221": [NOON - 9 * DAY]}
    bench.needed = set()
    await bench.run()
    assert await bench.where() == {}


async def test_a_clock_far_ahead_of_the_walls_forgets_nothing(bench: Bench) -> None:
    await bench.note(NOON)
    await bench.run()
    bench.clock.turn_to(datetime(2190, 1, 1, tzinfo=UTC))
    await bench.store.pool.execute(
        "CREATE TABLE notes_21890101 PARTITION OF notes FOR VALUES FROM ('2189-01-01Z') TO ('2189-01-02Z')"
    )
    await bench.run()
    assert "notes_21890101" in await bench.days()


async def test_a_held_lock_leaves_the_day_for_later_and_holds_nobody_up(bench: Bench) -> None:
    async with bench.store.pool.acquire() as db, db.transaction():
        await db.execute("LOCK TABLE notes_default IN SHARE MODE")
        await bench.run()
        assert (await bench.days(), bench.counted("refused")) == (["notes_default"], 1)
    await bench.run()
    assert len(await bench.days()) == 7


async def test_partitions_are_one_label_and_strays_another(bench: Bench) -> None:
    await bench.run()
    sizes = {row["name"]: row["bytes"] for row in await bench.store.pool.fetch(SIZES)}
    assert set(sizes) == {"public.notes", "public.notes_default"}
    assert all(sizes.values())


async def test_a_table_that_is_no_word_is_refused() -> None:
    with pytest.raises(ValueError, match="plain words"):
        Daily("notes; DROP TABLE notes", "at", lambda: DAY)


async def test_two_rows_of_one_key_are_one_also_in_partitions(bench: Bench) -> None:
    await bench.run()
    await bench.note(NOON)
    with pytest.raises(asyncpg.UniqueViolationError):
        await bench.note(NOON)
