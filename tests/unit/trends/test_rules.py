"""What readings amount to."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.trends import rules
from services.trends.rules.rows import SEEN
from tests.unit.trends.facts import EIGHT, LIMITS, SESSION, SYS, Said, discharged, followed, reading, started, summaries

BEGUN = EIGHT.timestamp()


def row_of(*events: Said) -> rules.Row:
    return followed(events)[0][str(SESSION)]


def pressures(*readings: tuple[float, float]) -> list[Said]:
    return [reading(second, sys=value) for second, value in readings]


def beyond(*events: Said) -> dict[tuple[str, str], float]:
    [trend] = rules.trends(row_of(*events), LIMITS)
    return {(one["alarm"], one["priority"]): one["seconds"] for one in trend["beyond"]}


def test_change_is_from_the_mean_before_the_infusion() -> None:
    [trend] = rules.trends(row_of(*pressures((0, 118), (60, 122)), started(61), *pressures((600, 150))), LIMITS)
    assert (trend["baseline"], trend["latest"], trend["change"]) == (120.0, 150.0, 30.0)


def test_without_a_start_heard_of_the_first_reading_is_in_the_baseline() -> None:
    [trend] = rules.trends(row_of(*pressures((0, 118))), LIMITS)
    assert (trend["baseline"], trend["change"]) == (118.0, 0.0)


def test_nothing_measured_before_the_start_makes_the_first_minute_the_baseline() -> None:
    [trend] = rules.trends(row_of(started(0), *pressures((130, 126), (65, 118), (70, 122))), LIMITS)
    assert trend["baseline"] == 120.0


@given(st.floats(-5, 5), st.floats(60, 200))
def test_the_slope_of_a_line_is_its_slope(per_minute: float, begun: float) -> None:
    assert rules.slope([(x, begun + per_minute * x) for x in range(10)]) == pytest.approx(per_minute, abs=1e-6)


def test_a_reading_beyond_a_limit_counts_until_the_next_one() -> None:
    told = beyond(*pressures((0, 120), (30, 182), (60, 120), (90, 120)))
    assert told == {("A1", "low"): 30, ("A1", "medium"): 30, ("A1", "high"): 30}


def test_a_gap_counts_for_ninety_seconds_at_most() -> None:
    assert beyond(*pressures((0, 170), (600, 120)))[("A1", "medium")] == 90


def test_a_limit_is_met_at_its_value_or_below_it_as_its_row_says() -> None:
    assert ("A3", "medium") not in beyond(*pressures((0, 90), (30, 90)))
    assert beyond(*pressures((0, 89), (30, 90)))[("A3", "medium")] == 30
    assert beyond(*pressures((0, 165), (30, 90)))[("A1", "medium")] == 30


def test_a_percentage_is_judged_by_the_baseline_even_one_that_is_heard_of_late() -> None:
    course = pressures((0, 100), (60, 100), (120, 121), (150, 119), (180, 131), (240, 100))
    expected = {("A1", "low"): 90.0, ("A1", "medium"): 60.0}
    assert beyond(*course[:2], started(100), *course[2:]) == expected
    assert beyond(*course, started(100)) == expected


def test_time_is_remembered_long_after_its_buckets_are_gone() -> None:
    told = beyond(*pressures((0, 190), (60, 120), *[(second, 120) for second in range(120, 4 * 3600, 60)]))
    assert told[("A1", "high")] == 60


def test_codes_that_have_no_limit_are_followed_too() -> None:
    [trend] = rules.trends(row_of(reading(0, odd=5), reading(60, odd=4)), LIMITS)
    assert (trend["code"], trend["change"], trend["beyond"]) == ("moaas", -0.5, [])


MINUTES = [reading(second, sys=100 + second % 97, oxygen=90 + second % 9) for second in range(0, 600, 20)]


@given(st.permutations([*MINUTES, started(200), discharged(610), *MINUTES[3:9]]))
def test_readings_out_of_order_twice_or_before_their_start_come_to_the_same(events: list[Said]) -> None:
    assert summaries(events) == summaries([*MINUTES, started(200), discharged(610)])


def test_a_reading_later_than_the_window_counts_towards_extremes_only() -> None:
    course = [started(-60), *pressures(*[(second, 120) for second in range(0, 1200, 10)]), discharged(1300)]
    [sign] = summaries([*course, *pressures((15, 190))])[SESSION].signs
    assert (sign.most, sign.beyond) == (190, ())


def test_a_duplicate_is_known_among_the_last_ones() -> None:
    events = [reading(second, sys=120) for second in range(SEEN)]
    assert row_of(*events, events[0])["facts"] == SEEN
    assert row_of(*events, reading(SEEN, sys=120), events[0])["facts"] == SEEN + 2


def test_a_row_stays_small() -> None:
    values = {"heart": 70.0, "oxygen": 97.0, "odd": 5.0}
    course = [reading(s, sys=60 + s * 7 % 160, **values) for s in range(0, 4 * 3600, 2)]
    row = row_of(started(0), *course)
    assert len(json.dumps(row)) < 16_000
    assert len(row["signs"][SYS]["window"]) <= rules.WINDOW_MINUTES * 60 / 10 + 1


def test_a_row_goes_once_every_topic_is_past_it() -> None:
    over = row_of(started(0), discharged(60))
    assert not rules.gone(over, BEGUN + 3600)
    assert rules.gone(over, BEGUN + 7 * 3600)
    abandoned = row_of(started(0))
    assert not rules.gone(abandoned, BEGUN + 24 * 3600)
    assert rules.gone(abandoned, BEGUN + 8 * 24 * 3600)


def test_a_gap_counts_no_longer_once_its_buckets_are_gone() -> None:
    assert beyond(*pressures((0, 190), (300, 120), *[(second, 120) for second in range(310, 2000, 10)]))[("A1", "high")] == 90


def test_a_late_reading_still_ends_the_time_of_the_one_before_it() -> None:
    assert beyond(*pressures((0, 190), (100, 120), (610, 120), (50, 120)))[("A1", "high")] == 50
