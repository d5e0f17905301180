"""A patient in danger while something dies: the alarm is raised, once, and late by no more than the recovery takes.

S7 (clinical 7.4): saturation 89 % for 20 s. S4: 184/112 twice, 5 minutes apart. Both in two sessions, measured by HTTP and on the
topic, while one of monitoring, trends, Kafka and PostgreSQL is killed: at the eighth second of S7, between the readings of one S4
and as soon as the second reading of another is acked. S7 happens at the wall's pace; the five minutes of S4 take ten seconds on a
clock of their own, so that deadlines and timers pass as they would.
"""

import asyncio
import math
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeGuard
from uuid import UUID

import pytest
import pytest_asyncio

from kit.clock import wall
from schemas.event import Event
from schemas.monitoring.alarms import ALARMS, AlarmPriorityChanged, AlarmRaised
from schemas.monitoring.sessions import SESSIONS
from schemas.monitoring.vitals import VITALS
from schemas.notifications.pages import PAGES, PageOpened
from schemas.trends.trends import TRENDS, SessionSummarised
from services.trends import rules, tables
from tests.failure.clinic import Clinic
from tests.failure.gateway import Device
from tests.failure.ward import Ward
from tests.failure.ward import ward as a_ward

pytestmark = pytest.mark.asyncio(loop_scope="module")
QUICK = 30.0
"""Seconds of the quick clinic in one of the wall's."""
FIVE_MINUTES, LASTS, DELAY = 300.0, 20.0, 15.0
"""Of S4; of S7; and after which A7 is high, in seconds."""
UNSAID = "SELECT count(*) FROM kit.outbox WHERE published_at IS NULL"
Beyonds = dict[tuple[str, str], float]
POLL = 1.0
"""Seconds between polls, the guarantee where a hint is lost: what is complete just before the kill waits for the next one."""
BEYOND = {"S4": ("A1", 90.0), "S7": ("A7", 10.0)}
"""Seconds beyond the high limit that trends must say at least: of 20 s one ten-second mean; a cuff's value stands for 90 s."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ward(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Ward]:
    """One ward for all: starting it takes longer than a case."""
    async with a_ward(tmp_path_factory.mktemp("ward"), QUICK) as there:
        yield there


@dataclass
class Patient:
    """Somebody in danger, what their alarm is called, and when what it asks for is complete."""

    what: str
    device: Device
    cause: str
    due: float
    """In seconds of the clinic's clock."""

    @property
    def session_id(self) -> UUID:
        return self.device.session_id

    @property
    def clinic(self) -> Clinic:
        return self.device.clinic


@pytest.mark.parametrize("victim", ["monitoring", "trends", "postgres", "kafka"])
async def test_the_alarm_is_raised_once_and_late_by_no_more_than_the_recovery(
    ward: Ward, victim: str, record_property: Callable[[str, object], None]
) -> None:
    patients, kill_at = await _admit(ward, victim)
    running = [asyncio.create_task(patient.device.run()) for patient in patients]
    cuffs = [asyncio.create_task(_twice(patient)) for patient in patients if patient.cause == "BP high"]
    await asyncio.gather(*(cuff for cuff, patient in zip(cuffs, patients, strict=False) if "after" in patient.what))
    await asyncio.sleep((kill_at - wall()).total_seconds())
    killed = await ward.kill(victim)
    answers, recovery = [(at - killed).total_seconds() for at in await ward.recovered(victim)]
    await asyncio.gather(*cuffs)
    end = max(patient.device.low[1] for patient in patients if patient.cause == "A7")
    await asyncio.sleep(max(0.0, end + 1 - wall().timestamp()))
    for patient in patients:
        patient.device.over = True
    await asyncio.gather(*running)
    await ward.until("readings read and alarms said", *(_settled(ward, clinic) for clinic in (ward.day, ward.quick)))
    late = [await _judged(patient) for patient in patients]
    told = ", ".join(f"{patient.what} {seconds:.2f} s" for patient, seconds in zip(patients, late, strict=True))
    line = f"{victim} killed: answers after {answers:.2f} s, all ready after {recovery:.2f} s; alarms after their time: {told}"
    print(line)
    record_property("told", line)
    assert max(late) <= recovery + POLL, line
    for clinic in (ward.day, ward.quick):
        here = [patient for patient in patients if patient.clinic is clinic]
        await clinic.go_home([patient.session_id for patient in here])
        if victim == "trends":
            await _summarised(ward, clinic, here)


