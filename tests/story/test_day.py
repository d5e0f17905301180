"""The day, told."""

from schemas.monitoring.alarms import ALARMS, AlarmAcknowledged, AlarmEnded, AlarmRaised
from schemas.monitoring.sessions import SESSIONS, PatientDischarged
from schemas.notifications.pages import (
    PAGES,
    AcknowledgementLapsed,
    PageAcknowledged,
    PageClosed,
    PageEscalated,
    PageFailed,
    PageSent,
)
from tests.story.clinic import Clinic
from tests.story.words import ok


async def test_a_quiet_infusion_pages_nobody_and_the_patient_goes_home(clinic: Clinic) -> None:
    session = await clinic.infusing()
    await clinic.quietly(40)
    await ok(clinic.monitoring.post(f"/sessions/{session}/infusion/end", json={}))
    await clinic.recover(session)
    judged = await ok(clinic.monitoring.post(f"/sessions/{session}/discharge-gate"))
    assert judged["ready"], judged
    await ok(clinic.monitoring.post(f"/sessions/{session}/discharge"))
    await clinic.stage.advance(minutes=30)
    assert clinic.pager.told() == []
    assert await clinic.events(ALARMS, AlarmRaised) == []
    assert len(await clinic.events(SESSIONS, PatientDischarged)) == 1


async def test_pressure_climbs_and_the_nurse_answers_by_link(clinic: Clinic) -> None:
    await clinic.infusing()
    await clinic.quietly(3)
    await clinic.stage.advance(seconds=60)
    await clinic.measure(sys=168, dia=98, hr=84, spo2=98)
    await clinic.stage.advance(seconds=60)
    await clinic.measure(sys=169, dia=98, hr=84, spo2=98)
    assert clinic.pager.told() == ["nurse-1"]
    [page] = clinic.pager.pages
    assert page["text"] == "North chair 1: MEDIUM blood pressure high, since 08:07 UTC"
    link = page["link"].removeprefix("http://127.0.0.1:8080")

    # A link preview fetches the page, and a colleague looks at it: nothing is acknowledged.
    for _ in range(2):
        shown = await clinic.anybody.get(link)
        assert (shown.status_code, "blood pressure high" in shown.text, "I am on it" in shown.text) == (200, True, True)
    await clinic.stage.settle()
    assert await clinic.events(PAGES, PageAcknowledged) == []

    await clinic.stage.advance(seconds=20)
    assert (await clinic.anybody.post(link)).status_code == 200
    assert "nurse-1 answered at 08:07 UTC" in (await clinic.anybody.post(link)).text
    await clinic.stage.advance(seconds=5)
    [answered] = await clinic.events(PAGES, PageAcknowledged)
    assert (answered.staff_id, answered.waited_seconds) == ("nurse-1", 20.0)
    [recorded] = await clinic.events(ALARMS, AlarmAcknowledged)
    assert (recorded.by, recorded.via, recorded.answer_id) == ("nurse-1", "link", answered.answer_id)

    await clinic.quietly(2)
    assert len([a for a in await clinic.events(ALARMS, AlarmEnded) if a.alarm_id == recorded.alarm_id]) == 1
    assert len(await clinic.events(PAGES, PageClosed)) == 1
    assert clinic.pager.told() == ["nurse-1"]
    assert clinic.pager.forged == 0


async def test_nobody_answers_and_it_goes_up_the_ladder(clinic: Clinic) -> None:
    await clinic.infusing()
    await clinic.quietly(4)
    for _ in range(5):
        await clinic.stage.advance(seconds=5)
        await clinic.measure(spo2=89, hr=70)
    assert clinic.pager.told() == ["nurse-1"]
    for seconds, told in ((30, ["nurse-2"]), (30, ["dr-lee"]), (60, ["charge-1", "dr-lee", "nurse-1", "nurse-2"])):
        before = len(clinic.pager.pages)
        for _ in range(seconds // 10):
            await clinic.stage.advance(seconds=10)
            await clinic.measure(spo2=89, hr=70)
        assert sorted(page["staff_id"] for page in clinic.pager.pages[before:] if page["priority"] == "high") == told
    [high] = {page["page_id"] for page in clinic.pager.pages}
    escalated = await clinic.events(PAGES, PageEscalated)
    assert [step.step for step in escalated] == [1, 2, 3]

    # It is told again and again until somebody answers; an answer grows old while the condition stands.
    await clinic.stage.advance(seconds=60)
    assert len(await clinic.events(PAGES, PageEscalated)) == 4
    link = clinic.pager.pages[-1]["link"].removeprefix("http://127.0.0.1:8080")
    assert (await clinic.anybody.post(link)).status_code == 200
    count = len([page for page in clinic.pager.pages if page["page_id"] == high])
    for _ in range(31):
        await clinic.stage.advance(seconds=10)
        await clinic.measure(spo2=89, hr=70)
    [lapsed] = await clinic.events(PAGES, AcknowledgementLapsed)
    assert str(lapsed.page_id) == high
    assert len([page for page in clinic.pager.pages if page["page_id"] == high]) > count


async def test_a_monitor_falls_silent(clinic: Clinic) -> None:
    await clinic.infusing()
    await clinic.quietly(2)
    await clinic.stage.advance(seconds=89)
    assert clinic.pager.told() == []
    await clinic.stage.advance(seconds=2)
    assert clinic.pager.told() == ["nurse-1"]
    assert clinic.pager.pages[0]["text"].startswith("North chair 1: MEDIUM no data from the monitor")
    await clinic.measure(sys=124, dia=80, hr=72, spo2=98)
    await clinic.quietly(2)
    assert [alarm.code for alarm in await clinic.events(ALARMS, AlarmEnded)] == ["A16-gap"]
    assert clinic.pager.told() == ["nurse-1"]


async def test_an_answer_about_suicide_pages_the_prescriber_and_says_nothing_about_it(clinic: Clinic) -> None:
    patient = await clinic.refer()
    scored = await ok(clinic.intake.post(f"/patients/{patient}/phq-9", json={"answers": [0, 0, 0, 0, 0, 0, None, None, 1]}))
    assert "988" in scored["crisis"]
    await clinic.stage.settle()
    assert clinic.pager.told() == ["dr-lee"]
    text = clinic.pager.pages[0]["text"]
    assert text == "North: HIGH a patient's answer needs a prescriber now, since 08:00 UTC"
    await clinic.stage.advance(minutes=5)
    assert "charge-1" in clinic.pager.told()


async def test_a_pager_that_is_down_is_followed_by_the_next_channel_at_once(clinic: Clinic) -> None:
    clinic.pager.down = True
    patient = await clinic.refer()
    await ok(clinic.intake.post(f"/patients/{patient}/phq-9", json={"answers": [0] * 8 + [3]}))
    await clinic.stage.settle()
    [failed] = await clinic.events(PAGES, PageFailed)
    [sent] = await clinic.events(PAGES, PageSent)
    assert (failed.channel, sent.channel, sent.staff_id) == ("webhook", "console", "dr-lee")
