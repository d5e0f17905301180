"""Vital signs, told: the scripted scenarios S1 to S9 of clinical 7.4, each with everything that is said, and nothing else."""

from tests.story.clinic import Clinic, ok
from tests.story.timeline import paged, told


async def test_s2_a_fifth_over_baseline_is_an_advisory(clinic: Clinic) -> None:
    session = await clinic.infusing()
    await clinic.quietly(9)
    await clinic.quietly(6, sys=150, dia=88)
    await clinic.quietly(2)
    assert await told(clinic, session) == [(600, "A1 raised low: look"), (960, "A1 ended")]
    assert await paged(clinic, session) == []


async def test_s3(clinic: Clinic) -> None:
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
    assert await told(clinic, session) == []
    assert await paged(clinic, session) == []
