"""Readings that come late, twice, shuffled, or from a clock that is wrong: scenario S17 of clinical 7.4."""

import random
from datetime import timedelta
from typing import Any
from uuid import UUID

from services.monitoring import store
from services.monitoring.api.devices import DeviceReading, said
from tests.story.clinic import Clinic
from tests.story.timeline import paged, told
from tests.story.words import reading_of

Values = dict[str, float | None]
EVERY = 5
"""Seconds between the readings of a monitor here."""
WELL: Values = {"spo2": 98, "hr": 72}


def course(first: int, last: int, changes: dict[int, Values]) -> list[tuple[int, Values]]:
    """What a monitor measures in these seconds: what it did before, until it changes."""
    values, found = dict(WELL), []
    for second in range(first, last + 1, EVERY):
        values |= changes.get(second, {})
        found.append((second, dict(values)))
    return found


async def test_s17_late_shuffled_and_doubled_readings_come_to_the_same(clinic: Clinic) -> None:
    good, bad = await clinic.two_infusing()
    await clinic.quietly(5)
    began = clinic.began[good]
    shuffle = random.Random(17).shuffle
    measured = course(305, 415, {335: {"spo2": 89}, 345: {"hr": 112}, 365: {"spo2": 91}})
    held: list[tuple[int, Values]] = []
    for second, values in measured:
        await clinic.stage.advance(seconds=EVERY)
        await clinic.show(good, method="continuous", **values)
        if len(held) == 5:
            shuffle(held)
            for late, what in held:
                reading = reading_of(began + timedelta(seconds=late), "continuous", what)
                await clinic.send(bad, [reading])
                await by_topic(clinic, bad, reading)
                await clinic.stage.settle()
            held = []
        held.append((second, values))
    await clinic.send(bad, [reading_of(began + timedelta(seconds=late), "continuous", what) for late, what in reversed(held)])
    await clinic.stage.settle()
    assert await told(clinic, good) == [
        (345, "A5 raised low: look"),
        (350, "A7 raised high: pause"),
    ]
    assert await told(clinic, bad) == [
        (355, "A5 raised low: look"),
        (355, "A7 raised high: pause"),
    ]
    assert await standing(clinic, bad) == await standing(clinic, good)
    for session in (good, bad):
        await clinic.acknowledge(session, "A7")
    await clinic.stage.advance(seconds=EVERY)
    for session in (good, bad):
        await clinic.measure(session, method="continuous", **WELL)
        ended = [(415, "A7 answered by nurse-1"), (420, "A5 ended"), (420, "A7 ended")]
        assert sorted((await told(clinic, session))[2:]) == ended
    assert await paged(clinic, good) == [
        (350, "nurse-1: chair 1 high"),
        (355, "nurse-1: chair 2 high"),  # found 5 s late: its ladder counts from when it was complete
        (380, "nurse-2: chair 1 high"),
        (380, "nurse-2: chair 2 high"),
        (410, "dr-lee: chair 1 high"),
        (410, "dr-lee: chair 2 high"),
    ]


async def test_s17_a_backlog_of_five_minutes_is_judged_and_flagged(clinic: Clinic) -> None:
    session = await clinic.infusing()
    await clinic.quietly(5)
    await clinic.stage.advance(seconds=185)
    await clinic.acknowledge(session, "A16-blind")
    await clinic.stage.advance(seconds=115)
    backlog = course(305, 600, {400: {"spo2": 89}, 440: {"spo2": 97}})
    began = clinic.began[session]
    await clinic.send(session, [reading_of(began + timedelta(seconds=at), "continuous", values) for at, values in backlog])
    await clinic.stage.settle()
    await clinic.stream(10, every=5, spo2=97, hr=72)
    await clinic.acknowledge(session, "A7")
    assert await told(clinic, session) == [
        (390, "A16-gap raised medium: look at the patient"),
        (480, "A16-blind from medium to high: stay with the patient until the signal is back"),
        (485, "A16-blind answered by nurse-1"),
        (600, "A7 raised high late: pause"),
        (600, "A16-blind ended"),
        (600, "A7 cleared"),
        (610, "A7 answered by nurse-1"),
        (610, "A7 ended"),
    ]
    assert await paged(clinic, session) == [
        (390, "nurse-1: chair 1 medium"),
        (480, "nurse-1: chair 1 high"),
        (600, "nurse-1: chair 1 high"),
    ]


async def test_s17_a_clock_that_is_ahead_is_set_aside_and_told(clinic: Clinic) -> None:
    session = await clinic.infusing()
    await clinic.quietly(5)
    for _ in range(6):
        await clinic.stage.advance(seconds=5)
        ahead = clinic.stage.clock.now() + timedelta(seconds=10)
        await clinic.show(session, method="continuous", at=ahead, spo2=80, hr=72)
    await clinic.stream(30, every=5, spo2=98, hr=72)
    await clinic.acknowledge(None, "CLOCK")
    assert await told(clinic, session) == [
        (305, "CLOCK raised medium"),
        (360, "CLOCK answered by nurse-1"),
        (360, "CLOCK ended"),
    ]
    assert await paged(clinic, session) == [(305, "nurse-1: chair 1 medium")]


async def by_topic(clinic: Clinic, session: str, sent: dict[str, Any]) -> None:
    """The same reading, as a gateway says it on the topic."""
    monitoring = clinic.stage.running["monitoring"]
    async with monitoring.transaction(readonly=True) as tx:
        await monitoring.publish([said(clinic.monitors[session], DeviceReading.model_validate(sent), [], tx)])


async def standing(clinic: Clinic, session: str) -> dict[str, Any]:
    """What the alarm engine knows of a session's patient."""
    async with clinic.stage.running["monitoring"].transaction(readonly=True) as tx:
        found = await store.see(tx, UUID(session))
    assert found is not None
    known = found.watch.conditions.to_json()
    assert sorted(known["by"]) == ["A5", "A7"]
    return {name: known[name] for name in ("stage", "begun", "last", "off", "observed", "apart", "by")}
