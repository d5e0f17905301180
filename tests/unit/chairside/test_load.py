"""`chairside load`: an hour's figures beside what is aimed at."""

import io
from datetime import UTC, datetime, timedelta

import pytest
from rich.console import Console

from chairside.view.load import HOUR, as_json, as_table, figures, session_hours
from schemas.trends.trends import AlarmLoadComputed, PriorityLoad
from services.trends.tables import load_targets

EIGHT = datetime(2026, 3, 2, 8, tzinfo=UTC)


def told(priority: str, count: int, median: float | None = None) -> PriorityLoad:
    return PriorityLoad.model_validate(
        {"priority": priority, "told": count, "answered": count, "median_seconds": median, "longest_seconds": median}
    )


def hour(begins: datetime, *alarms: PriorityLoad, seconds: float = 0, running: int = 0, since: float = 0) -> AlarmLoadComputed:
    return AlarmLoadComputed(
        hour=begins,
        alarms=alarms,
        technical=1,
        session_seconds=seconds,
        running=running,
        running_seconds=since,
        most_in_ten_minutes=11,
        flood_minutes=10,
        chattering=0,
        facts=1,
        computed_at=begins,
    )


LOAD = {
    EIGHT: hour(EIGHT, told("low", 6), told("medium", 3), told("high", 1, 22), seconds=3600, running=1, since=1800),
    EIGHT + HOUR: hour(EIGHT + HOUR),
}


def test_sessions_that_run_count_until_now() -> None:
    assert session_hours(LOAD, EIGHT, EIGHT + timedelta(minutes=45)) == pytest.approx(1.25)
    assert session_hours(LOAD, EIGHT, EIGHT + timedelta(hours=5)) == pytest.approx(1.5)
    assert session_hours(LOAD, EIGHT + HOUR, EIGHT + timedelta(minutes=90)) == pytest.approx(0.5)


def test_every_target_has_its_figure() -> None:
    found = figures(LOAD, EIGHT, EIGHT + 2 * HOUR)
    assert {target.figure for target in load_targets().target} <= set(found)
    assert found["urgent_per_session_hour"] == pytest.approx(4 / 1.5)
    assert (found["high_median_seconds"], found["technical_percent"], found["high_percent"]) == (22, 10, 10)
    assert figures(LOAD, EIGHT + HOUR, EIGHT + HOUR)["urgent_per_session_hour"] is None


def test_the_table_marks_what_is_beyond_and_says_what_nobody_confirmed() -> None:
    out = io.StringIO()
    Console(file=out, width=120).print(as_table(LOAD, EIGHT + 2 * HOUR, load_targets()))
    text = out.getvalue()
    assert "22 !" in text
    assert "15 s (D)" in text
    assert "a medical director must confirm" in text
    assert [one["hour"] for one in as_json(LOAD, EIGHT, load_targets())["hours"]] == [
        "2026-03-02T08:00:00+00:00",
        "2026-03-02T09:00:00+00:00",
    ]


def test_of_nothing_it_says_so() -> None:
    assert "no alarm" in str(as_table({}, EIGHT, load_targets()))
