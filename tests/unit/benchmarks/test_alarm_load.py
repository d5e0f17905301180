"""The benchmark of the alarm load: the pieces of it that could be wrong, and a tiny run."""

import json
from dataclasses import replace
from random import Random

import numpy as np
import pytest

from benchmarks import alarm_load, load
from benchmarks.chair import Chair
from benchmarks.crossings import Share, crossings, crowd, missed
from benchmarks.dangers import DANGERS
from benchmarks.plays import plays
from benchmarks.samples import LONGEST, STEP, changed, sampled, times_of, undisturbed
from benchmarks.tape import EPOCH, Alarm, Tape
from chairside.simulator.body import Body, Course, Dip, drawn, noise_of, reading
from chairside.simulator.mind import Mind, drawn_mind, moaas, observed
from chairside.simulator.presets import presets
from services.monitoring.rules.inputs import Reading, Setting

TABLE = presets()
YALE = TABLE.preset[0]
PEOPLE = crowd(YALE, TABLE, np.random.default_rng(1), 20_000)
BODY = Body(
    {"systolic": 120, "diastolic": 75, "heart_rate": 70, "spo2": 98, "respirations": 14},
    {"systolic": 15, "diastolic": 10, "heart_rate": 6, "spo2": 0, "respirations": 1},
    {"systolic": 0, "diastolic": 0, "heart_rate": 0, "spo2": 0, "respirations": 0},
    Dip(12.0, 0.5, 6.0),
)


def test_the_undisturbed_effect_has_the_shape_of_the_reference() -> None:
    levels = undisturbed(TABLE)
    for minute, level in zip(TABLE.shape.minutes, TABLE.shape.level, strict=True):
        assert levels[round(minute * 60 / STEP)] == pytest.approx(level, abs=0.015)


def test_an_effect_at_another_rate_goes_on_from_where_it_was() -> None:
    levels = undisturbed(TABLE)
    same = changed(TABLE, levels, 605, float(levels[60]), 100, 2400 - 605)
    assert same == pytest.approx(levels, abs=0.02)
    slowed = changed(TABLE, levels, 1200, float(levels[120]), 50, 1200)
    assert slowed[:121] == pytest.approx(levels[:121])
    assert (slowed[121:240] < levels[121:240]).all()
    assert slowed[360] > levels[360], "it takes longer"
    paused = changed(TABLE, levels, 1200, float(levels[120]), 0, 1200)
    assert paused[240] < slowed[240]


def test_people_are_correlated_as_the_reference_has_it() -> None:
    for people in (PEOPLE, _one_by_one(4000)):
        found = np.corrcoef(people)
        links = TABLE.correlations
        assert found[0, 1] == pytest.approx(links.bases, abs=0.03)
        assert found[2, 3] == pytest.approx(links.rises, abs=0.03)
        assert found[0, 2] == pytest.approx(links.base_and_rise, abs=0.04)
        assert found[1, 3] == pytest.approx(links.base_and_rise, abs=0.04)
        assert people.mean(axis=1) == pytest.approx([121, 74, 16, 11], abs=0.6)
        assert people.std(axis=1) == pytest.approx([12, 7.5, 11.2, 8.45], rel=0.03)


def _one_by_one(number: int) -> np.ndarray:
    random = Random(3)
    bodies = [drawn(YALE, TABLE, random) for _ in range(number)]
    named = ("systolic", "diastolic")
    return np.array([[getattr(body, of)[name] for body in bodies] for of in ("base", "rise") for name in named])


def test_sampling_many_at_once_reads_what_the_simulator_reads() -> None:
    times = np.arange(5.0, 3000.0, 7.0)
    levels = np.interp(times / 60, TABLE.shape.minutes, TABLE.shape.level)
    found = sampled(BODY, times, levels, np.random.default_rng(1))
    for place, (at, level) in enumerate(zip(times, levels, strict=True)):
        course = Course(TABLE.shape, 40, at / 60, level)
        for name in ("heart_rate", "spo2", "respirations"):
            assert found[name][place] == reading(BODY, course, name, Random(1))  # type: ignore[arg-type]


