"""Simulated people and devices act as the clinic's reference says."""

from datetime import UTC, datetime
from random import Random

import pytest

from chairside.simulator.charts import SIMULATED, answers, patient
from chairside.simulator.habits import CuffReading, Move, habits, next_cuff, quiet
from chairside.simulator.presets import presets, scripts
from schemas.monitoring.alarms import Priority

HABITS = habits()
BASE = (120.0, 75.0)
CALM = (122.0, 76.0)


def cuffs(*taken: tuple[float, tuple[float, float]]) -> list[CuffReading]:
    return [CuffReading(minute, *pressure) for minute, pressure in taken]


@pytest.mark.parametrize(
    ("taken", "baseline", "ended", "due"),
    [
        ([], BASE, None, 15),  # 5 min after the start at minute 10
        ([(15, CALM)], BASE, None, 25),
        ([(15, CALM)], (144.0, 85.0), None, 20),  # a raised baseline: every 5 min
        ([(25, (166.0, 98.0))], BASE, None, 26.5),  # confirmed within 2 min
        ([(25, (157.0, 90.0))], BASE, None, 26.5),  # 30 % above baseline
        ([(25, (166.0, 98.0)), (26.5, (166.0, 98.0))], BASE, None, 29),
        ([(25, (166.0, 98.0)), (26.5, CALM)], BASE, None, 29),  # every 2 to 3 min for a while
        ([(25, (95.0, 60.0))], BASE, None, 26.5),
        ([(60, CALM)], BASE, 50, 75),
    ],
)
def test_when_the_next_blood_pressure_is_due(
    taken: list[tuple[float, tuple[float, float]]], baseline: tuple[float, float], ended: float | None, due: float
) -> None:
    assert next_cuff(HABITS, cuffs(*taken), baseline, 10, ended) == due


@pytest.mark.parametrize(
    ("alarms", "move"),
    [
        ([], None),
        ([("A1", "low")], None),
        ([("A1", "medium")], "slow"),
        ([("A1", "medium"), ("A2", "high")], "pause"),
        ([("A2", "emergency"), ("A1", "high")], "stop"),
        ([("A7", "high")], "pause"),
        ([("A16-probe", "medium")], None),
    ],
)
def test_the_action_ladder(alarms: list[tuple[str, Priority]], move: Move | None) -> None:
    assert HABITS.move_for(alarms) == move


def test_an_infusion_goes_on_only_after_quiet_pressures_in_a_row() -> None:
    high = (162.0, 90.0)
    assert quiet(HABITS, cuffs((11, CALM), (12, CALM)), since=10, readings=2)
    assert not quiet(HABITS, cuffs((9, CALM), (12, CALM)), since=10, readings=2)
    assert not quiet(HABITS, cuffs((11, CALM), (12, high)), since=10, readings=2)
    assert not quiet(HABITS, cuffs((11, high), (12, CALM)), since=10, readings=2)


def test_some_pages_are_not_answered_and_sure_ones_are() -> None:
    dice = Random(1)
    drawn = [HABITS.answers_after("high", dice) for _ in range(2000)]
    share = 100 * sum(after is not None for after in drawn) / len(drawn)
    assert share == pytest.approx(HABITS.answering.percent, abs=4)
    least, most = HABITS.answering.high_seconds
    assert all(least <= after <= most for after in drawn if after is not None)
    assert all(HABITS.answers_after("high", dice, surely=True) for _ in range(100))


def test_phq9_totals_are_drawn_as_the_reference_says() -> None:
    dice, mood = Random(2), presets().phq9
    totals = [sum(answers(mood, dice, item9=0)) for _ in range(3000)]
    assert all(mood.least <= total <= mood.most for total in totals)
    assert sum(totals) / len(totals) == pytest.approx(mood.baseline.mean, abs=0.5)
    assert answers(mood, dice, item9=3)[8] == 3
    assert all(0 <= item <= 3 for item in answers(mood, dice, item9=2))


def test_a_simulated_patient_says_so_and_is_the_same_for_the_same_seed() -> None:
    table = presets()
    now = datetime(2026, 11, 25, 8, tzinfo=UTC)
    one, same = (patient(1, table.preset[0], table, Random(4), now.date()) for _ in range(2))
    assert one == same
    referral = one.referral("run", now)
    assert referral["family_name"].endswith(SIMULATED)
    assert referral["identifier"]["system"] == "urn:chairside:simulated"
    assert 35 <= one.weight_kg <= 250


def test_every_script_names_what_it_is_for() -> None:
    assert {script.id for script in scripts().script} == {"S1", "S2", "S3", "S4", "S5", "S7", "S8"}
    assert all(script.title and script.source for script in scripts().script)
