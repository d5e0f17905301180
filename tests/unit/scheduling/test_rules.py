"""Where a series is placed, and why not."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from services.scheduling import tables
from services.scheduling.rules import Busy, Hours, NoPlace, chair_time, plan

MONDAY = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
HOURS = Hours(ZoneInfo("UTC"), time(8), time(17), frozenset({1, 2, 3, 4, 5}), timedelta(minutes=15))
LENGTH = chair_time(40, 20, tables.planning())


def test_a_chair_is_needed_for_preparation_infusion_and_recovery() -> None:
    assert timedelta(minutes=120) == LENGTH


def test_the_first_free_chair_is_taken_and_the_series_spread_over_two_to_three_weeks() -> None:
    found = plan(6, LENGTH, MONDAY, 4, HOURS, [], tables.planning())
    assert not isinstance(found, NoPlace)
    assert [place.starts_at.date() for place in found] == [date(2026, 3, d) for d in (2, 5, 9, 12, 16, 19)]
    assert {place.chair for place in found} == {1}


def test_a_taken_chair_sends_the_patient_to_the_next_and_a_full_clinic_to_later() -> None:
    eight = MONDAY + timedelta(hours=1)
    one = plan(1, LENGTH, MONDAY, 2, HOURS, [Busy(1, eight, eight + timedelta(hours=1))], tables.planning())
    assert not isinstance(one, NoPlace)
    assert (one[0].chair, one[0].starts_at) == (2, eight)
    both = [Busy(chair, eight, eight + timedelta(minutes=70)) for chair in (1, 2)]
    later = plan(1, LENGTH, MONDAY, 2, HOURS, both, tables.planning())
    assert not isinstance(later, NoPlace)
    assert later[0].starts_at == eight + timedelta(minutes=75)


def test_a_patient_is_never_in_two_chairs() -> None:
    here = Busy(None, MONDAY, MONDAY + timedelta(hours=5))
    found = plan(1, LENGTH, MONDAY, 4, HOURS, [here], tables.planning())
    assert not isinstance(found, NoPlace)
    assert found[0].starts_at >= here.ends_at


def test_no_place_says_why() -> None:
    full = [Busy(1, MONDAY, MONDAY + timedelta(days=60))]
    found = plan(6, LENGTH, MONDAY, 1, HOURS, full, tables.planning())
    assert isinstance(found, NoPlace)
    assert "120 minutes" in found.reasons[0]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 3), st.integers(0, 40 * 24 * 4), st.integers(1, 40)), max_size=60),
    st.integers(0, 6 * 24 * 60),
)
def test_a_plan_keeps_every_rule(taken: list[tuple[int, int, int]], minutes: int) -> None:
    now = MONDAY + timedelta(minutes=minutes)
    quarter = timedelta(minutes=15)
    busy = [Busy(chair, MONDAY + at * quarter, MONDAY + (at + long) * quarter) for chair, at, long in taken]
    found = plan(6, LENGTH, now, 3, HOURS, busy, tables.planning())
    if isinstance(found, NoPlace):
        return
    starts = [place.starts_at for place in found]
    assert starts[0] >= now
    assert timedelta(days=14) <= starts[-1] - starts[0] <= timedelta(days=21)
    assert all(b - a >= timedelta(hours=24) for a, b in pairwise(starts))
    for place in found:
        assert place.starts_at.isoweekday() <= 5
        assert not any(b.chair == place.chair and b.starts_at < place.ends_at and place.starts_at < b.ends_at for b in busy)
