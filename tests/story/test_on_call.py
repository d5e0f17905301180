"""Who is told, told: nights on call over both changes of the clocks, hand-overs to the second, cover, sick calls, chairs."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4
from zoneinfo import ZoneInfo

import asyncpg
import pytest
from pydantic import SecretStr

from kit.testing import Stage
from schemas.event import Event
from schemas.intake.safety import SuicideRiskSignalled
from schemas.monitoring.alarms import AlarmRaised
from services.notifications.app import SERVICE as NOTIFICATIONS
from services.notifications.on import alarms, safety
from services.scheduling.app import SERVICE as SCHEDULING
from tests.story.pager import Pager
from tests.story.words import ok

SECRET = "a secret of the stories"
SERVICES = (SCHEDULING, NOTIFICATIONS)
STAFF = (
    ("nurse-1", "nurse"),
    ("nurse-2", "nurse"),
    ("charge-1", "charge nurse"),
    ("dr-kim", "prescriber"),
    ("dr-lee", "prescriber"),
    ("director-1", "medical director"),
)


@dataclass
class Night:
    """A clinic by its own clock on the wall."""

    stage: Stage
    pager: Pager
    zone: ZoneInfo

    def __post_init__(self) -> None:
        self.scheduling = self.stage.http("scheduling", actor="desk", permissions=("staff.write", "appointments.read"))
        self.roster = self.stage.http(
            "notifications", actor="manager", permissions=("roster.read", "roster.write", "roster.handover", "contacts.write")
        )
        self.anybody = self.stage.http("notifications")

    async def opens(self) -> None:
        """Everybody works here and has a pager; nobody has a shift."""
        for staff_id, role in STAFF:
            await ok(self.scheduling.post("/staff", json={"staff_id": staff_id, "display_name": staff_id, "role": role}))
            channels = [{"channel": "webhook", "address": self.pager.address}]
            await ok(self.roster.put(f"/contacts/{staff_id}", json={"channels": channels}))
        await self.stage.settle()

    def local(self, text: str, fold: int = 0) -> datetime:
        """A local wall time; `fold` 1 is the second of an hour that is twice."""
        return datetime.fromisoformat(text).replace(tzinfo=self.zone, fold=fold)

    async def until(self, instant: datetime) -> None:
        """Time passes until an instant."""
        utc = instant.astimezone(ZoneInfo("UTC"))
        await self.stage.advance(seconds=(utc - self.stage.clock.now()).total_seconds())

    async def on_call(self, *members: str, first: str, hand_over: str, role: str = "prescriber", days: int = 1) -> None:
        """Members are on call in turn."""
        plan = {"role": role, "time_zone": str(self.zone), "members": members, "first_date": first, "days": days}
        await ok(self.roster.put(f"/rotations/{role.replace(' ', '-')}", json=plan | {"hand_over": hand_over}))

    async def shift(self, who: str, hours: float) -> str:
        """Somebody comes on duty now. Returns the shift."""
        return str((await ok(self.scheduling.post("/shifts", json={"staff_id": who} | self.times(hours))))["id"])

    async def chair(self, who: str, number: int, hours: float) -> str:
        """A nurse has a chair from now. Returns the assignment."""
        body = {"staff_id": who, "chair": number} | self.times(hours)
        return str((await ok(self.scheduling.post("/chair-assignments", json=body)))["id"])

    def times(self, hours: float) -> dict[str, str]:
        """From now, for so long."""
        now = self.stage.clock.now()
        return {"starts_at": now.isoformat(), "ends_at": (now + timedelta(hours=hours)).isoformat()}

    async def cover(self, absent: str, by: str, since: datetime, until: datetime) -> str:
        """Somebody stands in for somebody. Returns the cover."""
        body = {"absent": absent, "cover": by, "from": since.isoformat(), "until": until.isoformat(), "reason": "leave"}
        return str((await ok(self.roster.post("/covers", json=body)))["cover"]["cover_id"])

    async def signal(self, *, answered: bool = True) -> list[str]:
        """A patient's answer says that a prescriber must look now. Returns who was told at once; one of them answers."""
        return await self._told(safety.HANDLERS, risk(self.stage.clock.now()), answered=answered)

    async def alarm(self, chair: int, *, answered: bool = True) -> list[str]:
        """A high alarm at a chair. Returns who was told at once; one of them answers."""
        return await self._told(alarms.HANDLERS, high(chair, self.stage.clock.now()), answered=answered)

    async def later(self, *, seconds: float) -> list[str]:
        """Nobody answers for so long. Returns who was told meanwhile."""
        before = len(self.pager.told())
        await self.stage.advance(seconds=seconds)
        return sorted(self.pager.told()[before:])

    async def _told(self, handlers: Any, event: Event, *, answered: bool) -> list[str]:
        await self.stage.settle()
        before = len(self.pager.told())
        async with self.stage.running["notifications"].store.transaction() as tx:
            await handlers[type(event)](event, tx)
        await self.stage.settle()
        told = sorted(self.pager.told()[before:])
        if answered:
            answer = await self.anybody.post(urlsplit(self.pager.pages[-1]["link"]).path)
            assert answer.status_code == 200, answer.text
        return told


