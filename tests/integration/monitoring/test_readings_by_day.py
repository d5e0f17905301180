"""Readings by the day: what was there survives, nothing is refused, and what is past retention goes."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg

from kit import migrate
from kit.partitions import keep_days
from kit.testing import Stage
from services.monitoring import store
from services.monitoring.app import SERVICE
from services.monitoring.store import Kept
from services.monitoring.store.named import queries

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
SESSION = uuid4()
STRAYS = (datetime(1950, 1, 1, tzinfo=UTC), datetime(2190, 1, 1, tzinfo=UTC))
[READINGS] = SERVICE.daily


def kept(at: datetime, session: UUID | None = SESSION) -> Kept:
    return Kept("monitor-1", at, "8867-4", session, at, "cuff", False, True, {"8867-4": 70.0}, {})


async def run(stage: Stage) -> None:
    running = stage.running["monitoring"]
    await keep_days(running.store, READINGS, running.metrics)


async def where(stage: Stage) -> list[str]:
    rows = await stage.running["monitoring"].store.pool.fetch(
        "SELECT DISTINCT tableoid::regclass::text AS name FROM readings ORDER BY 1"
    )
    return [row["name"] for row in rows]


async def keep(stage: Stage, *instants: datetime, session: UUID | None = SESSION) -> int:
    async with stage.running["monitoring"].store.transaction() as tx:
        return len(await store.keep_readings(tx, [kept(at, session) for at in instants]))


async def test_readings_from_before_survive_and_find_their_day(kafka: str, database: str, prefix: str, tmp_path: Path) -> None:
    first = tmp_path / "migrations"
    first.mkdir()
    shutil.copy(migrate.SERVICES / "monitoring" / "migrations" / "0001_monitoring.sql", first)
    await migrate._apply(first, "schema_migrations", database)
    db = await asyncpg.connect(database)
    try:
        for at in (NOON - timedelta(days=400), NOON, *STRAYS):
            await db.execute(
                "INSERT INTO readings VALUES ('monitor-1', $1, '8867-4', $2, $1, 'cuff', false, true, '{\"8867-4\": 70.0}')",
                at,
                SESSION,
            )
        before = await db.fetch('SELECT *, "values"::text AS text FROM readings ORDER BY measured_at')
        await migrate.migrate("monitoring", database)
        columns = ", ".join(before[0].keys()).replace("values,", '"values",').replace(" text", ' "values"::text AS text')
        assert await db.fetch(f"SELECT {columns} FROM readings ORDER BY measured_at") == before
        assert await db.fetchval("SELECT to_regclass('readings_before')") is None
    finally:
        await db.close()
    async with Stage([SERVICE], kafka, {"monitoring": database}, prefix, tmp_path, NOON) as stage:
        await run(stage)
        assert await where(stage) == ["readings_20250126", "readings_20260302", "readings_default"]
        assert await keep(stage, NOON, *STRAYS) == 0
        async with stage.running["monitoring"].store.transaction() as tx:
            assert len(await store.readings(tx, SESSION, STRAYS[0])) == 4


async def test_strays_of_other_centuries_are_kept_and_known_again(kafka: str, database: str, prefix: str, tmp_path: Path) -> None:
    async with Stage([SERVICE], kafka, {"monitoring": database}, prefix, tmp_path, NOON) as stage:
        assert await keep(stage, NOON, *STRAYS) == 3
        assert await keep(stage, NOON, *STRAYS) == 0
        await run(stage)
        assert await where(stage) == ["readings_20260302", "readings_default"]


async def test_readings_go_seven_years_after_the_patients_last_visit(
    kafka: str, database: str, prefix: str, tmp_path: Path
) -> None:
    old = NOON - timedelta(days=366 * 7 - 1)
    patient, then, since = uuid4(), uuid4(), uuid4()

    async with Stage([SERVICE], kafka, {"monitoring": database}, prefix, tmp_path, NOON) as stage:

        async def visit(session: UUID, at: datetime) -> None:
            async with stage.running["monitoring"].store.transaction() as tx:
                tx.now = at
                await store.open_session(tx, session, patient, uuid4(), uuid4(), 1)

        await visit(then, old)
        await visit(since, old + timedelta(days=2))
        await keep(stage, old, session=then)
        await keep(stage, old - timedelta(days=1), session=None)
        await run(stage)
        stage.clock.turn_to(NOON + timedelta(days=2))
        await run(stage)
        assert await where(stage) == [READINGS.name_of(old.date()), "readings_default"], "the patient came again"
        stage.clock.turn_to(NOON + timedelta(days=4))
        await run(stage)
        assert await where(stage) == ["readings_default"], "what was stray when it came is kept"


async def test_a_sessions_readings_are_looked_for_in_their_days_only(
    kafka: str, database: str, prefix: str, tmp_path: Path
) -> None:
    async with Stage([SERVICE], kafka, {"monitoring": database}, prefix, tmp_path, NOON) as stage:
        await keep(stage, *(NOON - timedelta(days=days) for days in range(6)))
        await run(stage)
        async with stage.running["monitoring"].store.pool.acquire() as db:
            plan = await db.fetch(f"EXPLAIN {queries.readings.sql}", SESSION, NOON - timedelta(hours=1))
        text = "\n".join(row[0] for row in plan)
        assert "readings_20260302" in text
        assert "readings_20260305" in text
        assert "readings_20260301" not in text, text
        assert "readings_202602" not in text, text
