"""Pressures, told: the scripted scenarios S1 to S5 and S9 of clinical 7.4, each with all that is said, and nothing else."""

from itertools import pairwise

from tests.story.clinic import Clinic
from tests.story.timeline import paged, told
from tests.story.words import ok

EVERYBODY = ("charge-1", "dr-lee", "nurse-1", "nurse-2")
RISE = ((0, 0.0), (10, 0.35), (20, 0.70), (30, 0.92), (40, 1.0))
"""How pressure rises while the drug runs, minute and part of the whole rise (clinical 7.3)."""


async def test_s1_a_normal_infusion_says_nothing(clinic: Clinic) -> None:
    session = await clinic.infusing()
    for (begin, before), (end, after) in pairwise(RISE):
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
        (1090, "A1 from high to medium: slow to 50 %"),
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
        (405, "A1 ended, probably an artefact"),
        (405, "A1 was artefact"),
    ]
    assert await paged(clinic, session) == sorted(
        [(at, f"{who}: chair 1 emergency") for at in (360, 375) for who in EVERYBODY] + [(390, "charge-1: chair 1 emergency")]
    )