def test_samples_have_the_noise_of_the_device() -> None:
    noisy = replace(BODY, noise=noise_of(TABLE), dip=None)
    times = np.arange(0.0, 20_000.0)
    found = sampled(noisy, times, np.zeros(len(times)), np.random.default_rng(2))
    rounding = 1 / 12
    for name in ("heart_rate", "respirations"):
        assert found[name].std() == pytest.approx((noisy.noise[name] ** 2 + rounding) ** 0.5, rel=0.04)  # type: ignore[index]


def test_a_monitor_samples_every_ten_seconds_and_every_second_around_a_dip() -> None:
    steps = np.diff(times_of(replace(BODY, dip=None), 3.0))
    assert set(steps) == {STEP}
    times = times_of(BODY, 3.0)
    around = times[(times > 12 * 60 - 59) & (times < 12.5 * 60 + 119)]
    assert np.diff(around).max() <= 1
    assert np.diff(times).max() == STEP
    assert times[-1] < LONGEST


def test_crossings_are_counted_by_session_and_over_the_persons_own_baseline() -> None:
    quiet = TABLE.model_copy(
        update={"pressure_noise": TABLE.pressure_noise.model_copy(update={"systolic": 0.0, "diastolic": 0.0})}
    )
    people = np.array([[100.0, 120, 150, 130], [70.0, 80, 85, 80], [20.0, 36, 14.4, 0], [0.0, 0, 15, 30]])
    found = crossings(people, quiet, np.random.default_rng(1))
    percents = {name: share.percent for name, share in found.shares.items()}
    assert percents == {"over_20pct": 50, "over_30pct": 25, "over_165_100": 50, "over_180_110": 25}
    assert found.rises["systolic_rise_at_peak"][0] == pytest.approx((20 + 36 + 14 + 0) / 4)
    exact = crossings(people, quiet, np.random.default_rng(1), whole=False)
    assert exact.rises["systolic_rise_at_peak"][0] == pytest.approx((20 + 36 + 14.4) / 4)


def test_figures_outside_their_error_are_named() -> None:
    emory = TABLE.named("EMORY")
    assert emory is not None
    found = crossings(PEOPLE, TABLE, np.random.default_rng(2))
    assert missed(YALE, found) == []
    assert [line.partition(":")[0] for line in missed(emory, found)] == [
        "systolic_rise_at_peak", "diastolic_rise_at_peak", "over_165_100", "over_20pct", "over_30pct",
    ]  # fmt: skip


def test_an_interval_is_wilsons() -> None:
    share = Share.of(7, 100)
    assert (share.percent, share.low, share.high) == pytest.approx((7.0, 3.43, 13.75), abs=0.01)
    assert Share.of(0, 50).low == 0.0
    assert Share.of(0, 50).high > 5


def test_minds_are_drawn_as_often_as_the_reference_says_and_wake_up_again() -> None:
    random = Random(1)
    minds = [drawn_mind(TABLE, random) for _ in range(8000)]
    assert sum(mind.deepest == 4 for mind in minds) / 80 == pytest.approx(25, abs=1.5)
    assert sum(mind.deepest == 3 for mind in minds) / 80 == pytest.approx(3, abs=0.6)
    assert np.mean([mind.cadss for mind in minds]) == pytest.approx(7.7, abs=0.35)
    assert np.std([mind.cadss for mind in minds]) == pytest.approx(9.2, abs=0.5)
    deep = Mind(3, 30.0)
    assert [moaas(deep, TABLE.sedation, level) for level in (0.2, 0.6, 1.0)] == [5, 4, 3]
    assert [observed(deep, TABLE.dissociation, level) for level in (0.0, 0.1, 0.5, 1.0)] == [0, 1, 2, 3]


def test_most_within_a_window_is_found_anywhere() -> None:
    assert load.most_within([0, 100, 500, 599, 600, 1300], 600) == 4
    assert load.most_within([], 600) == 0


