"""The clinic's clock goes on where it was and never back."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from chairside.embedded.domainclock import EVERY_S, DomainClock

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def at(clock: DomainClock, wall: datetime) -> datetime:
    """What a process with this clock says at a wall instant."""
    return clock.clock.domain_anchor + (wall - clock.clock.wall_anchor) * clock.clock.rate


def test_it_begins_with_the_wall(tmp_path: Path) -> None:
    assert at(DomainClock.renewed(tmp_path / "clock.json", wall=NOON, rate=1), NOON) == NOON


def test_it_begins_where_it_is_told_but_not_earlier_than_the_wall(tmp_path: Path) -> None:
    morning = NOON + timedelta(hours=20)
    assert at(DomainClock.renewed(tmp_path / "a.json", wall=NOON, rate=60, begin=morning), NOON) == morning
    assert at(DomainClock.renewed(tmp_path / "b.json", wall=NOON, rate=60, begin=NOON - timedelta(hours=2)), NOON) == NOON


def test_a_night_switched_off_does_not_pass_at_the_rate(tmp_path: Path) -> None:
    file = tmp_path / "clock.json"
    first = DomainClock.renewed(file, wall=NOON, rate=60)
    first.note(NOON + timedelta(minutes=3))
    later = NOON + timedelta(minutes=13)
    again = DomainClock.renewed(file, wall=later, rate=1)
    assert NOON + timedelta(hours=3) < at(again, later) <= NOON + timedelta(hours=3, minutes=3)


@given(
    lives=st.lists(
        st.tuples(st.floats(0.1, 1000), st.floats(0, 600), st.floats(0, EVERY_S), st.floats(0, 5000)), min_size=1, max_size=6
    )
)
def test_no_restart_goes_back_whatever_the_rates_and_however_it_was_killed(
    lives: list[tuple[float, float, float, float]], tmp_path_factory
) -> None:
    """A life: its rate, the wall seconds until its last note, from there to its kill -9, and until the next one."""
    file = tmp_path_factory.mktemp("clock") / "clock.json"
    wall, told = NOON, NOON
    for rate, noted_after, killed_after, off in lives:
        clock = DomainClock.renewed(file, wall=wall, rate=rate)
        assert at(clock, wall) >= told
        clock.note(wall + timedelta(seconds=noted_after))
        told = at(clock, wall + timedelta(seconds=noted_after + killed_after))
        wall += timedelta(seconds=noted_after + killed_after + off)