async def _admit(ward: Ward, victim: str) -> tuple[list[Patient], datetime]:
    """Six patients, whose dangers meet in one wall instant."""
    devices = []
    for number, (what, clinic) in enumerate((("S4 right after", ward.quick), ("S4 between", ward.quick), ("S7", ward.day))):
        for chair, way in enumerate(("http", "topic"), start=2 * number + 1):
            device_id = f"{victim}-{chair}"
            devices.append((what, Device(clinic, device_id, await clinic.infuse(device_id, chair), chair, way)))
    fall = math.ceil(wall().timestamp() + 3)
    kill_at = datetime.fromtimestamp(fall + 8, UTC)
    kill = math.floor(ward.quick.domain_of(kill_at).timestamp())
    patients = []
    for what, device in devices:
        name = f"{what} by {device.way}"
        if what == "S7":
            device.low = (fall, fall + LASTS)
            patients.append(Patient(name, device, "A7", fall + DELAY))
        else:
            second = kill - 1 if what == "S4 right after" else kill + FIVE_MINUTES / 2
            patients.append(Patient(name, device, "BP high", second))
    return patients, kill_at


async def _twice(patient: Patient) -> None:
    """184/112, and once more."""
    first = patient.due - FIVE_MINUTES
    assert patient.clinic.clock.now().timestamp() < first, "the first reading would lie in the past"
    for at in (first, patient.due):
        await patient.device.press(at, 184, 112)


def _settled(ward: Ward, clinic: Clinic) -> Callable[[], Awaitable[bool]]:
    async def settled() -> bool:
        unsaid = [await clinic.ask(name, UNSAID) for name in ("monitoring", "notifications")]
        read = [await clinic.ready(name) for name in ("monitoring", "notifications")]
        return unsaid == [0, 0] and all(read)

    return settled


async def _judged(patient: Patient) -> float:
    """Nothing acked is lost, the high alarm was told once. Returns the wall seconds from its time until it lay on the topic."""
    kept = await patient.clinic.ask("monitoring", "SELECT count(*) FROM readings WHERE session_id = $1", patient.session_id)
    assert kept == patient.device.acked, patient.what
    first = {envelope.id: (at, event) for at, envelope, event in reversed(await patient.clinic.said(ALARMS))}
    mine = [(at, event) for at, event in first.values() if _about(event, patient)]
    assert [type(event) for _, event in mine].count(AlarmRaised) == 1, (patient.what, mine)
    high = [(at, event) for at, event in mine if event.priority == "high"]
    assert len(high) == 1, (patient.what, mine)
    assert not [event for _, event in mine if event.priority == "emergency"]
    [(at, event)] = high
    paged = {
        envelope.id
        for _, envelope, page in await patient.clinic.said(PAGES)
        if isinstance(page, PageOpened) and page.alarm_id == event.alarm_id
    }
    assert len(paged) == 1, patient.what
    return (at - patient.clinic.wall_of(datetime.fromtimestamp(patient.due, UTC))).total_seconds()


def _about(event: Event, patient: Patient) -> TypeGuard[AlarmRaised | AlarmPriorityChanged]:
    if not isinstance(event, AlarmRaised | AlarmPriorityChanged):
        return False
    return event.session_id == patient.session_id and event.cause == patient.cause


async def _summarised(ward: Ward, clinic: Clinic, patients: list[Patient]) -> None:
    """The time beyond limits that trends says is that of a plain computation of everything that lies on the topics."""
    sessions = [patient.session_id for patient in patients]
    found: dict[UUID, tuple[Beyonds, Beyonds]] = {}

    async def rightly() -> bool:
        facts = [(envelope, event) for topic in (VITALS, SESSIONS, ALARMS) for _, envelope, event in await clinic.said(topic)]
        plain = rules.recompute(facts, tables.limits(), tables.load_targets().counting).summaries
        said = [event for _, _, event in await clinic.said(TRENDS) if isinstance(event, SessionSummarised)]
        last = {event.session_id: event for event in sorted(said, key=lambda one: one.facts)}
        found.update({session: (_beyond(last.get(session)), _beyond(plain.get(session))) for session in sessions})
        return all(told and told == computed for told, computed in found.values())

    await ward.until("trends says what the sessions came to", rightly, every=0.5, found=found)
    for patient in patients:
        alarm, least = BEYOND[patient.what[:2]]
        assert found[patient.session_id][0].get((alarm, "high"), 0) >= least, (patient.what, found)


def _beyond(summary: SessionSummarised | None) -> Beyonds:
    """Seconds beyond each limit."""
    signs = summary.signs if summary is not None else ()
    return {(beyond.alarm, beyond.priority): beyond.seconds for sign in signs for beyond in sign.beyond}
