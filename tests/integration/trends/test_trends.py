"""The faust process on a real broker: readings in, trends out, and a kill -9 in the middle changes nothing."""

import asyncio
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4, uuid5

import httpx2
import pytest

from benchmarks.house import free_port
from kit.testing import said
from kit.topics import create_topics
from schemas.event import Envelope, Event
from schemas.monitoring.sessions import SESSIONS, InfusionStarted
from schemas.monitoring.vitals import VITALS, Measurement, VitalsMeasured
from schemas.topic import Topic
from schemas.trends.trends import TRENDS
from tests.integration.trends.process import REPOSITORY, STOOD_STILL, Trends, environment, produce

MORNING = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
SESSION = uuid4()


def reading(second: int) -> VitalsMeasured:
    at = MORNING + timedelta(seconds=second)
    pressure = 120.0 if second < 120 else 120.0 + (second - 120) / 60
    return VitalsMeasured(
        device_id="m",
        session_id=SESSION,
        measured_at=at,
        received_at=at,
        measurements=(
            Measurement(code="8480-6", value=pressure, unit="mm[Hg]"),
            Measurement(code="59408-5", value=None, unit="%"),
        ),
        method="continuous",
    )


def started() -> InfusionStarted:
    at = MORNING + timedelta(seconds=119)
    return InfusionStarted(
        session_id=SESSION, chair=1, dose_mg=40, rate_mg_per_minute=1, duration_minutes=40, actor="n", started_at=at
    )


def said_of(*events: tuple[Topic, Event]) -> list[tuple[Topic, Envelope, Event]]:
    return [
        (
            topic,
            Envelope(
                id=(identity := uuid5(SESSION, f"{type(event).__name__} {event!r}")),
                type=type(event).__name__,
                source=topic.producer,
                time=MORNING,
                subject=str(SESSION),
                correlation_id=identity,
            ),
            event,
        )
        for topic, event in events
    ]


async def test_readings_become_trends_and_a_kill_changes_nothing(kafka: str, prefix: str, tmp_path: Path) -> None:
    await create_topics({"bootstrap_servers": kafka}, prefix)
    trends = Trends(kafka, prefix, tmp_path / "trends.log")
    try:
        before = [(VITALS, reading(second)) for second in range(0, 120, 2)]
        await produce(kafka, prefix, said_of(*before, (SESSIONS, started())), garbage=(VITALS, str(SESSION)))
        await trends.until_said(MORNING + timedelta(seconds=60))
        async with httpx2.AsyncClient() as client:
            assert (await client.get(f"{trends.url}/readyz")).status_code == 200
            assert 'chairside_dead_letters_total{topic="vitals"} 1.0' in (await client.get(f"{trends.url}/metrics")).text
        await produce(kafka, prefix, said_of(*[(VITALS, reading(second)) for second in range(120, 420, 2)]))
        await trends.end(signal.SIGKILL)
        trends.start()
        await produce(kafka, prefix, said_of(*[(VITALS, reading(second)) for second in range(420, 600, 2)]))
        found = await trends.until_said(MORNING + timedelta(seconds=540))
        assert await trends.end(signal.SIGTERM) == 0
    finally:
        trends.process.kill()
        trends.process.wait()
    last = max(found, key=lambda trend: trend.computed_at)
    [pressure] = last.trends
    assert pressure.baseline == 120.0
    climbed = (last.computed_at - MORNING).total_seconds() / 60 - 2
    assert abs(pressure.change - climbed) < 0.3
    assert pressure.slope_per_minute > 0.8
    ids = [envelope.id for envelope, event in await said(kafka, prefix, TRENDS) if event in found]
    assert len({event.computed_at for event in found}) == len(set(ids))


WATCH = """
import asyncio
from kit.settings import load
from services.trends import app
from services.trends.settings import TrendsSettings
app.STANDS_STILL_AFTER = 1.0
rows = iter(range(10_000, 0, -1))
asyncio.run(app.end_when_still(load(TrendsSettings), lambda: {to_read_back}))
"""


def watching(kafka: str, prefix: str, to_read_back: str) -> subprocess.Popen[bytes]:
    code = WATCH.replace("{to_read_back}", to_read_back)
    return subprocess.Popen([sys.executable, "-c", code], cwd=REPOSITORY, env=environment(kafka, prefix))


async def test_rows_that_are_read_back_are_a_move(kafka: str, prefix: str) -> None:
    await create_topics({"bootstrap_servers": kafka}, prefix)
    await produce(kafka, prefix, said_of((VITALS, reading(0))))
    moving, still = watching(kafka, prefix, "next(rows)"), watching(kafka, prefix, "7")
    try:
        assert await asyncio.to_thread(still.wait, 30) == STOOD_STILL
        assert moving.poll() is None
    finally:
        for watch in (moving, still):
            watch.kill()
            watch.wait()


async def test_readings_that_nobody_commits_end_the_process_and_none_do_not(kafka: str, prefix: str) -> None:
    await create_topics({"bootstrap_servers": kafka}, prefix)
    watch = watching(kafka, prefix, "0")
    try:
        with pytest.raises(subprocess.TimeoutExpired):
            await asyncio.to_thread(watch.wait, 6)
        await produce(kafka, prefix, said_of((VITALS, reading(0))))
        assert await asyncio.to_thread(watch.wait, 30) == STOOD_STILL
    finally:
        watch.kill()
        watch.wait()


UNWATCHED = """
from services.trends import app
async def dies(*_):
    raise RuntimeError("a bug")
app.end_when_still = dies
app.main()
"""


async def test_a_watch_that_dies_ends_the_process_too(kafka: str, prefix: str) -> None:
    await create_topics({"bootstrap_servers": kafka}, prefix)
    unwatched = subprocess.Popen(
        [sys.executable, "-c", UNWATCHED],
        cwd=REPOSITORY,
        env=environment(kafka, prefix) | {"CHAIRSIDE_PORT": str(free_port())},
        stdout=subprocess.DEVNULL,
    )
    try:
        assert await asyncio.to_thread(unwatched.wait, 60) == 1
    finally:
        unwatched.kill()
        unwatched.wait()
