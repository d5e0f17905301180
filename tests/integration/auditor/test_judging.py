"""From facts on two topics to a verdict: in any order, twice, late; and what people are shown."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import asyncpg
from prometheus_client import generate_latest

from schemas.monitoring.alarms import ALARMS
from schemas.notifications.pages import AnsweredAlarm, PageSent
from services.auditor.store import beats
from tests.integration.auditor.house import Watched


async def test_a_page_that_is_read_before_its_alarm(there: Watched) -> None:
    alarm = uuid4()
    page = await there.open_page(alarm)
    await there.send(page, alarm)
    await there.stage.settle()
    await there.raise_alarm(alarm_id=alarm)
    await there.answer_page(page, alarm)
    await there.over(alarm, page)
    await there.after(60)
    assert await there.kinds() == []
    [audit] = await there.audits()
    assert (audit.told_after_seconds, audit.kept) == (0, True)


async def test_a_fact_that_comes_twice_is_one(there: Watched) -> None:
    alarm, page = await there.told()
    await there.say((await there.stage.events(ALARMS))[0], twice=True)
    await there.answer_at_bedside(alarm)
    await there.answer_at_bedside(alarm)
    await there.over(alarm, page)
    await there.after(60)
    assert await there.kinds() == []
    assert len(await there.audits()) == 1


async def test_a_fact_that_was_late_on_its_way_takes_a_fault_back(there: Watched) -> None:
    alarm = await there.raise_alarm()
    page = await there.open_page(alarm)
    at_once = there.now
    await there.after(6)
    assert await there.kinds() == ["nobody told"]
    shown = (AnsweredAlarm(alarm_id=alarm, priority="high"),)
    sent = PageSent(
        page_id=page,
        priority="high",
        staff_id="nurse-1",
        step=0,
        channel="webhook",
        sent_at=at_once,
        medium="push",
        alarms=shown,
        **there.where(),
    )
    await there.say(sent)
    await there.stage.settle()
    [mended] = await there.mended()
    assert mended.kind == "nobody told"


async def test_an_alarm_that_comes_after_its_page_mends_the_page(there: Watched) -> None:
    alarm = uuid4()
    await there.send(await there.open_page(alarm), alarm)
    await there.after(6)
    assert await there.kinds() == ["no such alarm"]
    await there.raise_alarm(alarm_id=alarm)
    await there.stage.settle()
    assert [fault.kind for fault in await there.mended()] == ["no such alarm"]


async def test_silence_is_judged_after_reading(there: Watched, database: str) -> None:
    """A page was said in time, and its handler is slow: the deadline waits for it."""
    alarm = await there.raise_alarm()
    page = await there.open_page(alarm)
    await there.stage.settle()
    slow = await asyncpg.connect(database)
    await slow.execute("BEGIN; LOCK TABLE named IN EXCLUSIVE MODE")
    await there.send(page, alarm)
    there.stage.clock.turn_to(there.now + timedelta(seconds=6))
    judged = "SELECT count(*) FROM kit.timers WHERE name = 'Deadline' AND (awaits IS NOT NULL OR due_at > $1)"
    async with asyncio.timeout(60):
        while not await slow.fetchval(judged, there.now):
            await asyncio.sleep(0.05)
    assert await there.kinds() == []
    await slow.execute("ROLLBACK")
    await slow.close()
    await there.stage.settle()
    assert await there.kinds() == []


async def test_listening_begins_anew_after_a_gap(there: Watched) -> None:
    limit, morning = timedelta(seconds=30), there.now
    async with there.stage.running["auditor"].store.transaction() as tx:
        since = [await beats.listen(tx, morning + timedelta(seconds=s), limit) for s in (0, 10, 40, 71, 80)]
    assert [(one - morning).total_seconds() for one in since] == [0, 0, 0, 71, 71]


async def test_two_alarms_of_one_session_are_judged_each_for_itself(there: Watched) -> None:
    first, page = await there.told()
    second = await there.raise_alarm()
    await there.answer_page(page, first)
    await there.after(6)
    [fault] = await there.faults()
    assert (fault.kind, fault.alarm_id) == ("nobody told", second)


async def test_an_old_page_that_does_not_say_what_it_showed(there: Watched) -> None:
    alarm = await there.raise_alarm()
    page = await there.open_page(alarm)
    sent = PageSent(
        page_id=page, priority="high", staff_id="nurse-1", step=0, channel="console", sent_at=there.now, **there.where()
    )
    await there.say(sent)
    await there.after(6)
    assert await there.kinds() == []


async def test_the_promise_in_figures_and_metrics(there: Watched) -> None:
    for seconds in (10, 20):
        alarm, page = await there.told()
        await there.after(seconds)
        await there.answer_page(page, alarm)
        await there.over(alarm, page)
    await there.raise_alarm()
    await there.after(10)
    people = there.stage.http("auditor", permissions=("audits.read",))
    figures = (await people.get("/figures")).json()
    assert (figures["judged"], figures["kept"], figures["unanswered"]) == (2, 2, 0)
    assert figures["told"] == {"p50": 0, "p95": 0, "max": 0}
    assert figures["answered"] == {"p50": 10, "p95": 20, "max": 20}
    assert figures["faults_open"] == {"nobody told": 1}
    assert (await people.get("/figures", params={"hours": 0})).status_code == 422
    running = there.stage.running["auditor"]

    def page_of_metrics() -> str:
        return generate_latest(running.registry).decode()

    async with asyncio.timeout(60):
        while "chairside_auditor_judged 2.0" not in page_of_metrics():
            await asyncio.sleep(0.2)
    assert "chairside_auditor_faults_open 1.0" in page_of_metrics()
    assert "chairside_auditor_answered_max_seconds 20.0" in page_of_metrics()


async def test_who_may_ask_and_what_is_refused(there: Watched) -> None:
    nobody, reader = there.stage.http("auditor"), there.stage.http("auditor", permissions=("audits.read",))
    assert (await nobody.get("/faults")).status_code == 401
    fault = f"/faults/{uuid4()}/acknowledgement"
    assert (await reader.post(fault, json={})).status_code == 403
    people = there.stage.http("auditor", permissions=("audits.acknowledge",))
    unknown = await people.post(fault, json={})
    assert (unknown.status_code, unknown.json()["todo"]) == (404, "See GET /faults?all=true.")
    assert (await people.post(fault, json={"by": "me"})).status_code == 422


async def test_what_is_over_is_forgotten_with_its_topic(there: Watched) -> None:
    alarm, page = await there.told()
    await there.answer_page(page, alarm)
    await there.over(alarm, page)
    await there.after(60)
    await there.after(31 * 24 * 3600)
    async with there.stage.running["auditor"].store.pool.acquire() as db:
        for table in ("subjects", "facts", "named"):
            assert await db.fetchval(f"SELECT count(*) FROM {table}") == 0
