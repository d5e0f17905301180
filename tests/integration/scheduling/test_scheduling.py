"""Scheduling on a real store and broker: series are placed, chairs are never doubled, arrival and no-show are told."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import httpx2
import pytest

from benchmarks.probe import order
from kit.testing import Stage
from schemas.intake.orders import OrderSigned
from schemas.scheduling.appointments import APPOINTMENTS, AppointmentBooked, AppointmentMissed, PatientArrived
from schemas.scheduling.series import SERIES
from schemas.scheduling.staff import STAFF, ChairUnassigned, ShiftCancelled
from schemas.scheduling.waitlist import WAITLIST
from services.scheduling.app import SERVICE
from services.scheduling.on.orders import plan_series

MONDAY = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
ALL = ("appointments.read", "appointments.write", "staff.write")


@pytest.fixture
async def stage(kafka: str, database: str, prefix: str, tmp_path: Path) -> AsyncIterator[Stage]:
    async with Stage([SERVICE], kafka, {"scheduling": database}, prefix, tmp_path, MONDAY) as there:
        yield there


@pytest.fixture
def scheduling(stage: Stage) -> httpx2.AsyncClient:
    return stage.http("scheduling", actor="desk", permissions=ALL)


def signed(key: int) -> OrderSigned:
    return order(key, 6)


async def plan(stage: Stage, event: OrderSigned) -> None:
    async with stage.running["scheduling"].store.transaction() as tx:
        await plan_series(event, tx)


async def test_an_order_becomes_a_series_once(stage: Stage, scheduling: httpx2.AsyncClient) -> None:
    await plan(stage, signed(1))
    await plan(stage, signed(1))
    await stage.settle()
    booked = await stage.events(APPOINTMENTS)
    assert [type(event) for event in booked] == [AppointmentBooked] * 6
    assert len(await stage.events(SERIES)) == 1
    listed = (await scheduling.get("/appointments", params={"patient_id": str(signed(1).patient_id)})).json()["appointments"]
    assert [one["number"] for one in listed] == [1, 2, 3, 4, 5, 6]


async def test_many_writers_at_once_never_double_a_chair(stage: Stage) -> None:
    await asyncio.gather(*(plan(stage, signed(key)) for key in range(8)))
    pool = stage.running["scheduling"].store.pool
    assert await pool.fetchval("SELECT count(*) FROM appointments") == 48
    doubled = """
        SELECT count(*) FROM appointments a JOIN appointments b
        ON a.chair = b.chair AND a.appointment_id < b.appointment_id AND a.during && b.during
    """
    assert await pool.fetchval(doubled) == 0
    with pytest.raises(asyncpg.ExclusionViolationError):
        await pool.execute(
            "INSERT INTO appointments SELECT gen_random_uuid(), patient_id, series_id, order_id, 9, chair, during, state"
            " FROM appointments LIMIT 1"
        )


async def test_a_full_clinic_puts_a_patient_on_the_waitlist(stage: Stage) -> None:
    pool = stage.running["scheduling"].store.pool
    await plan(stage, signed(1))
    await pool.execute("DELETE FROM appointments")
    for chair in range(1, 5):
        await pool.execute(
            "INSERT INTO appointments SELECT gen_random_uuid(), gen_random_uuid(), series_id, order_id, 1, $1,"
            " tstzrange($2, $3), 'booked' FROM series",
            chair,
            MONDAY,
            MONDAY + timedelta(days=80),
        )
    await plan(stage, signed(2))
    await stage.settle()
    [waiting] = await stage.events(WAITLIST)
    assert waiting.order_id == signed(2).order_id
    assert "no chair is free" in waiting.reasons[0]


async def test_arrival_is_told_once_and_keeps_the_no_show_away(stage: Stage, scheduling: httpx2.AsyncClient) -> None:
    await plan(stage, signed(1))
    await stage.advance(minutes=60)
    today = (await scheduling.get("/appointments", params={"day": "2026-03-02"})).json()["appointments"]
    [first] = today
    for _ in range(2):
        assert (await scheduling.post(f"/appointments/{first['appointment_id']}/arrival")).json()["state"] == "arrived"
    await stage.advance(minutes=60)
    told = [type(event) for event in await stage.events(APPOINTMENTS)]
    assert told.count(PatientArrived) == 1
    assert AppointmentMissed not in told
    later = (await scheduling.get("/appointments", params={"day": "2026-03-05"})).json()["appointments"][0]
    refused = await scheduling.post(f"/appointments/{later['appointment_id']}/arrival")
    assert (refused.status_code, "2026-03-05" in refused.json()["detail"]) == (409, True)


async def test_who_does_not_come_is_missed_by_timer_and_frees_the_chair(stage: Stage, scheduling: httpx2.AsyncClient) -> None:
    await plan(stage, signed(1))
    await stage.advance(minutes=89)
    assert AppointmentMissed not in [type(event) for event in await stage.events(APPOINTMENTS)]
    await stage.advance(minutes=1)
    [missed] = [event for event in await stage.events(APPOINTMENTS) if isinstance(event, AppointmentMissed)]
    assert missed.missed_at == MONDAY + timedelta(minutes=90)
    refused = await scheduling.post(f"/appointments/{missed.appointment_id}/arrival")
    assert refused.status_code == 409


async def test_staff_shifts_and_chairs(stage: Stage, scheduling: httpx2.AsyncClient) -> None:
    times = {"starts_at": "2026-03-02T08:00:00Z", "ends_at": "2026-03-02T16:00:00Z"}
    for staff_id, role in (("nurse-1", "nurse"), ("nurse-2", "nurse"), ("dr-lee", "prescriber")):
        body = {"staff_id": staff_id, "display_name": "Somebody", "role": role}
        assert (await scheduling.post("/staff", json=body)).status_code == 204
        assert (await scheduling.post("/shifts", json={"staff_id": staff_id} | times)).status_code == 201
    chair = {"staff_id": "nurse-1", "chair": 1} | times
    assert (await scheduling.post("/chair-assignments", json=chair)).status_code == 201
    assert (await scheduling.post("/chair-assignments", json=chair | {"staff_id": "nurse-2"})).status_code == 409
    assert (await scheduling.post("/chair-assignments", json=chair | {"staff_id": "dr-lee", "chair": 2})).status_code == 422
    assert (await scheduling.post("/chair-assignments", json=chair | {"chair": 9})).json()["faults"][0]["expected"] == "1 to 4"
    backwards = chair | {"ends_at": "2026-03-02T07:00:00Z"}
    assert (await scheduling.post("/chair-assignments", json=backwards)).status_code == 422
    duty = (await scheduling.get("/staff/on-duty", params={"at": "2026-03-02T09:00:00Z"})).json()
    assert [(one["staff_id"], one["chairs"]) for one in duty] == [("dr-lee", []), ("nurse-1", [1]), ("nurse-2", [])]
    await stage.settle()
    assert len(await stage.events(STAFF)) == 7


async def test_a_shift_and_a_chair_are_taken_back_before_they_begin_or_while_they_last(
    stage: Stage, scheduling: httpx2.AsyncClient
) -> None:
    times = {"starts_at": "2026-03-02T08:00:00Z", "ends_at": "2026-03-02T16:00:00Z"}
    later = {"starts_at": "2026-03-03T08:00:00Z", "ends_at": "2026-03-03T16:00:00Z"}
    for who in ("nurse-1", "nurse-2"):
        await scheduling.post("/staff", json={"staff_id": who, "display_name": "Somebody", "role": "nurse"})
    today, tomorrow = [(await scheduling.post("/shifts", json={"staff_id": "nurse-1"} | t)).json()["id"] for t in (times, later)]
    chairs = [
        (await scheduling.post("/chair-assignments", json={"staff_id": "nurse-1", "chair": 1} | t)).json()["id"]
        for t in (times, later)
    ]
    assert len((await scheduling.get("/shifts")).json()) == 2
    await stage.advance(minutes=120)
    left = await scheduling.delete(f"/shifts/{tomorrow}")
    assert [one["assignment_id"] for one in left.json()["chairs"]] == [chairs[1]]
    assert (await scheduling.delete(f"/shifts/{today}")).json()["chairs"][0]["assignment_id"] == chairs[0]
    for assignment in chairs:
        assert (await scheduling.delete(f"/chair-assignments/{assignment}")).status_code == 204
    assert (await scheduling.get("/staff/on-duty", params={"at": "2026-03-02T08:59:00Z"})).json()[0]["chairs"] == [1]
    assert (await scheduling.get("/staff/on-duty")).json() == []
    assert (await scheduling.get("/shifts")).json() == (await scheduling.get("/chair-assignments")).json() == []
    for path in (f"/shifts/{today}", f"/shifts/{tomorrow}", *(f"/chair-assignments/{one}" for one in chairs)):
        assert (await scheduling.delete(path)).status_code == 409, path
    assert (await scheduling.delete(f"/shifts/{chairs[0]}")).status_code == 404
    assert (await scheduling.delete(f"/chair-assignments/{today}")).status_code == 404
    other = {"staff_id": "nurse-2", "chair": 1, "starts_at": "2026-03-02T09:00:00Z", "ends_at": "2026-03-02T16:00:00Z"}
    assert (await scheduling.post("/chair-assignments", json=other)).status_code == 201
    backwards = {"from": "2026-03-02T09:00:00Z", "until": "2026-03-02T09:00:00Z"}
    assert (await scheduling.get("/shifts", params=backwards)).status_code == 422
    await stage.settle()
    taken_back = [event for event in await stage.events(STAFF) if isinstance(event, ShiftCancelled | ChairUnassigned)]
    assert [(type(one), one.starts_at.day) for one in taken_back] == [
        (ShiftCancelled, 3),
        (ShiftCancelled, 2),
        (ChairUnassigned, 2),
        (ChairUnassigned, 3),
    ]
