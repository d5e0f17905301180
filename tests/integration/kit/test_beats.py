"""Beats: said only by the replica that leads, and only when everything was read."""

import asyncio
from pathlib import Path

import pytest

from kit import beats
from kit.beats import Beats
from kit.db import Tx
from kit.service import Service
from kit.settings import Settings
from kit.testing import Stage
from schemas.monitoring.alarms import ALARMS, WatchKept
from schemas.scheduling.appointments import APPOINTMENTS
from tests.integration.kit.stages import MORNING


async def say(tx: Tx) -> None:
    tx.emit(WatchKept(clinic=tx.settings.prefix, sessions_watched=0, open_high=(), kept_at=tx.now))


def beating(stage: Stage, *, leads: bool = True) -> Beats:
    running = stage.running["monitoring"]
    return Beats(running.store, say, [APPOINTMENTS], running.ends, lambda: leads, 0.05, lambda: None)


@pytest.fixture
def service() -> Service:
    return Service(name="monitoring", settings=Settings, beat=say)


async def test_a_service_beats_on_the_walls_clock_while_the_clinics_stands_still(
    service: Service, kafka: str, database: str, prefix: str, tmp_path: Path
) -> None:
    often = {"monitoring": {"beat_seconds": 0.05}}
    async with Stage([service], kafka, {"monitoring": database}, prefix, tmp_path, MORNING, settings=often) as stage:
        async with asyncio.timeout(20):
            while len(said := await stage.said(ALARMS)) < 2:
                await asyncio.sleep(0.05)
    assert {envelope.subject for envelope, _ in said} == {prefix}


async def test_what_was_not_read_in_time_or_another_leader_gives_no_beat(
    service: Service, kafka: str, database: str, prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(beats, "CAUGHT_UP_WITHIN", 0.3)
    async with Stage([service], kafka, {"monitoring": database}, prefix, tmp_path, MORNING) as stage:
        assert await beating(stage).once()
        assert not await beating(stage, leads=False).once()
        running = stage.running["monitoring"]
        unread = Beats(running.store, say, [ALARMS], running.ends, lambda: True, 1, lambda: None)
        await stage.settle()
        assert not await unread.once(), "monitoring does not read its own alarms: it has not caught up with them"
        await stage.settle()
        assert len(await stage.said(ALARMS)) == 1
