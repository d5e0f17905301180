"""Vital signs, told: the scripted scenarios S1 to S9 of clinical 7.4, each with everything that is said, and nothing else."""

from tests.story.clinic import Clinic, ok
from tests.story.timeline import paged, told

EVERYBODY = ("charge-1", "dr-lee", "nurse-1", "nurse-2")
RISE = ((0, 0.0), (10, 0.35), (20, 0.70), (30, 0.92), (40, 1.0))
"""How pressure rises while the drug runs, minute and part of the whole rise (clinical 7.3)."""


async def test_s1_a_normal_infusion_says_nothing(clinic: Clinic) -> None:
    session = await clinic.infusing()
    for (begin, before), (end, after) in zip(RISE, RISE[1:], strict=False):
        for minute in range(begin, end):
            part = before + (after - before) * (minute - begin) / (end - begin)
            await clinic.quietly(1, sys=round(122 + 16 * part), dia=round(78 + 11 * part), hr=round(70 + 4 * part))
    await clinic.end(session)
    await clinic.stage.advance(minutes=30)
    assert await told(clinic, session) == []
    assert await paged(clinic, session) == []


async def test_s2_a_fifth_over_baseline_is_an_advisory_that_pages_nobody(clinic: Clinic) -> None:
    session = await clinic.infusing()
    await clinic.quietly(9)
    await clinic.quietly(6, sys=150, dia=88)
    await clinic.quietly(2)
    assert await told(clinic, session) == [(600, "A1 raised low: look"), (960, "A1 ended")]
    assert await paged(clinic, session) == []


async def test_s3_pressure_confirmed_asks_to_slow_and_ends_with_its_condition(clinic: Clinic) -> None:
    session = await clinic.infusing()
    await clinic.quietly(9)
    await clinic.quietly(2, sys=166, dia=98)
    await clinic.stage.advance(seconds=20)
    await clinic.acknowledge(session, "A1")
    await clinic.infusion(session, "slow", rate_percent=50, reason="pressure")
    await clinic.stage.advance(seconds=40)
    await clinic.measure(session, sys=160, dia=94, hr=72, spo2=98, rr=14)
    await clinic.quietly(3, sys=152, dia=90)
    await clinic.quietly(3)
    assert await told(clinic, session) == [
        (600, "A1 raised low: look"),
        (660, "A1 from low to medium: slow to 50 %"),
        (680, "A1 answered by nurse-1"),
        (960, "A1 ended"),
    ]
    assert await paged(clinic, session) == [(660, "nurse-1: chair 1 medium")]


async def test_s3_that_nobody_answers_goes_to_the_second_nurse_and_the_prescriber(clinic: Clinic) -> None:
    session = await clinic.infusing()
    await clinic.quietly(3)
    await clinic.quietly(7, sys=166, dia=98)
    await clinic.quietly(2)
    assert await told(clinic, session) == [
        (240, "A1 raised low: look"),
        (300, "A1 from low to medium: slow to 50 %"),
        (660, "A1 ended"),
    ]
    assert await paged(clinic, session) == [
        (300, "nurse-1: chair 1 medium"),
        (420, "nurse-2: chair 1 medium"),
        (600, "dr-lee: chair 1 medium"),
    ]


async def test_s3_that_is_not_measured_again_is_told_as_unconfirmed(clinic: Clinic) -> None:
    session = await clinic.infusing()
    await clinic.quietly(4)
    await clinic.quietly(1, sys=166, dia=98)
    await clinic.stream(150, every=30, spo2=98, hr=72)
    await clinic.measure(session, sys=130, dia=80)
    assert await told(clinic, session) == [
        (300, "A1 raised low: look"),
        (420, "A1 from low to medium unconfirmed: slow to 50 %"),
        (450, "A1 ended"),
    ]
    assert await paged(clinic, session) == [(420, "nurse-1: chair 1 medium")]