def test_a_flood_is_counted_over_the_two_sessions_of_a_nurse() -> None:
    one, two = Tape(), Tape()
    for tape, count in ((one, 5), (two, 6)):
        tape.alarms = [Alarm(EPOCH + second, "c", "A1", "low") for second in range(count)]
    assert load.flooded([one, two]) == (1, 11)
    assert load.flooded([one]) == (0, 5)
    assert load.chattering(one) == 1


def watched() -> Tape:
    tape = Tape()
    tape.give([Setting(EPOCH, "infusion", {"8480-6": 120.0, "8462-4": 75.0})], EPOCH)
    return tape


def pressure(tape: Tape, at: float, systolic: float) -> list[tuple[str, str]]:
    return tape.give([Reading(EPOCH + at, "m", {"8462-4": 80.0, "8480-6": systolic})], EPOCH + at)  # type: ignore[return-value]


def test_a_reading_that_its_confirmation_refutes_was_suppressed_and_one_it_confirms_was_told() -> None:
    tape = watched()
    assert pressure(tape, 10, 170) == []
    assert pressure(tape, 60, 130) == []
    assert tape.episodes == {("medium", False): 1}
    pressure(tape, 100, 170)
    assert pressure(tape, 160, 171) == [("BP high", "medium")]
    pressure(tape, 200, 120)
    assert tape.episodes == {("medium", False): 1, ("medium", True): 1}


def test_a_page_begins_at_medium_and_again_when_the_priority_rises_and_when_an_answer_lapses() -> None:
    tape = watched()
    pressure(tape, 10, 150)
    assert [(alarm.highest, alarm.alarm) for alarm in tape.alarms] == [("low", "A1")]
    assert tape.pages == []
    pressure(tape, 20, 166)
    pressure(tape, 60, 168)
    assert pressure(tape, 70, 205) == [("BP high", "emergency")]
    assert [(page.priority, page.to_nurse, page.again) for page in tape.pages] == [
        ("medium", True, False),
        ("emergency", True, False),
    ]
    tape.answer("BP high", EPOCH + 105)
    assert tape.further == 2, "the steps at 15 and at 30 s came before the answer"
    assert tape.lapses("BP high") == 120
    assert tape.lapse("BP high", EPOCH + 105, EPOCH + 225) == [("BP high", "emergency")]
    assert tape.pages[-1].again
    assert tape.lapse("BP high", EPOCH + 1, EPOCH + 226) == [], "of an older answer"


def test_the_start_gate_holds_back_who_is_too_high_and_who_breathes_too_slowly() -> None:
    assert load.seated(BODY, TABLE, Random(1)) == (120.0, 75.0)
    for other in ({"systolic": 165}, {"respirations": 8}, {"spo2": 92}, {"heart_rate": 48}):
        assert load.seated(replace(BODY, base={**BODY.base, **other}), TABLE, Random(1)) is None  # type: ignore[dict-item]


def test_a_nurse_slows_the_infusion_for_a_confirmed_high_pressure_and_it_takes_longer() -> None:
    high = replace(BODY, rise={**BODY.rise, "systolic": 48}, dip=None)
    chair = Chair(high, Mind(5, 0.0), (120.0, 75.0), TABLE, Random(1), np.random.default_rng(1))
    tape = chair.run(undisturbed(TABLE))
    assert "slow" in chair.moves
    assert chair.ended is not None
    assert chair.left is not None
    assert 41 * 60 < chair.ended < chair.left
    assert ("A1", "medium") in {(page.alarm, page.priority) for page in tape.pages}


@pytest.mark.parametrize(("rise", "move"), [(90, "pause"), (150, "stop")])
def test_a_nurse_pauses_or_stops_for_more(rise: float, move: str) -> None:
    worse = replace(BODY, rise={**BODY.rise, "systolic": rise}, dip=None)
    chair = Chair(worse, Mind(5, 0.0), (120.0, 75.0), TABLE, Random(1), np.random.default_rng(1))
    tape = chair.run(undisturbed(TABLE))
    assert move in chair.moves
    assert chair.left is not None
    assert {page.priority for page in tape.pages} & {"high", "emergency"}