def risk(at: datetime) -> SuicideRiskSignalled:
    """An answer that a prescriber must see now."""
    who = {"patient_id": uuid4(), "assessment_id": uuid4()}
    return SuicideRiskSignalled(signal_id=uuid4(), rule_id="a story's", urgency="now", signalled_at=at, **who)


def high(chair: int, at: datetime) -> AlarmRaised:
    """A patient's saturation is too low."""
    return AlarmRaised(
        alarm_id=uuid4(),
        session_id=uuid4(),
        chair=chair,
        code="A7",
        title="oxygen saturation",
        kind="physiological",
        priority="high",
        limits_version="a story's",
        raised_at=at,
    )


Opens = Callable[[str, str], AbstractAsyncContextManager[Night]]


@pytest.fixture
async def night(kafka: str, postgres: str, database: str, prefix: str, tmp_path: Path) -> AsyncIterator[Opens]:
    """A clinic in a time zone, opened at a local wall time."""
    name = urlsplit(database).path.lstrip("/")
    databases = {service.name: urlsplit(postgres)._replace(path=f"/{name}_{service.name}").geturl() for service in SERVICES}
    admin = await asyncpg.connect(postgres)
    for service in SERVICES:
        await admin.execute(f'CREATE DATABASE "{name}_{service.name}"')
    settings = {"notifications": {"link_secret": SecretStr(SECRET), "webhook_secret": SecretStr(SECRET), "clinic_name": "North"}}

    @asynccontextmanager
    async def opened(zone: str, local: str) -> AsyncIterator[Night]:
        at = datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(zone)).astimezone(ZoneInfo("UTC"))
        async with Pager(SECRET) as pager, Stage(SERVICES, kafka, databases, prefix, tmp_path, at, settings) as stage:
            there = Night(stage, pager, ZoneInfo(zone))
            await there.opens()
            yield there

    yield opened
    for service in SERVICES:
        await admin.execute(f'DROP DATABASE "{name}_{service.name}" WITH (FORCE)')
    await admin.close()


async def test_by_day_the_prescriber_on_duty_is_told_and_after_the_shift_the_one_on_call(night: Opens) -> None:
    async with night("America/New_York", "2026-01-12T08:00") as clinic:
        await clinic.on_call("dr-kim", first="2026-01-12", hand_over="08:00")
        await clinic.shift("dr-lee", 10)
        await clinic.until(clinic.local("2026-01-12T17:59:59"))
        assert await clinic.signal() == ["dr-lee"]
        await clinic.until(clinic.local("2026-01-12T18:00"))
        assert await clinic.signal() == ["dr-kim"]


async def test_at_the_hand_over_the_next_one_is_told_and_a_second_before_the_last(night: Opens) -> None:
    async with night("America/New_York", "2026-01-12T20:00") as clinic:
        await clinic.on_call("dr-kim", "dr-lee", first="2026-01-12", hand_over="20:00", days=7)
        assert await clinic.signal() == ["dr-kim"]
        await clinic.until(clinic.local("2026-01-19T19:59:59"))
        assert await clinic.signal() == ["dr-kim"]
        await clinic.until(clinic.local("2026-01-19T20:00"))
        assert await clinic.signal() == ["dr-lee"]


