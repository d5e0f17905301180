"""Real bedside recordings, judged: pressures that are low all the time, and an asystole that is none."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from statistics import fmean, median

import pytest

from chairside.replay.recording import Recording, recording
from services.monitoring.rules.inputs import Override
from tests.unit.monitoring.watched import Watched

QUIET = ["-"]
"""Only what is measured is looked at, no missed observations."""
NAMES = {"diastolic": "dia", "mean": "map", "systolic": "sys", "heart_rate": "hr", "pulse_rate": "pulse", "respirations": "rr"}
"""In the order of their codes."""


def play(one: Watched, real: Recording, then: Callable[[Watched], None] = lambda _: None) -> Watched:
    """Give it all, as the monitor sends it. `then` is called after each second."""
    for second in real.seconds:
        found = {short: getattr(second, name) for name, short in NAMES.items()}
        one.see(second.at, continuous=True, **{name: round(value, 1) for name, value in found.items() if value is not None})
        then(one)
    return one


def about(one: Watched, alarm: str) -> list[tuple[float, str, str, str]]:
    """When what was said of an alarm, and why."""
    return [(now, fact.what, fact.priority, fact.detail) for now, fact in one.facts if fact.alarm == alarm]


# --- a103l: a bedside monitor called an asystole at 5:00 that experts found to be none ---


@pytest.fixture(scope="module")
def deaf(waveforms: Path) -> Recording:
    """Counted in the lead in which a burst of artefact deafens the detector."""
    return recording(waveforms / "a103l", "V")


def test_a_false_asystole_is_a_technical_alarm_that_says_why_and_nobodys_arrest(deaf: Recording) -> None:
    def somebody_answers(one: Watched) -> None:
        if ("A16b", "medium") in one.raised() and not one.signal("A16b").acked:
            one.answered("A16b", "medium")

    apart = [s.at for s in deaf.seconds if s.heart_rate is not None and s.heart_rate < 35 and (s.pulse_rate or 0) >= 35]
    due = next(at for at in apart if set(range(at, at + 11)) <= set(apart)) + 10
    one = play(Watched({}, only=QUIET), deaf, somebody_answers).wait(400)
    assert due == 317
    [(when, what, priority, why)] = about(one, "A16b")
    assert (when, what, priority) == (pytest.approx(due, abs=1), "raised", "medium")
    assert why == "ECG 5/min, plethysmogram 122/min", "one beat, of artefact, in 12 s"
    assert not [alarm for alarm, _ in one.raised() if alarm == "A6" or alarm.startswith("A13")]
    assert one.engine.title("A16b") == "signals disagree"


def test_a_false_asystole_that_nobody_answers_counts_as_clinical_and_says_why(deaf: Recording) -> None:
    one = play(Watched({}, only=QUIET), deaf).wait(400)
    [first, second] = about(one, "A16b")
    assert (first[1:3], second[1:3]) == (("raised", "medium"), ("priority", "high"))
    assert second[0] - first[0] == pytest.approx(30, abs=1)
    assert second[3].startswith("ECG 0/min, plethysmogram 12"), second


def test_an_asystole_in_which_the_pulse_is_lost_too_is_told_at_once_as_what_it_is(deaf: Recording) -> None:
    real = replace(deaf, seconds=tuple(replace(s, pulse_rate=0.0) if s.at >= 325 else s for s in deaf.seconds))
    one = play(Watched({}, only=QUIET), real)
    assert about(one, "A6")[0][:3] == (325, "raised", "emergency")


def test_the_lead_that_hears_the_beats_raises_nothing_about_a_slow_heart(waveforms: Path) -> None:
    one = play(Watched({}, only=QUIET), recording(waveforms / "a103l", "II")).wait(329)
    assert {alarm for alarm, _ in one.raised()} == {"A5", "A16-blind"}, "127 a minute is fast, and nobody sends a saturation"


# --- 03700181: a systolic pressure of 45 for ten minutes ---


@pytest.fixture(scope="module")
def low(waveforms: Path) -> Recording:
    """With an arterial pressure."""
    return recording(waveforms / "03700181")


def persists(values: list[float], below: float) -> int | None:
    """The second at which the median of 10 s has been below a limit for 15 s."""
    since: int | None = None
    for at in range(1, len(values) + 1):
        beyond = median(values[max(0, at - 10) : at]) < below
        since = (since or at) if beyond else None
        if since is not None and at - since >= 15:
            return at
    return None


def test_the_low_pressures_are_told_within_their_delay(low: Recording, waveforms: Path) -> None:
    systolic, mean = plain(waveforms / "03700181.dat")
    due = {"A3": persists(systolic, 70), "A4": persists(mean, 60)}
    assert due == {"A3": 16, "A4": 16}, "below every limit from the first second"
    one = play(Watched({}, only=QUIET), low)
    assert about(one, "A3") == [(16, "raised", "emergency", "")]
    assert [fact.alarm for _, fact in one.facts if fact.cause == "BP low"] == ["A3"], "one alarm, at the priority of the worse"
    alone = play(Watched({}, only=QUIET).set(0.1, without=("A3",)), low)
    assert about(alone, "A4") == [(16, "raised", "high", "")]


@pytest.mark.parametrize(("alarm", "below"), [("A3", 47.0), ("A3", 44.8), ("A3", 41.4), ("A4", 34.9), ("A4", 30.6)])
def test_a_limit_within_the_recording_is_told_within_its_delay(low: Recording, waveforms: Path, alarm: str, below: float) -> None:
    """No clinical limits: they are chosen where this patient's pressure falls through them on the way, and does not hover."""
    values = plain(waveforms / "03700181.dat")[alarm == "A4"]
    expected = persists(values, below)
    assert expected is not None
    assert expected > 40
    rows = [(row.alarm, row.priority) for row in Watched().engine.limits.limit if row.alarm in ("A3", "A4")]
    mine = [Override(name, priority, (("below", below if name == alarm else 1.0),), 1e9) for name, priority in rows]
    one = play(Watched({}, only=QUIET).set(0.1, overrides=tuple(mine)), low)
    worst = "emergency" if alarm == "A3" else "high"
    when, what, priority, _ = about(one, alarm)[0]
    assert (when, what, priority) == (pytest.approx(expected, abs=1), "raised", worst)


@cache
def plain(file: Path) -> tuple[list[float], list[float]]:
    """Systolic and mean pressure a second, read and found in another way than `chairside.replay` does: whole numbers out of the
    bytes, and a beat being from one rise through the middle between the highest and the lowest around it to the next."""
    raw = file.read_bytes()
    wave: list[float] = []
    for frame in range(0, len(raw), 9):
        first = raw[frame + 6] | (raw[frame + 7] & 0x0F) << 8
        wave.append(((first - 4096 if first > 2047 else first) + 1605) / 12.84)
    beats: list[tuple[float, float, float]] = []
    begun: int | None = None
    middle = 0.0
    for at in range(1, len(wave)):
        if at == 1 or at % 125 == 0:
            around = wave[max(0, at - 125) : at + 250]
            middle = (max(around) + min(around)) / 2
        if wave[at - 1] < middle <= wave[at] and (begun is None or at - begun > 30):
            if begun is not None:
                beats.append((begun / 125, max(wave[begun:at]), fmean(wave[begun:at])))
            begun = at
    shown: tuple[list[float], list[float]] = [], []
    for second in range(1, len(wave) // 125 + 1):
        last = [beat for beat in beats if second - 4 < beat[0] <= second]
        shown[0].append(median(beat[1] for beat in last))
        shown[1].append(median(beat[2] for beat in last))
    return shown
