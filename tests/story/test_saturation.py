"""Saturation, told: the scripted scenarios S6 to S8 of clinical 7.4, each with all that is said, and nothing else."""

from uuid import UUID, uuid4

from schemas.monitoring.alarms import ALARMS, AlarmAcknowledged
from schemas.notifications.pages import AcknowledgementLapsed
from services.monitoring.on.pages import record_lapse
from tests.story.clinic import Clinic
from tests.story.timeline import paged, told


async def test_s6_ten_seconds_of_low_saturation_say_nothing(clinic: Clinic) -> None:
    session = await clinic.infusing()
    await clinic.quietly(5)
    await clinic.stream(10, spo2=89, hr=72)
    await clinic.stream(60, every=5, spo2=95, hr=72)
    assert await told(clinic, session) == []
    assert await paged(clinic, session) == []


async def test_s7_twenty_seconds_are_told_at_the_fifteenth_and_stay_until_somebody_answers(clinic: Clinic) -> None:
    session = await clinic.infusing()
    await clinic.quietly(5)
    await clinic.stream(20, spo2=89, hr=72)
    await clinic.stream(40, every=5, spo2=95, hr=72)
    await clinic.acknowledge(session, "A7")
    await clinic.resolve(session, "A7", "true-watch")
    await clinic.stream(60, every=30, spo2=97, hr=72)
    assert await told(clinic, session) == [
        (316, "A7 raised high: pause"),
        (360, "A7 answered by nurse-1"),
        (360, "A7 from high to low: look"),
        (360, "A7 was true-watch"),
        (390, "A7 ended"),
    ]
    assert await paged(clinic, session) == [(316, "nurse-1: chair 1 high"), (346, "nurse-2: chair 1 high")]


async def test_s8_a_probe_that_is_off_is_an_advisory_then_a_page_and_ends_ten_seconds_after_it_is_back(clinic: Clinic) -> None:
    session = await clinic.infusing()
    await clinic.quietly(5)
    await clinic.stream(75, every=5, spo2=None, hr=72)
    await clinic.stream(15, every=5, spo2=97, hr=72)
    assert await told(clinic, session) == [
        (335, "A16-probe raised low: look"),
        (365, "A16-probe from low to medium: look"),
        (390, "A16-probe ended"),
    ]
    assert await paged(clinic, session) == [(365, "nurse-1: chair 1 medium")]


async def test_s8_three_minutes_in_which_nobody_sees_the_saturation(clinic: Clinic) -> None:
    session = await clinic.infusing()
    await clinic.quietly(5)
    await clinic.stream(190, every=10, spo2=None, hr=72)
    await clinic.acknowledge(session, "A16-blind")
    await clinic.stream(30, every=5, spo2=97, hr=72)
    await clinic.resolve(session, "A16-blind", "technical")
    assert await told(clinic, session) == [
        (340, "A16-probe raised low: look"),
        (370, "A16-probe from low to medium: look"),
        (480, "A16-blind from medium to high: stay with the patient until the signal is back"),
        (490, "A16-blind answered by nurse-1"),
        (505, "A16-blind ended"),
        (520, "A16-blind was technical"),
    ]
    assert await paged(clinic, session) == [(370, "nurse-1: chair 1 medium"), (480, "nurse-1: chair 1 high")]


async def test_s8_a_nurse_who_looks_is_an_observer(clinic: Clinic) -> None:
    session = await clinic.infusing()
    await clinic.quietly(5)
    await clinic.stream(100, every=20, spo2=None, hr=72)
    await clinic.acknowledge(session, "A16-probe")
    await clinic.observe(session, moaas=5, diss_obs=0)
    await clinic.stream(30, every=10, spo2=None, hr=72)
    await clinic.observe(session, nausea=0, pain=1)
    await clinic.stream(120, every=20, spo2=None, hr=72)
    await clinic.stream(20, every=10, spo2=97, hr=72)
    assert await told(clinic, session) == [
        (350, "A16-probe raised low: look"),
        (380, "A16-probe from low to medium: look"),
        (400, "A16-probe answered by nurse-1"),
        (570, "A16-probe ended"),
    ]
    assert await paged(clinic, session) == [(380, "nurse-1: chair 1 medium")]


async def test_a_lapse_takes_back_the_answer_that_grew_old_and_no_newer_one(clinic: Clinic) -> None:
    session = await clinic.infusing()
    await clinic.quietly(3)
    await clinic.stream(20, 5, spo2=89, hr=72)
    await clinic.acknowledge(session, "A7")
    alarm = await clinic.alarm(session, "A7")
    [given] = [event for event in await clinic.events(ALARMS, AlarmAcknowledged) if str(event.alarm_id) == alarm["alarm_id"]]

    async def lapses(answer_id: UUID) -> str | None:
        lapsed = AcknowledgementLapsed(
            page_id=uuid4(),
            answer_id=answer_id,
            session_id=UUID(session),
            alarm_id=given.alarm_id,
            priority="high",
            lapsed_at=clinic.stage.clock.now(),
        )
        async with clinic.stage.running["monitoring"].store.transaction() as tx:
            await record_lapse(lapsed, tx)
        return str((await clinic.alarm(session, "A7"))["acknowledged"])

    assert await lapses(uuid4()) == "high", "another answer lapsed"
    assert await lapses(given.answer_id) == "None"