async def test_a_page_that_nobody_answers_over_a_hand_over_goes_to_the_next_one_too(night: Opens) -> None:
    async with night("America/New_York", "2026-01-12T19:58") as clinic:
        await clinic.on_call("charge-1", first="2026-01-12", hand_over="08:00", role="charge nurse")
        await clinic.on_call("dr-kim", "dr-lee", first="2026-01-11", hand_over="20:00")
        assert await clinic.signal(answered=False) == ["dr-kim"]
        assert await clinic.later(seconds=300) == ["charge-1"]
        assert await clinic.signal() == ["dr-lee"]


async def test_the_night_in_march_when_half_past_two_does_not_exist(night: Opens) -> None:
    async with night("America/New_York", "2026-03-07T22:00") as clinic:
        await clinic.on_call("dr-kim", "dr-lee", first="2026-03-07", hand_over="02:30")
        await clinic.until(clinic.local("2026-03-08T01:59:59"))
        assert await clinic.signal() == ["dr-kim"]
        await clinic.until(clinic.local("2026-03-08T03:29:59"))
        assert await clinic.signal() == ["dr-kim"]
        await clinic.until(clinic.local("2026-03-08T03:30"))
        assert await clinic.signal() == ["dr-lee"]
        await clinic.until(clinic.local("2026-03-09T02:29:59"))
        assert await clinic.signal() == ["dr-lee"]
        await clinic.until(clinic.local("2026-03-09T02:30"))
        assert await clinic.signal() == ["dr-kim"]


async def test_the_night_in_november_when_half_past_one_is_twice(night: Opens) -> None:
    async with night("America/New_York", "2026-10-31T22:00") as clinic:
        await clinic.on_call("dr-kim", "dr-lee", first="2026-10-31", hand_over="01:30")
        await clinic.until(clinic.local("2026-11-01T01:29:59"))
        assert await clinic.signal() == ["dr-kim"]
        await clinic.until(clinic.local("2026-11-01T01:30"))
        assert await clinic.signal() == ["dr-lee"]
        for second_time in ("01:29:59", "01:30", "01:45"):
            await clinic.until(clinic.local(f"2026-11-01T{second_time}", fold=1))
            assert await clinic.signal() == ["dr-lee"], second_time
        await clinic.until(clinic.local("2026-11-02T01:30"))
        assert await clinic.signal() == ["dr-kim"]


async def test_berlin_leaves_out_half_past_two_in_march(night: Opens) -> None:
    async with night("Europe/Berlin", "2026-03-28T22:00") as clinic:
        await clinic.on_call("dr-kim", "dr-lee", first="2026-03-28", hand_over="02:30")
        await clinic.until(clinic.local("2026-03-29T03:29:59"))
        assert await clinic.signal() == ["dr-kim"]
        await clinic.until(clinic.local("2026-03-29T03:30"))
        assert await clinic.signal() == ["dr-lee"]


async def test_berlin_has_half_past_two_twice_in_october(night: Opens) -> None:
    async with night("Europe/Berlin", "2026-10-24T22:00") as clinic:
        await clinic.on_call("dr-kim", "dr-lee", first="2026-10-24", hand_over="02:30")
        await clinic.until(clinic.local("2026-10-25T02:29:59"))
        assert await clinic.signal() == ["dr-kim"]
        await clinic.until(clinic.local("2026-10-25T02:30"))
        assert await clinic.signal() == ["dr-lee"]
        await clinic.until(clinic.local("2026-10-25T02:29:59", fold=1))
        assert await clinic.signal() == ["dr-lee"]


async def test_a_prescriber_on_leave_is_not_called_and_the_cover_is_until_it_is_ended(night: Opens) -> None:
    async with night("America/New_York", "2026-01-12T20:00") as clinic:
        await clinic.on_call("dr-kim", first="2026-01-12", hand_over="08:00")
        cover = await clinic.cover("dr-kim", "dr-lee", clinic.local("2026-01-12T22:00"), clinic.local("2026-01-14T08:00"))
        await clinic.until(clinic.local("2026-01-12T21:59:59"))
        assert await clinic.signal() == ["dr-kim"]
        await clinic.until(clinic.local("2026-01-12T22:00"))
        assert await clinic.signal() == ["dr-lee"]
        await clinic.until(clinic.local("2026-01-13T12:00"))
        await ok(clinic.roster.delete(f"/covers/{cover}"))
        assert await clinic.signal() == ["dr-kim"]