def test_a_quiet_session_pages_nobody_and_ends_an_hour_after_its_infusion() -> None:
    calm = replace(BODY, dip=None)
    chair = Chair(calm, Mind(5, 0.0), (120.0, 75.0), TABLE, Random(4), np.random.default_rng(1))
    tape = chair.run(undisturbed(TABLE))
    assert (chair.ended, chair.left) == (2400, 6000)
    assert tape.pages == []
    assert [cuff.minute for cuff in chair.cuffs] == pytest.approx([5, 15, 25, 35, 50, 65, 80, 95])


def test_the_same_seed_gives_the_same_load_and_a_longer_run_begins_with_a_shorter() -> None:
    one, same, more = load.load(YALE, TABLE, 6, 5), load.load(YALE, TABLE, 6, 5), load.load(YALE, TABLE, 8, 5)
    assert one.figures() == same.figures()
    facts = [tape.facts for tape in one.tapes]
    assert [tape.facts for tape in more.tapes][: len(facts)] == facts
    assert load.load(YALE, TABLE, 6, 6).figures() != one.figures()


def test_a_danger_that_is_not_told_in_time_or_at_another_priority_is_a_miss_with_its_seed() -> None:
    saturation = next(danger for danger in DANGERS if danger.id == "S7")
    outcome = plays(saturation, TABLE, 3, 1)
    assert outcome.right(saturation)
    hasty = replace(saturation, within=10)
    assert not plays(hasty, TABLE, 3, 1).right(hasty)
    assert plays(hasty, TABLE, 3, 1).seed == "1 S7 3"
    lower = replace(saturation, priority="medium")
    assert not plays(lower, TABLE, 3, 1).right(lower)
    elsewhere = replace(saturation, alarms=("A5",))
    assert not plays(elsewhere, TABLE, 3, 1).right(elsewhere)


def test_what_belongs_to_a_danger_is_read_while_the_session_is_watched() -> None:
    """Two observations in turn: what came before the watch would not count."""
    turned = [danger for danger in DANGERS if danger.id in ("S10v", "S11")]
    assert all(plays(danger, TABLE, number, 1).right(danger) for danger in turned for number in range(60))
    assert min(after for danger in DANGERS for number in range(50) for after, _ in danger.play(Random(number))) > -30


@pytest.mark.parametrize("danger", DANGERS, ids=lambda danger: danger.id)
def test_every_danger_is_told(danger: object) -> None:
    assert plays(danger, TABLE, 0, 11).right(danger)  # type: ignore[arg-type]


def test_a_tiny_run_says_what_was_asked_for_and_prints_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alarm_load, "MANY", 500)
    monkeypatch.setattr("sys.argv", ["alarm_load", "--json", "--quick", "--seed", "2"])
    real = alarm_load.measure
    monkeypatch.setattr(alarm_load, "measure", lambda sessions, repeats, seed: real(2, 1, seed))
    with pytest.raises(SystemExit) as ended:
        alarm_load.main()
    assert ended.value.code == 0
    shown = capsys.readouterr()
    figures = json.loads(shown.out.splitlines()[-1])
    assert figures["sensitivity"] == 100
    for key in ("over_20pct", "over_30pct", "over_165_100", "over_180_110", "pages_per_session_hour"):
        assert figures[key] >= 0
    assert set(figures["presets"]) == {preset.id for preset in TABLE.preset}
    assert "sensitivity 100 %" in shown.err


def test_misses_are_named_with_the_seed_that_plays_them_again() -> None:
    figures = {"dangers": {"S7": {"missed_seeds": ["1 S7 4"]}, "S8": {"missed_seeds": []}}}
    assert alarm_load.misses(figures) == ["missed: S7, seed '1 S7 4'"]
