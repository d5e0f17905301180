"""Real bedside recordings, played to a clinic whose staff carry pagers."""

from datetime import timedelta
from pathlib import Path

from chairside.replay.recording import Recording, Second, recording
from chairside.simulator.signs import CODES, sent
from schemas.monitoring.alarms import ALARMS, AlarmEnded, AlarmPriorityChanged, AlarmRaised
from tests.story.clinic import Clinic
from tests.story.words import ok

AT_ONCE = 5
"""Seconds that the monitor sends together."""


async def play(clinic: Clinic, real: Recording, first: int, last: int) -> None:
    """These seconds of a recording, the clinic's clock with them."""
    for begin in range(first, last + 1, AT_ONCE):
        seconds = real.seconds[begin - 1 : min(begin + AT_ONCE - 1, last)]
        start = clinic.stage.clock.now()
        await clinic.stage.advance(seconds=len(seconds))
        readings = [
            sent(start + timedelta(seconds=number), "continuous", values, simulated=False)
            for number, second in enumerate(seconds, 1)
            if (values := shown(second))
        ]
        await ok(clinic.monitoring.post("/devices/monitor-1/vitals", json={"readings": readings}))
        await clinic.stage.settle()


def shown(second: Second) -> dict[str, float | None]:
    """What the monitor shows."""
    found = {name: getattr(second, name, None) for name in CODES}
    return {name: round(value, 1) for name, value in found.items() if value is not None}


async def test_a_false_asystole_asks_the_nurse_to_look_and_is_nobodys_arrest(clinic: Clinic, waveforms: Path) -> None:
    await clinic.infusing()
    real = recording(waveforms / "a103l", "V")
    await play(clinic, real, 241, 320)
    [raised] = [alarm for alarm in await clinic.events(ALARMS, AlarmRaised) if alarm.code == "A16b"]
    assert (raised.kind, raised.priority, raised.title) == ("technical", "medium", "signals disagree")
    assert raised.detail.startswith("ECG 5/min, plethysmogram 12"), raised.detail
    [page] = clinic.pager.pages
    assert page["text"].startswith("North chair 1: MEDIUM signals disagree")
    assert (await clinic.anybody.post(page["link"].removeprefix("http://127.0.0.1:8080"))).status_code == 200
    await play(clinic, real, 321, 330)
    await clinic.stage.advance(seconds=60)
    assert len(clinic.pager.pages) == 1
    assert not [alarm.code for alarm in await clinic.events(ALARMS, AlarmRaised) if alarm.code in ("A6", "A13-arrest")]
    assert await clinic.events(ALARMS, AlarmPriorityChanged) == []


async def test_a_false_asystole_at_which_nobody_looked_counts_as_clinical(clinic: Clinic, waveforms: Path) -> None:
    await clinic.infusing()
    await play(clinic, recording(waveforms / "a103l", "V"), 241, 330)
    await clinic.stage.advance(seconds=30)
    [changed] = [alarm for alarm in await clinic.events(ALARMS, AlarmPriorityChanged) if alarm.code == "A16b"]
    assert (changed.previous, changed.priority, changed.detail[:20]) == ("medium", "high", "ECG 0/min, plethysmo")
    assert "counts as clinical" in changed.advice
    assert {page["text"].split(",")[0] for page in clinic.pager.pages} == {
        "North chair 1: MEDIUM signals disagree",
        "North chair 1: HIGH signals disagree",
    }
    assert "A16b" not in [alarm.code for alarm in await clinic.events(ALARMS, AlarmEnded)]


async def test_low_pressures_page_everybody_after_fifteen_seconds(clinic: Clinic, waveforms: Path) -> None:
    await clinic.infusing()
    began = clinic.stage.clock.now()
    await play(clinic, recording(waveforms / "03700181"), 1, 30)
    [raised] = [alarm for alarm in await clinic.events(ALARMS, AlarmRaised) if alarm.cause == "BP low"]
    assert (raised.code, raised.priority, raised.qualified_at) == ("A3", "emergency", began + timedelta(seconds=16))
    assert (raised.raised_at - began).total_seconds() <= 16 + AT_ONCE
    assert {page["staff_id"] for page in clinic.pager.pages if "EMERGENCY blood pressure low" in page["text"]} >= {
        "nurse-1",
        "dr-lee",
    }