async def test_s4_twice_in_five_minutes_asks_to_pause_and_goes_on_at_half_by_order(clinic: Clinic) -> None:
    session = await clinic.infusing()
    await clinic.quietly(9)
    await clinic.quietly(1, sys=184, dia=112)
    await clinic.stream(60, every=60, spo2=98, hr=80)
    await clinic.measure(session, sys=182, dia=110)
    await clinic.stage.advance(seconds=10)
    await clinic.acknowledge(session, "A1")
    await clinic.stage.advance(seconds=20)
    await clinic.stream(210, every=30, spo2=98, hr=80)
    await clinic.measure(session, sys=184, dia=112)
    await clinic.stage.advance(seconds=10)
    await clinic.acknowledge(session, "A1")
    await clinic.infusion(session, "pause", reason="pressure")

    going_on = f"/sessions/{session}/infusion/resume"
    await clinic.stage.advance(seconds=50)
    for pressure in ((158, 97), (152, 95)):
        refused = await clinic.monitoring.post(going_on, json={"rate_percent": 50})
        assert (refused.status_code, "below 160/100" in refused.text) == (409, True)
        await clinic.measure(session, spo2=98, hr=76)
        await clinic.observe(session, moaas=5, diss_obs=0)
        await clinic.stream(120, every=60, spo2=98, hr=76)
        await clinic.stage.advance(seconds=10)
        await clinic.measure(session, sys=pressure[0], dia=pressure[1])
    refused = await clinic.monitoring.post(going_on, json={"rate_percent": 50})
    assert (refused.status_code, "below 160/100" in refused.text, "ordered" in refused.text) == (409, False, True)
    ordered = {"fact": "provider_resume_decision", "met": True, "detail": "go on at half the rate"}
    await ok(clinic.provider.post(f"/sessions/{session}/attestations", json={"attestations": [ordered]}))
    assert (await clinic.monitoring.post(going_on, json={"rate_percent": 75})).status_code == 409
    await clinic.infusion(session, "resume", rate_percent=50)
    await clinic.quietly(2)
    await clinic.resolve(session, "A1", "true-intervened")
    assert await told(clinic, session) == [
        (600, "A1 raised low: look"),
        (660, "A1 from low to medium: slow to 50 %"),
        (670, "A1 answered by nurse-1"),
        (900, "A1 from medium to high: pause"),
        (910, "A1 answered by nurse-1"),
        (1090, "A1 from high to low: look"),
        (1280, "A1 ended"),
        (1340, "A1 was true-intervened"),
    ]
    assert await paged(clinic, session) == [(660, "nurse-1: chair 1 medium"), (900, "nurse-1: chair 1 high")]


async def test_s5_a_single_crisis_asks_to_stop_and_calls_everybody(clinic: Clinic) -> None:
    session = await clinic.infusing()
    await clinic.quietly(9)
    await clinic.quietly(1, sys=202, dia=118)
    await clinic.stage.advance(seconds=20)
    await clinic.acknowledge(session, "A1")
    await clinic.infusion(session, "stop", reason="pressure")
    for pressure in ((188, 112), (176, 104), (160, 95), (132, 84)):
        await clinic.stage.advance(seconds=60)
        await clinic.measure(session, sys=pressure[0], dia=pressure[1], hr=80, spo2=98, rr=14)
    await clinic.resolve(session, "A1", "true-intervened")
    assert await told(clinic, session) == [
        (600, "A1 raised emergency: stop, do not resume"),
        (620, "A1 answered by nurse-1"),
        (680, "A1 from emergency to high: pause"),
        (800, "A1 from high to medium: slow to 50 %"),
        (860, "A1 ended"),
        (860, "A1 was true-intervened"),
    ]
    assert await paged(clinic, session) == [(at, f"{who}: chair 1 emergency") for at in (600, 615) for who in EVERYBODY]


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
        (325, "A7 cleared"),
        (360, "A7 answered by nurse-1"),
        (360, "A7 ended"),
        (360, "A7 was true-watch"),
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


async def test_s9_a_cuff_artefact_is_told_at_once_refuted_and_ends_by_an_answer(clinic: Clinic) -> None:
    session = await clinic.infusing()
    await clinic.quietly(5)
    await clinic.stage.advance(seconds=60)
    await clinic.measure(session, sys=220, dia=100, hr=72, spo2=98, rr=14)
    await clinic.stage.advance(seconds=40)
    await clinic.measure(session, sys=138, dia=84, hr=72, spo2=98, rr=14)
    await clinic.stage.advance(seconds=5)
    await clinic.acknowledge(session, "A1")
    await clinic.resolve(session, "A1", "artefact")
    await clinic.quietly(3)
    assert await told(clinic, session) == [
        (360, "A1 raised emergency: stop, do not resume"),
        (360, "A14 raised low: look"),
        (400, "A1 cleared, probably an artefact"),
        (400, "A14 ended"),
        (405, "A1 answered by nurse-1"),
        (405, "A1 ended"),
        (405, "A1 was artefact"),
    ]
    assert await paged(clinic, session) == sorted(
        [(at, f"{who}: chair 1 emergency") for at in (360, 375) for who in EVERYBODY] + [(390, "charge-1: chair 1 emergency")]
    )
