"""Who is told at which step, and when: the ladders of clinical 4.9 as a table."""

from datetime import UTC, datetime, timedelta

import pytest

from schemas.monitoring.alarms import Priority
from services.notifications import tables
from services.notifications.rules.people import Member, anybody, whom
from services.notifications.rules.policy import Ladder, due, ladder_of, lapses_at, step_at
from services.notifications.rules.texts import page_text

SINCE = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
STAFF = [
    Member("charge-1", "charge nurse", True),
    Member("director-1", "medical director", True),
    Member("dr-lee", "prescriber", True),
    Member("dr-off", "prescriber", False),
    Member("nurse-1", "nurse", True, frozenset({1, 2})),
    Member("nurse-2", "nurse", True, frozenset({3})),
]
ALL = {member.staff_id for member in STAFF if member.on_duty}
LADDERS: list[tuple[Ladder, list[tuple[float, set[str]]]]] = [
    # a page about chair 1        seconds, and who is told then
    ("medium", [(0, {"nurse-1"}), (120, {"nurse-2"}), (300, {"dr-lee"})]),
    ("high", [(0, {"nurse-1"}), (30, {"nurse-2"}), (60, {"dr-lee"}), (120, ALL)]),
    ("emergency", [(0, ALL), (15, ALL), (30, {"charge-1"}), (60, {"director-1"})]),
]


@pytest.mark.parametrize(("name", "steps"), LADDERS, ids=[name for name, _ in LADDERS])
def test_the_ladders(name: Ladder, steps: list[tuple[float, set[str]]]) -> None:
    ladder = tables.escalation().ladder(name)
    found = [
        ((due(ladder, SINCE, n) - SINCE).total_seconds(), set(whom(step_at(ladder, n).tell, 1, STAFF)))
        for n in range(len(ladder))
    ]
    assert found == steps


@pytest.mark.parametrize("name", ["emergency", "high", "medium", "safety", "dead letter"])
def test_beyond_its_last_step_a_ladder_goes_on_asking(name: Ladder) -> None:
    ladder = tables.escalation().ladder(name)
    times = [due(ladder, SINCE, number) for number in range(len(ladder) + 5)]
    assert times == sorted(set(times))
    assert step_at(ladder, len(ladder) + 5) == ladder[-1]


def test_a_suicide_risk_signal_asks_a_prescriber_first() -> None:
    assert whom(tables.escalation().ladder("safety")[0].tell, None, STAFF) == ["dr-lee"]


def test_where_nobody_is_on_duty_somebody_is_told_all_the_same() -> None:
    asleep = [Member(member.staff_id, member.role, False, member.chairs) for member in STAFF]
    for name in ("emergency", "high", "medium", "safety", "dead letter"):
        last = tables.escalation().ladder(name)[-1]
        assert whom(last.tell, 1, asleep) == []
        assert anybody(last.tell, asleep)


def test_an_advisory_pages_nobody() -> None:
    assert ladder_of("alarm", "low") is None


@pytest.mark.parametrize(("priority", "seconds"), [("emergency", 120), ("high", 300), ("medium", None)])
def test_an_answer_grows_old(priority: Priority, seconds: float | None) -> None:
    at = lapses_at(tables.escalation().lapse, priority, SINCE)
    assert at == (SINCE + timedelta(seconds=seconds) if seconds else None)


def test_a_page_says_no_more_than_it_may() -> None:
    assert (
        page_text("North", 3, "high", "oxygen saturation low", SINCE)
        == "North chair 3: HIGH oxygen saturation low, since 08:00 UTC"
    )
    assert len(page_text("x" * 24, 200, "emergency", "oxygen saturation low", SINCE)) <= 160
