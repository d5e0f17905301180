"""Who is on call, by the local clock: the nights on which clocks change, and every other instant."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifications.rules.oncall import Rotation, first_hand_over, hand_over_at, on_call, turns

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)
ZONES = ("America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Pacific/Apia", "UTC", "Asia/Kathmandu")


def rotation(
    zone: str, first: date, hand_over: time, *, days: int = 1, members: tuple[str, ...] = ("ann", "ben", "cem")
) -> Rotation:
    return Rotation("nights", "prescriber", zone, members, first, hand_over, days, LONG_AGO)


CHANGES = [
    # zone, the day before, local hand-over, the hand-overs in UTC on three days, why
    ("America/New_York", "2026-03-07", "02:30", ["07T07:30", "08T07:30", "09T06:30"], "02:30 does not exist: it is 03:30"),
    ("America/New_York", "2026-10-31", "01:30", ["31T05:30", "01T05:30", "02T06:30"], "01:30 is twice: the first"),
    ("America/New_York", "2026-03-07", "08:00", ["07T13:00", "08T12:00", "09T12:00"], "a night of 23 hours"),
    ("America/New_York", "2026-10-31", "08:00", ["31T12:00", "01T13:00", "02T13:00"], "a night of 25 hours"),
    ("Europe/Berlin", "2026-03-28", "02:30", ["28T01:30", "29T01:30", "30T00:30"], "02:30 does not exist: it is 03:30"),
    ("Europe/Berlin", "2026-10-24", "02:30", ["24T00:30", "25T00:30", "26T01:30"], "02:30 is twice: the first"),
    ("Australia/Lord_Howe", "2026-10-03", "02:15", ["02T15:45", "03T15:45", "04T15:15"], "half an hour forward: it is 02:45"),
    ("Australia/Lord_Howe", "2026-04-04", "01:45", ["03T14:45", "04T14:45", "05T15:15"], "half an hour back: the first"),
]


@pytest.mark.parametrize(("zone", "first", "hand_over", "expected", "why"), CHANGES, ids=[f"{c[0]} {c[4]}" for c in CHANGES])
def test_a_hand_over_on_the_night_the_clocks_change(zone: str, first: str, hand_over: str, expected: list[str], why: str) -> None:
    nights = rotation(zone, date.fromisoformat(first), time.fromisoformat(hand_over))
    at = [hand_over_at(nights, number) for number in range(3)]
    assert [f"{instant:%dT%H:%M}" for instant in at] == expected, why
    for number, instant in enumerate(at):
        assert on_call(nights, instant) == nights.members[number]
        assert on_call(nights, instant - SECOND) == (nights.members[number - 1] if number else None)


def test_the_hour_that_is_twice_has_one_person_on_call() -> None:
    nights = rotation("Europe/Berlin", date(2026, 10, 24), time(2, 30))
    second_half_past_two = datetime(2026, 10, 25, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"), fold=1)
    assert on_call(nights, second_half_past_two.astimezone(UTC) - SECOND) == "ben"
    assert on_call(nights, second_half_past_two.astimezone(UTC)) == "ben"
    assert [turn.staff_id for turn in turns(nights, *day("2026-10-25"))] == ["ann", "ben"]


def test_a_date_that_comes_back_after_midnight_does_not_bring_the_last_one_back() -> None:
    """St. John's put its clocks back at one past midnight: after the hand-over at midnight it was the day before again."""
    nights = rotation("America/St_Johns", date(2010, 11, 6), time(0))
    at = hand_over_at(nights, 1)
    assert (at + timedelta(minutes=10)).astimezone(ZoneInfo("America/St_Johns")).date() == date(2010, 11, 6)
    assert [on_call(nights, at + timedelta(minutes=m)) for m in (-1, 0, 10, 62)] == ["ann", "ben", "ben", "ben"]


def day(text: str) -> tuple[datetime, datetime]:
    begins = datetime.fromisoformat(text).replace(tzinfo=UTC)
    return begins, begins + timedelta(days=1)


def test_a_week_is_seven_local_days_and_the_members_come_round() -> None:
    weeks = rotation("America/New_York", date(2026, 2, 23), time(8), days=7)
    found = turns(weeks, datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 25, tzinfo=UTC))
    assert [(turn.staff_id, f"{turn.starts_at:%m-%dT%H}") for turn in found] == [
        ("ann", "03-01T00"),
        ("ben", "03-02T13"),
        ("cem", "03-09T12"),
        ("ann", "03-16T12"),
        ("ben", "03-23T12"),
    ]


def test_nobody_is_on_call_before_the_first_hand_over_or_out_of_force() -> None:
    nights = rotation("UTC", date(2026, 3, 2), time(8))
    ended = Rotation(**{**vars(nights), "until": datetime(2026, 3, 4, tzinfo=UTC)})
    assert on_call(nights, datetime(2026, 3, 2, 7, 59, tzinfo=UTC)) is None
    assert on_call(ended, datetime(2026, 3, 3, 23, 59, tzinfo=UTC)) == "ben"
    assert on_call(ended, datetime(2026, 3, 4, tzinfo=UTC)) is None
    assert [(turn.staff_id, turn.ends_at.day) for turn in turns(ended, *day("2026-03-03"))] == [("ann", 3), ("ben", 4)]


rotations = st.builds(
    rotation,
    st.sampled_from(ZONES),
    st.dates(date(2009, 1, 1), date(2030, 12, 31)),
    st.times().map(lambda at: at.replace(second=0, microsecond=0)),
    days=st.integers(1, 30),
    members=st.lists(st.sampled_from(("ann", "ben", "cem", "dee")), min_size=1, max_size=6).map(tuple),
)


@given(rotations, st.integers(0, 3000), st.floats(0, 86_400))
def test_at_every_instant_exactly_one_member_is_on_call(nights: Rotation, days: int, seconds: float) -> None:
    at = first_hand_over(nights) + timedelta(days=days, seconds=seconds)
    [turn] = turns(nights, at, at + timedelta(microseconds=1))
    assert on_call(nights, at) == turn.staff_id
    assert turn.staff_id in nights.members


@given(rotations, st.integers(-40, 3000), st.integers(1, 60))
def test_turns_tile_time(nights: Rotation, offset: int, length: int) -> None:
    since = first_hand_over(nights) + timedelta(days=offset)
    until = since + timedelta(days=length)
    found = turns(nights, since, until)
    if not found:
        assert until <= first_hand_over(nights)
        return
    assert found[0].starts_at == max(since, first_hand_over(nights))
    assert found[-1].ends_at == until
    assert all(one.ends_at == other.starts_at for one, other in pairwise(found))
    for turn in found:
        assert on_call(nights, turn.starts_at) == turn.staff_id == on_call(nights, turn.ends_at - timedelta(microseconds=1))
