"""A gateway's readings of many devices at once, by HTTP."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from kit.testing import Stage
from schemas.monitoring.vitals import VITALS
from services.monitoring import store
from services.monitoring.app import SERVICE
from tests.integration.monitoring.test_session import MORNING


@pytest.fixture
async def stage(kafka: str, database: str, prefix: str, tmp_path: Path) -> AsyncIterator[Stage]:
    async with Stage([SERVICE], kafka, {"monitoring": database}, prefix, tmp_path, MORNING) as there:
        yield there


@pytest.fixture
def api(stage: Stage) -> httpx2.AsyncClient:
    return stage.http("monitoring", actor="gateway-1", permissions=("vitals.write",))


def device(name: str, readings: int = 1, *, code: str = "8867-4", unit: str = "/min") -> dict[str, Any]:
    measured = [{"code": code, "value": 70, "unit": unit}]
    instants = [MORNING.replace(second=number % 60, microsecond=number).isoformat() for number in range(readings)]
    return {"device_id": name, "readings": [{"measured_at": at, "method": "cuff", "measurements": measured} for at in instants]}


async def test_readings_of_many_devices_come_in_at_once_and_once(stage: Stage, api: httpx2.AsyncClient) -> None:
    session = uuid4()
    async with stage.running["monitoring"].store.transaction() as tx:
        await store.open_session(tx, session, uuid4(), uuid4(), uuid4(), 4)
        held = await store.hold(tx, session)
        assert held is not None
        await store.bind(tx, "monitor-1", held)
    body = {"devices": [device("monitor-1", 2), device("monitor-2")]}
    for _ in range(2):
        answer = await api.post("/vitals", json=body)
        assert (answer.status_code, answer.json()) == (202, {"accepted": 3, "unbound": ["monitor-2"]}), answer.text
    await stage.settle()
    said = await stage.said(VITALS)
    assert len(said) == 6
    assert len({envelope.id for envelope, _ in said}) == 3
    assert {(envelope.subject, getattr(event, "chair", 0)) for envelope, event in said} == {
        (str(session), 4),
        ("monitor-2", None),
    }
    assert await stage.running["monitoring"].store.pool.fetchval("SELECT count(*) FROM readings") == 3


async def test_one_wrong_unit_of_one_device_takes_nothing(stage: Stage, api: httpx2.AsyncClient) -> None:
    body = {"devices": [device("monitor-1"), device("monitor-2", unit="bpm"), device("monitor-3", code="nothing")]}
    answer = await api.post("/vitals", json=body)
    assert answer.status_code == 422
    assert [fault["field"] for fault in answer.json()["faults"]] == [
        "body.devices.1.readings.0.measurements.0.unit",
        "body.devices.2.readings.0.measurements.0.code",
    ]
    assert await stage.said(VITALS) == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"devices": []}, "body.devices"),
        ({"devices": [device("monitor-1", 300), device("monitor-2", 201)]}, "body.devices"),
        ({"devices": [device("no spaces please")]}, "body.devices.0.device_id"),
        ({"devices": [device("monitor-1") | {"more": 1}]}, "body.devices.0.more"),
    ],
)
async def test_what_is_not_as_it_must_be_is_named(api: httpx2.AsyncClient, body: Any, field: str) -> None:
    answer = await api.post("/vitals", json=body)
    assert (answer.status_code, answer.json()["faults"][0]["field"]) == (422, field)