async def test_a_nurse_goes_to_lunch_and_hands_her_chairs_over(night: Opens) -> None:
    async with night("America/New_York", "2026-01-12T08:00") as clinic:
        for nurse in ("nurse-1", "nurse-2"):
            await clinic.shift(nurse, 10)
        for chair in (1, 2):
            await clinic.chair("nurse-1", chair, 10)
        assert await clinic.alarm(1) == ["nurse-1"]
        await ok(clinic.roster.post("/handovers", json={"from_staff": "nurse-1", "to_staff": "nurse-2"}))
        assert await clinic.alarm(2) == ["nurse-2"]
        await ok(clinic.roster.post("/handovers", json={"from_staff": "nurse-2", "to_staff": "nurse-1", "chair": 2}))
        assert await clinic.alarm(2) == ["nurse-1"]
        assert await clinic.alarm(1) == ["nurse-2"]


async def test_a_nurse_falls_ill_and_her_chair_is_given_to_another(night: Opens) -> None:
    async with night("America/New_York", "2026-01-12T08:00") as clinic:
        shift, chair = await clinic.shift("nurse-1", 10), await clinic.chair("nurse-1", 1, 10)
        await clinic.shift("charge-1", 10)
        await clinic.until(clinic.local("2026-01-12T11:00"))
        left = await ok(clinic.scheduling.delete(f"/shifts/{shift}"))
        assert [one["chair"] for one in left["chairs"]] == [1]
        assert await clinic.alarm(1) == ["charge-1"]
        await ok(clinic.scheduling.delete(f"/chair-assignments/{chair}"))
        await clinic.shift("nurse-2", 7)
        await clinic.chair("nurse-2", 1, 7)
        assert await clinic.alarm(1) == ["nurse-2"]


async def test_a_nurse_alone_has_a_second_nurse_on_call(night: Opens) -> None:
    async with night("America/New_York", "2026-01-12T18:00") as clinic:
        await clinic.shift("nurse-1", 4)
        await clinic.chair("nurse-1", 1, 4)
        await clinic.on_call("nurse-2", first="2026-01-12", hand_over="08:00", role="nurse")
        await clinic.on_call("dr-kim", first="2026-01-12", hand_over="08:00")
        assert await clinic.alarm(1, answered=False) == ["nurse-1"]
        assert await clinic.later(seconds=30) == ["nurse-2"]
        assert await clinic.later(seconds=30) == ["dr-kim"]


async def test_where_nobody_is_planned_for_the_night_somebody_is_told_all_the_same_and_the_roster_had_said_so(
    night: Opens,
) -> None:
    async with night("America/New_York", "2026-01-12T23:00") as clinic:
        lacking = await ok(clinic.roster.get("/roster/gaps"))
        assert "prescriber" in {one["kind"] for one in lacking["gaps"]}
        assert await clinic.signal() != []


async def test_who_was_on_call_that_night_stays_answerable_after_the_rotation_is_changed(night: Opens) -> None:
    async with night("America/New_York", "2026-01-12T20:00") as clinic:
        await clinic.on_call("dr-kim", first="2026-01-12", hand_over="08:00")
        await clinic.until(clinic.local("2026-01-13T20:00"))
        assert await clinic.signal() == ["dr-kim"]
        await clinic.on_call("dr-lee", first="2026-01-12", hand_over="08:00")
        assert await clinic.signal() == ["dr-lee"]
        for at, who in (("2026-01-13T19:59", "dr-kim"), ("2026-01-13T20:00", "dr-lee")):
            now = await ok(clinic.roster.get("/on-call", params={"at": clinic.local(at).isoformat()}))
            assert {one["role"]: one["on_call"] for one in now["roles"]}["prescriber"] == [who]
