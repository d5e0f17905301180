"""The roster on a real store and broker: rotations, covers, hand-overs, gaps, the calendar, and what scheduling takes back."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from icalendar import Calendar
from pydantic import SecretStr

from kit.testing import Stage
from schemas.scheduling.staff import (
    ChairAssigned,
    ChairUnassigned,
    Role,
    ShiftCancelled,
    ShiftPlanned,
    StaffIdentity,
    StaffMemberRegistered,
)
from services.notifications.app import SERVICE
from services.notifications.on import staff as on_staff
from services.notifications.store import people

MORNING = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
SECRET = SecretStr("a secret of this test")
STAFF: dict[str, Role] = {
    "charge-1": "charge nurse",
    "dr-kim": "prescriber",
    "dr-lee": "prescriber",
    "nurse-1": "nurse",
    "nurse-2": "nurse",
}
DAILY = {
    "role": "prescriber",
    "time_zone": "America/New_York",
    "members": ["dr-lee", "dr-kim"],
    "first_date": "2026-03-02",
    "hand_over": "08:00",
    "days": 1,
}


@pytest.fixture
async def stage(kafka: str, database: str, prefix: str, tmp_path: Path) -> AsyncIterator[Stage]:
    settings = {"clinic_name": "North", "link_secret": SECRET, "webhook_secret": SECRET, "public_url": "https://north.example"}
    databases, more = {"notifications": database}, {"notifications": settings}
    async with Stage([SERVICE], kafka, databases, prefix, tmp_path, MORNING, more) as there:
        hired = [
            StaffMemberRegistered(staff_id=who, identity=StaffIdentity(display_name=who), role=role, registered_at=MORNING)
            for who, role in STAFF.items()
        ]
        await hear(there, *hired)
        yield there


@pytest.fixture
def roster(stage: Stage) -> httpx2.AsyncClient:
    return stage.http(
        "notifications", actor="manager", permissions=("roster.read", "roster.write", "roster.handover", "contacts.write")
    )


async def hear(stage: Stage, *events: Any) -> None:
    """What scheduling says."""
    async with stage.running["notifications"].store.transaction() as tx:
        for event in events:
            await on_staff.HANDLERS[type(event)](event, tx)


def shift(who: str, starts: float = 0, ends: float = 10) -> ShiftPlanned:
    times = {"starts_at": MORNING + starts * HOUR, "ends_at": MORNING + ends * HOUR}
    return ShiftPlanned(shift_id=uuid4(), staff_id=who, role=STAFF[who], **times)


def chair(who: str, number: int, starts: float = 0, ends: float = 10) -> ChairAssigned:
    times = {"starts_at": MORNING + starts * HOUR, "ends_at": MORNING + ends * HOUR}
    return ChairAssigned(assignment_id=uuid4(), staff_id=who, chair=number, **times)


def cancelled(event: ShiftPlanned, at: float) -> ShiftCancelled:
    return ShiftCancelled(**event.model_dump(), cancelled_at=MORNING + at * HOUR)


def unassigned(event: ChairAssigned, at: float) -> ChairUnassigned:
    return ChairUnassigned(**event.model_dump(), unassigned_at=MORNING + at * HOUR)


async def there(roster: httpx2.AsyncClient, hour: float = 0) -> dict[str, Any]:
    """Role to (on duty, on call), and chairs, at an hour after eight."""
    answer = await roster.get("/on-call", params={"at": (MORNING + hour * HOUR).isoformat()})
    body = answer.json()
    now: dict[str, Any] = {
        one["role"]: (one["on_duty"], one["on_call"]) for one in body["roles"] if one["on_duty"] or one["on_call"]
    }
    return now | {one["chair"]: one["staff_id"] for one in body["chairs"]}


async def put(roster: httpx2.AsyncClient, name: str = "nights", **changes: Any) -> httpx2.Response:
    return await roster.put(f"/rotations/{name}", json=DAILY | changes)


def refusal(answer: httpx2.Response, status: int) -> tuple[str, str]:
    """The title, and the first field named."""
    assert answer.status_code == status, answer.text
    said = answer.json()
    return said["title"], said["faults"][0]["field"] if said["faults"] else ""


async def test_a_rotation_says_who_is_on_call_and_what_it_said_stays_known(stage: Stage, roster: httpx2.AsyncClient) -> None:
    put_first = await put(roster)
    assert put_first.status_code == 200, put_first.text
    assert put_first.json()["rotation"]["from"] == "2026-03-02T13:00:00Z"
    assert await there(roster, 4.99) == {}
    assert await there(roster, 5) == {"prescriber": ([], ["dr-lee"])}
    assert await there(roster, 29) == {"prescriber": ([], ["dr-kim"])}
    await stage.advance(minutes=36 * 60)
    assert (await put(roster, members=["dr-kim"])).status_code == 200
    assert await there(roster, 35.9) == {"prescriber": ([], ["dr-kim"])}
    await stage.advance(minutes=24 * 60)
    assert (await put(roster, members=["dr-lee"])).status_code == 200
    for hour, who in ((5, "dr-lee"), (53, "dr-kim"), (60, "dr-lee")):
        assert await there(roster, hour) == {"prescriber": ([], [who])}, hour
    assert [one["members"] for one in (await roster.get("/rotations/nights")).json()] == [
        ["dr-lee", "dr-kim"],
        ["dr-kim"],
        ["dr-lee"],
    ]


async def test_a_rotation_that_begins_later_leaves_the_one_before_in_force_until_then(
    stage: Stage, roster: httpx2.AsyncClient
) -> None:
    await put(roster, first_date="2026-03-01", members=["dr-lee"])
    later = await put(roster, first_date="2026-03-05", members=["dr-kim"])
    assert (later.json()["rotation"]["from"], later.json()["warnings"]["gaps"]) == ("2026-03-05T13:00:00Z", [])
    assert await there(roster, 76.99) == {"prescriber": ([], ["dr-lee"])}
    assert await there(roster, 77) == {"prescriber": ([], ["dr-kim"])}
    sooner = await put(roster, first_date="2026-03-04", members=["dr-kim", "dr-lee"])
    assert sooner.status_code == 200
    assert [one["from"][8:10] for one in (await roster.get("/rotations")).json()] == ["02", "04"]
    assert [one["until"] for one in (await roster.get("/rotations")).json()] == ["2026-03-04T13:00:00Z", None]


async def test_the_same_rotation_twice_is_one(stage: Stage, roster: httpx2.AsyncClient) -> None:
    first, second = await put(roster), await put(roster)
    assert first.json() == second.json()
    await stage.advance(minutes=48 * 60)
    assert (await put(roster)).json()["rotation"] == first.json()["rotation"]


BAD_ROTATIONS = [
    ({"members": ["dr-lee", "nurse-1"]}, "body.members.1"),
    ({"members": ["dr-who"]}, "body.members.0"),
    ({"members": []}, "body.members"),
    ({"time_zone": "Mars/Olympus"}, "body.time_zone"),
    ({"time_zone": "../etc/passwd"}, "body.time_zone"),
    ({"hand_over": "25:00"}, "body.hand_over"),
    ({"hand_over": 8}, "body.hand_over"),
    ({"first_date": "2026-02-30"}, "body.first_date"),
    ({"first_date": "9999-01-01"}, "body.first_date"),
    ({"days": 0}, "body.days"),
    ({"days": True}, "body.days"),
    ({"role": "janitor"}, "body.role"),
    ({"colour": "red"}, "body.colour"),
]


@pytest.mark.parametrize(("change", "field"), BAD_ROTATIONS, ids=[f"{c}" for c, _ in BAD_ROTATIONS])
async def test_a_rotation_that_cannot_be_is_refused_by_its_field(
    roster: httpx2.AsyncClient, change: dict[str, Any], field: str
) -> None:
    assert refusal(await put(roster, **change), 422)[1] == field
    assert (await roster.get("/rotations")).json() == []


async def test_a_change_that_leaves_a_gap_is_refused_with_the_gap_unless_it_is_meant(
    stage: Stage, roster: httpx2.AsyncClient
) -> None:
    first = await put(roster, first_date="2026-03-03")
    assert first.json()["warnings"]["gaps"] == [
        {"kind": "prescriber", "from": "2026-03-02T08:00:00Z", "until": "2026-03-03T13:00:00Z"}
    ]
    assert {one["staff_id"] for one in first.json()["warnings"]["unreachable"]} == {"dr-lee", "dr-kim"}
    await stage.advance(minutes=48 * 60)
    ended = await roster.delete("/rotations/nights")
    assert refusal(ended, 409) == ("Nobody would be told", "query.accept_gaps")
    assert "no prescriber from 2026-03-04T08:00Z to 2026-03-18T08:00Z" in ended.json()["detail"]
    assert await there(roster, 48) == {"prescriber": ([], ["dr-lee"])}
    role = await put(roster, role="charge nurse", members=["charge-1"])
    assert refusal(role, 409) == ("Nobody would be told", "body.accept_gaps")
    await hear(stage, shift("dr-lee", 48, 480))
    assert (await roster.delete("/rotations/nights")).json()["gaps"] == []
    assert await there(roster, 47.9) == {"prescriber": ([], ["dr-lee"])}
    assert await there(roster, 48) == {"prescriber": (["dr-lee"], [])}
    assert refusal(await roster.delete("/rotations/nights"), 404)[0] == "No such rotation"
    assert len((await roster.get("/rotations/nights")).json()) == 1


async def test_gaps_of_the_next_days_and_who_cannot_be_reached(stage: Stage, roster: httpx2.AsyncClient) -> None:
    await put(roster, first_date="2026-03-03")
    await hear(stage, shift("nurse-1"), shift("nurse-2"), shift("charge-1"))
    ways = {"channels": [{"channel": "console", "address": "desk"}]}
    for who in ("dr-lee", "dr-kim", "nurse-1", "charge-1"):
        assert (await roster.put(f"/contacts/{who}", json=ways)).status_code == 204
    lacking = (await roster.get("/roster/gaps", params={"until": (MORNING + 48 * HOUR).isoformat()})).json()
    assert [(one["kind"], one["from"][8:16], one["until"][8:16]) for one in lacking["gaps"]] == [
        ("prescriber", "02T08:00", "03T13:00"),
        ("medical director", "02T08:00", "04T08:00"),
    ]
    assert lacking["unreachable"] == [{"staff_id": "nurse-2", "first_at": "2026-03-02T08:00:00Z"}]
    assert sorted(lacking["unjudged"]) == ["charge nurse", "second nurse"]
    assert sorted(lacking["judged"]) == ["medical director", "prescriber"]
    for until in (MORNING, MORNING + timedelta(days=93)):
        assert refusal(await roster.get("/roster/gaps", params={"until": until.isoformat()}), 422)[1] == "query.until"


async def cover(roster: httpx2.AsyncClient, absent: str, by: str, starts: float, ends: float) -> httpx2.Response:
    times = {"from": (MORNING + starts * HOUR).isoformat(), "until": (MORNING + ends * HOUR).isoformat()}
    return await roster.post("/covers", json={"absent": absent, "cover": by, "reason": "leave"} | times)


async def test_a_cover_takes_shift_chair_and_call_and_ends_when_it_is_ended(stage: Stage, roster: httpx2.AsyncClient) -> None:
    await hear(stage, shift("nurse-1"), chair("nurse-1", 1), shift("dr-lee"))
    made = await cover(roster, "nurse-1", "nurse-2", -3, 6)
    assert made.status_code == 201, made.text
    assert made.json()["cover"]["from"] == "2026-03-02T08:00:00Z"
    assert (await cover(roster, "nurse-2", "charge-1", 2, 4)).status_code == 201
    for hour, who in ((0, "nurse-2"), (2, "charge-1"), (4, "nurse-2"), (6, "nurse-1")):
        assert (await there(roster, hour))[("charge nurse" if who == "charge-1" else "nurse")] == ([who], []), hour
    assert (await there(roster, 0))[1] == "nurse-2"
    await stage.advance(minutes=60)
    assert (await roster.delete(f"/covers/{made.json()['cover']['cover_id']}")).status_code == 200
    assert (await there(roster, 1))[1] == "nurse-1"
    assert (await there(roster, 0.9))["nurse"] == (["nurse-2"], [])
    again = await roster.delete(f"/covers/{made.json()['cover']['cover_id']}")
    assert refusal(again, 409)[0] == "It is over"
    assert [one["absent"] for one in (await roster.get("/covers")).json()] == ["nurse-2"]
    ever = await roster.get("/covers", params={"from": MORNING.isoformat()})
    assert [(one["absent"], one["until"][11:13]) for one in ever.json()] == [("nurse-1", "09"), ("nurse-2", "12")]


async def test_a_cover_that_cannot_be_is_refused_with_what_to_do(stage: Stage, roster: httpx2.AsyncClient) -> None:
    assert refusal(await cover(roster, "charge-1", "nurse-1", 0, 8), 422)[1] == "body.cover"
    assert refusal(await cover(roster, "dr-lee", "nurse-1", 0, 8), 422)[1] == "body.cover"
    assert refusal(await cover(roster, "dr-lee", "dr-who", 0, 8), 422)[1] == "body.cover"
    assert refusal(await cover(roster, "dr-who", "dr-lee", 0, 8), 422)[1] == "body.absent"
    assert refusal(await cover(roster, "dr-lee", "dr-lee", 0, 8), 422)[1] == "body.cover"
    assert refusal(await cover(roster, "dr-lee", "dr-kim", -8, 0), 422)[1] == "body.until"
    assert refusal(await cover(roster, "dr-lee", "dr-kim", 0, 24 * 367), 422)[1] == "body.until"
    assert (await cover(roster, "nurse-1", "nurse-2", 0, 8)).status_code == 201
    overlap = await cover(roster, "nurse-1", "charge-1", 7, 9)
    assert refusal(overlap, 409)[1] == "body.from"
    assert "DELETE /covers/" in overlap.json()["todo"]
    round_and_round = await cover(roster, "nurse-2", "nurse-1", 7, 9)
    assert refusal(round_and_round, 409)[1] == "body.cover"
    assert round_and_round.json()["detail"] == "nurse-2 -> nurse-1 -> nurse-2"
    assert (await cover(roster, "nurse-2", "nurse-1", 8, 9)).status_code == 201
    assert refusal(await roster.delete(f"/covers/{uuid4()}"), 404)[0] == "No such cover"


async def test_a_cover_who_is_there_anyway_may_leave_nobody_else(stage: Stage, roster: httpx2.AsyncClient) -> None:
    nurses = {"role": "nurse", "members": ["nurse-1"], "first_date": "2026-03-01", "accept_gaps": True}
    assert (await put(roster, "nurses", **nurses)).json()["warnings"]["gaps"] == []
    await hear(stage, shift("nurse-2"))
    times = {"from": MORNING.isoformat(), "until": (MORNING + 4 * HOUR).isoformat()}
    wanted = {"absent": "nurse-1", "cover": "nurse-2", "reason": "leave"} | times
    alone = await roster.post("/covers", json=wanted)
    assert refusal(alone, 409) == ("Nobody would be told", "body.accept_gaps")
    assert "no second nurse from 2026-03-02T08:00Z to 2026-03-02T12:00Z" in alone.json()["detail"]
    assert (await roster.get("/covers")).json() == []
    meant = await roster.post("/covers", json=wanted | {"accept_gaps": True})
    assert (meant.status_code, len(meant.json()["warnings"]["gaps"])) == (201, 1)


async def test_two_covers_at_once_for_one_absent_let_one_in(stage: Stage, roster: httpx2.AsyncClient) -> None:
    answers = await asyncio.gather(*(cover(roster, "nurse-1", by, 0, 8) for by in ("nurse-2", "charge-1", "nurse-2")))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]


async def test_chairs_are_handed_over_until_their_assignments_end(stage: Stage, roster: httpx2.AsyncClient) -> None:
    first, second = chair("nurse-1", 1, 0, 4), chair("nurse-1", 2)
    await hear(stage, shift("nurse-1"), shift("nurse-2"), first, second, chair("nurse-1", 1, 4, 10))
    handed = await roster.post("/handovers", json={"from_staff": "nurse-1", "to_staff": "nurse-2"})
    assert (handed.status_code, handed.json()["chairs"]) == (201, [1, 2])
    assert await there(roster) == {"nurse": (["nurse-1", "nurse-2"], []), 1: "nurse-2", 2: "nurse-2"}
    await stage.advance(minutes=30)
    back = await roster.post("/handovers", json={"from_staff": "nurse-2", "to_staff": "nurse-1", "chair": 2})
    assert back.json()["chairs"] == [2]
    now = await there(roster, 0.5)
    assert (now[1], now[2]) == ("nurse-2", "nurse-1")
    assert (await there(roster, 0.4))[2] == "nurse-2"
    assert (await there(roster, 4))[1] == "nurse-1"
    none = await roster.post("/handovers", json={"from_staff": "nurse-1", "to_staff": "nurse-2", "chair": 1})
    assert refusal(none, 409)[1] == "body.chair"
    await hear(stage, unassigned(second, 0.5))
    assert 2 not in await there(roster, 0.5)


async def test_a_hand_over_needs_a_nurse_on_duty_who_takes_and_one_who_has(stage: Stage, roster: httpx2.AsyncClient) -> None:
    await hear(stage, shift("nurse-1"), chair("nurse-1", 1), shift("dr-lee"))

    async def hand(giver: str, taker: str) -> httpx2.Response:
        return await roster.post("/handovers", json={"from_staff": giver, "to_staff": taker})

    assert refusal(await hand("nurse-1", "dr-lee"), 422)[1] == "body.to_staff"
    assert refusal(await hand("nurse-1", "nurse-1"), 422)[1] == "body.to_staff"
    assert refusal(await hand("nurse-1", "nurse-2"), 409) == ("The taker is not on duty", "body.to_staff")
    await hear(stage, shift("nurse-2"))
    assert refusal(await hand("charge-1", "nurse-2"), 409)[1] == "body.from_staff"
    assert (await cover(roster, "nurse-1", "charge-1", 0, 5)).status_code == 201
    assert refusal(await hand("nurse-1", "nurse-2"), 409)[1] == "body.from_staff"
    assert (await hand("charge-1", "nurse-2")).json()["chairs"] == [1]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
async def test_what_scheduling_takes_back_is_gone_in_whatever_order_it_is_read(
    stage: Stage, roster: httpx2.AsyncClient, order: tuple[int, int]
) -> None:
    planned, sat, never = shift("nurse-1"), chair("nurse-1", 1), shift("nurse-2", 5, 10)
    for pair in ((planned, cancelled(planned, 3)), (sat, unassigned(sat, 2)), (never, cancelled(never, 4))):
        await hear(stage, *(pair[number] for number in order))
        await hear(stage, *(pair[number] for number in order))
    assert await there(roster, 1.9) == {"nurse": (["nurse-1"], []), 1: "nurse-1"}
    assert await there(roster, 2) == {"nurse": (["nurse-1"], [])}
    assert await there(roster, 3) == {}
    assert await there(roster, 6) == {}


async def test_a_calendar_program_reads_the_feed_by_its_link_alone(stage: Stage, roster: httpx2.AsyncClient) -> None:
    await put(roster, first_date="2026-03-01")
    made = await roster.post("/on-call/feeds", json={"staff_id": "dr-kim"})
    assert made.status_code == 201, made.text
    path = made.json()["url"].removeprefix("https://north.example")
    anybody = stage.http("notifications")
    feed = await anybody.get(path)
    assert (feed.status_code, feed.headers["content-type"]) == (200, "text/calendar; charset=utf-8")
    events = Calendar.from_ical(feed.content).walk("VEVENT")
    assert {str(one["SUMMARY"]) for one in events} == {"On call: prescriber (dr-kim)"}
    assert (events[0].start, events[0].end) == (datetime(2026, 3, 2, 13, tzinfo=UTC), datetime(2026, 3, 3, 13, tzinfo=UTC))
    assert max(one.start for one in events) > MORNING + timedelta(weeks=7, days=5)
    again = await anybody.get(path, headers={"If-None-Match": feed.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    await put(roster, first_date="2026-03-01", members=["dr-kim"])
    assert (await anybody.get(path, headers={"If-None-Match": feed.headers["ETag"]})).status_code == 200
    same = await roster.get("/on-call.ics", params={"staff_id": "dr-kim"})
    assert same.content == (await anybody.get(path)).content
    forged = path.replace(".ics", "x.ics")
    assert refusal(await anybody.get(forged), 404)[0] == "No such calendar"
    assert refusal(await roster.post("/on-call/feeds", json={"staff_id": "dr-who"}), 422)[1] == "body.staff_id"
    assert (await anybody.get("/on-call.ics")).status_code == 401


async def test_every_door_of_the_roster_asks_for_its_permission(stage: Stage) -> None:
    reader = stage.http("notifications", permissions=["roster.read"])
    assert (await reader.get("/on-call")).status_code == 200
    for method, path in (("PUT", "/rotations/x"), ("DELETE", "/rotations/x"), ("POST", "/covers"), ("POST", "/handovers")):
        assert (await reader.request(method, path, json={})).status_code == 403, path
    nobody = stage.http("notifications", permissions=["pages.read"])
    for path in ("/on-call", "/on-call.ics", "/roster/gaps", "/rotations", "/rotations/x", "/covers"):
        assert (await nobody.get(path)).status_code == 403, path


async def test_the_duty_book_is_one_round_trip_and_quick_with_a_year_of_shifts(stage: Stage, roster: httpx2.AsyncClient) -> None:
    running = stage.running["notifications"]
    await put(roster, first_date="2026-03-01")
    pool = running.store.pool
    await pool.execute(
        "INSERT INTO staff SELECT 'n-' || n, CASE n % 4 WHEN 0 THEN 'charge nurse' ELSE 'nurse' END FROM generate_series(1, 40) n"
    )
    await pool.execute(
        "INSERT INTO shifts SELECT gen_random_uuid(), 'n-' || n, 'nurse', tstzrange($1::timestamptz + d * interval '1 day',"
        " $1::timestamptz + d * interval '1 day' + interval '10 hours')"
        " FROM generate_series(1, 40) n, generate_series(-360, 5) d WHERE (n + d) % 7 < 5",
        MORNING,
    )
    await pool.execute("INSERT INTO chair_assignments SELECT shift_id, staff_id, 1, during FROM shifts")
    await pool.execute("ANALYZE shifts; ANALYZE chair_assignments")
    took = []
    async with running.store.transaction() as tx:
        for _ in range(50):
            began = asyncio.get_running_loop().time()
            book = await people.duty_book(tx)
            took.append(asyncio.get_running_loop().time() - began)
    assert 20 < sum(member.on_duty for member in book) < 40
    assert sorted(took)[25] < 0.02, f"median {sorted(took)[25] * 1000:.2f} ms"
