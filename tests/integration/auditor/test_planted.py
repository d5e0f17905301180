"""Faults planted on purpose, each found by its name; and a healthy day, on which nothing is."""

from uuid import uuid4

from schemas.notifications.pages import AcknowledgementLapsed
from tests.integration.auditor.house import Watched


async def test_an_alarm_that_nobody_is_told_of(there: Watched) -> None:
    alarm = await there.raise_alarm()
    await there.after(4)
    assert await there.kinds() == []
    await there.after(2)
    [fault] = await there.faults()
    assert (fault.kind, fault.alarm_id, fault.chair, fault.session_id) == ("nobody told", alarm, 3, there.session)
    assert fault.what == "nobody was told in time"


async def test_a_page_to_nobody(there: Watched) -> None:
    alarm = await there.raise_alarm()
    page = await there.open_page(alarm)
    await there.escalate(page, 0, "nurse-1")
    await there.after(6)
    assert sorted(await there.kinds()) == ["nobody told", "told nobody"]


async def test_a_step_that_is_skipped(there: Watched) -> None:
    alarm, page = await there.told()
    await there.after(60)
    await there.send(page, alarm, 2)
    await there.stage.settle()
    assert await there.kinds() == ["not passed on"]
    [mended] = await there.mended()
    assert (mended.mended_at - there.now).total_seconds() == 0


async def test_a_step_that_is_late(there: Watched) -> None:
    alarm, page = await there.told()
    await there.after(45)
    await there.send(page, alarm, 1)
    await there.answer_page(page, alarm)
    await there.over(alarm, page)
    await there.after(10)
    assert await there.kinds() == ["not passed on"]
    [audit] = await there.audits()
    assert (audit.kept, audit.passed_on, audit.answered_after_seconds) == (False, True, 45)


async def test_nobody_answers(there: Watched) -> None:
    alarm, page = await there.told()
    for step, seconds in ((1, 30), (2, 30), (3, 60)):
        await there.after(seconds)
        await there.send(page, alarm, step)
    await there.after(64)
    assert await there.kinds() == []
    await there.after(2)
    assert await there.kinds() == ["unanswered"]


async def test_an_answer_that_never_lapses(there: Watched) -> None:
    alarm, page = await there.told()
    await there.answer_page(page, alarm)
    await there.after(304)
    assert await there.kinds() == []
    await there.after(2)
    assert await there.kinds() == ["not paged again"]
    await there.over(alarm, page)
    assert len(await there.mended()) == 1


async def test_a_page_that_is_closed_while_its_alarm_stands(there: Watched) -> None:
    alarm, page = await there.told()
    await there.answer_at_bedside(alarm)
    await there.close(page)
    await there.after(6)
    assert await there.kinds() == ["closed too soon"]


async def test_an_answer_for_less_than_the_alarm_is_now(there: Watched) -> None:
    alarm = await there.raise_alarm("medium")
    page = await there.open_page(alarm, "medium")
    await there.change(alarm, "medium", "high")
    await there.send(page, alarm)
    await there.answer_page(page, alarm, "medium")
    await there.after(36)
    assert await there.kinds() == ["answered for less"]


async def test_a_page_about_an_alarm_that_nobody_raised(there: Watched) -> None:
    alarm = uuid4()
    page = await there.open_page(alarm)
    await there.send(page, alarm)
    await there.after(6)
    [fault] = await there.faults()
    assert (fault.kind, fault.page_id) == ("no such alarm", page)


async def test_a_page_that_was_never_opened(there: Watched) -> None:
    alarm = await there.raise_alarm()
    page = uuid4()
    await there.send(page, alarm)
    await there.after(6)
    assert await there.kinds() == ["no such page"]


async def test_a_page_that_lies_about_its_delivery(there: Watched) -> None:
    alarm = await there.raise_alarm()
    page = await there.open_page(alarm)
    await there.send(page, alarm, medium="sms")
    await there.after(30)
    await there.send(page, alarm, 1, medium="sms")
    await there.deliver(page, 1)
    await there.after(6)
    [fault] = await there.faults()
    assert (fault.kind, fault.page_id) == ("delivery unproven", page)


async def test_an_alarm_stored_and_never_published(beating: Watched) -> None:
    lost = uuid4()
    async with beating.alive() as named:
        named["monitoring"] = named["notifications"] = (lost,)

        async def found() -> bool:
            return "never published" in await beating.kinds()

        await beating.until("the fault", found)
    [fault] = [fault for fault in await beating.faults() if fault.kind == "never published"]
    assert fault.alarm_id == lost


async def test_a_beat_of_notifications_that_lies(beating: Watched) -> None:
    async with beating.alive() as named:
        alarm, page = await beating.told()
        named["monitoring"] = (alarm,)

        async def found() -> bool:
            return "never paged" in await beating.kinds()

        await beating.until("the fault", found)
        named["notifications"] = (alarm,)

        async def mended() -> bool:
            return "never paged" in [fault.kind for fault in await beating.mended()]

        await beating.until("its mending", mended)
        await beating.answer_page(page, alarm)
        await beating.over(alarm, page)


async def test_notifications_that_died(beating: Watched) -> None:
    async with beating.alive(notifications=False):

        async def found() -> bool:
            return "notifications silent" in await beating.kinds()

        await beating.until("the fault", found)
    assert "monitoring silent" not in await beating.kinds()


async def test_monitoring_that_stopped(beating: Watched) -> None:
    async with beating.alive(monitoring=False):

        async def found() -> bool:
            return "monitoring silent" in await beating.kinds()

        await beating.until("the fault", found)
    assert "notifications silent" not in await beating.kinds()


async def test_a_healthy_day_finds_nothing(there: Watched) -> None:
    for priority in ("high", "medium", "emergency"):
        alarm, page = await there.told(priority)
        await there.after(12)
        await there.answer_page(page, alarm, priority)
        await there.answer_at_bedside(alarm, priority)
        await there.over(alarm, page)
        await there.after(60)
    alarm, page = await there.told()
    for step, seconds in ((1, 30), (2, 30), (3, 60), (4, 60)):
        await there.after(seconds)
        await there.escalate(page, step, f"nurse-{step}")
        await there.send(page, alarm, step, medium="sms")
        await there.deliver(page, step)
    await there.answer_page(page, alarm)
    await there.after(300)
    lapsed = AcknowledgementLapsed(
        page_id=page, answer_id=uuid4(), alarm_id=alarm, priority="high", lapsed_at=there.now, **there.where()
    )
    await there.say(lapsed)
    await there.send(page, alarm)
    await there.after(10)
    await there.answer_at_bedside(alarm)
    await there.over(alarm, page)
    await there.after(3600)
    assert await there.kinds() == []
    audits = sorted(await there.audits(), key=lambda audit: audit.qualified_at)
    assert [(a.priority, a.because, a.told_after_seconds, a.answered_after_seconds, a.kept) for a in audits] == [
        ("high", "raised", 0, 12, True),
        ("emergency", "raised", 0, 12, True),
        ("high", "raised", 0, 180, True),
        ("high", "lapsed", 0, 10, True),
    ]
