"""What readings amount to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.trends import rules

SYS = "8480-6"


def taken(*readings: tuple[float, float]) -> rules.Row:
    row = rules.fresh()
    for at, value in readings:
        row = rules.take(row, at, {SYS: (value, "mm[Hg]")})
    return row


def test_change_is_from_the_mean_before_the_infusion() -> None:
    row = rules.start(taken((0, 118), (60, 122)), 61)
    row = rules.take(row, 600, {SYS: (150, "mm[Hg]")})
    [trend] = rules.trends(row)
    assert (trend["baseline"], trend["latest"], trend["change"]) == (120.0, 150.0, 30.0)


def test_without_a_start_heard_of_the_first_reading_is_in_the_baseline() -> None:
    [trend] = rules.trends(taken((0, 118)))
    assert (trend["baseline"], trend["change"]) == (118.0, 0.0)


@given(st.floats(-5, 5), st.floats(60, 200))
def test_the_slope_of_a_line_is_its_slope(per_minute: float, begun: float) -> None:
    assert rules.slope([(x, begun + per_minute * x) for x in range(10)]) == pytest.approx(per_minute, abs=1e-6)


@given(st.permutations([(second, 100 + second / 10) for second in range(0, 300, 5)]))
def test_readings_out_of_order_come_to_the_same(readings: list[tuple[float, float]]) -> None:
    assert rules.trends(taken(*readings))[0]["slope_per_minute"] == rules.trends(taken(*sorted(readings)))[0]["slope_per_minute"]


def test_a_row_stays_small() -> None:
    row = taken(*[(second, 120.0) for second in range(4 * 3600)])
    assert len(row["buckets"][SYS]) <= rules.WINDOW_MINUTES * 60 / rules.BUCKET_SECONDS
