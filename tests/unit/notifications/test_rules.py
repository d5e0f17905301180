"""Who is told at which step, and when: the ladders of clinical 4.9 as a table."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from kit.tables import TableRefused, read_table
from schemas.monitoring.alarms import Priority
from services.notifications import tables
from services.notifications.rules.people import Member, anybody, whom
from services.notifications.rules.policy import Escalation, Step, due, lapses_at, reached, step_at
from services.notifications.rules.texts import LONGEST, Line, fitting, page_text

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
LADDERS: list[tuple[str, list[tuple[float, set[str]]]]] = [
    # a page about chair 1        seconds, and who is told then
    ("medium", [(0, {"nurse-1"}), (120, {"nurse-2"}), (300, {"dr-lee"})]),
    ("high", [(0, {"nurse-1"}), (30, {"nurse-2"}), (60, {"dr-lee"}), (120, ALL)]),
    ("emergency", [(0, ALL), (15, ALL), (30, {"charge-1"}), (60, {"director-1"})]),
    (
        "suicide risk in the chair",
        [(0, {"nurse-1", "dr-lee"}), (30, {"nurse-2"}), (60, {"dr-lee", "director-1"}), (120, ALL)],
    ),
]
NAMES = [ladder.name for ladder in tables.escalation().ladder]


@pytest.mark.parametrize(("name", "steps"), LADDERS, ids=[name for name, _ in LADDERS])
def test_the_ladders(name: str, steps: list[tuple[float, set[str]]]) -> None:
    ladder = tables.escalation().steps(name)
    found = [
        ((due(ladder, SINCE, n) - SINCE).total_seconds(), set(whom(step_at(ladder, n).tell, 1, STAFF)))
        for n in range(len(ladder))
    ]
    assert found == steps


@pytest.mark.parametrize("name", NAMES)
def test_beyond_its_last_step_a_ladder_goes_on_asking(name: str) -> None:
    ladder = tables.escalation().steps(name)
    times = [due(ladder, SINCE, number) for number in range(len(ladder) + 5)]
    assert times == sorted(set(times))
    assert step_at(ladder, len(ladder) + 5) == ladder[-1]
    assert [reached(ladder, SINCE, at) for at in times] == list(range(len(ladder) + 5))
    assert reached(ladder, SINCE, times[2] - timedelta(seconds=1)) == 1


def test_a_suicide_risk_signal_asks_a_prescriber_first() -> None:
    assert whom(tables.escalation().steps("safety")[0].tell, None, STAFF) == ["dr-lee"]


def test_where_nobody_is_on_duty_somebody_is_told_all_the_same() -> None:
    asleep = [Member(member.staff_id, member.role, False, member.chairs) for member in STAFF]
    for name in NAMES:
        last = tables.escalation().steps(name)[-1]
        assert whom(last.tell, 1, asleep) == []
        assert anybody(last.tell, asleep)


def test_an_advisory_pages_nobody_and_an_alarm_may_have_a_ladder_of_its_own() -> None:
    policies = tables.escalation()
    assert policies.ladder_of("alarm", "low") is None
    for code, name in (("A7", "high"), ("SUICIDE-RISK", "suicide risk in the chair")):
        ladder = policies.ladder_of("alarm", "high", code)
        assert ladder is not None
        assert ladder.name == name
    assert (policies.alone("A7"), policies.alone("SUICIDE-RISK")) == (False, True)


@pytest.mark.parametrize(("priority", "seconds"), [("emergency", 120), ("high", 300), ("medium", None)])
def test_an_answer_grows_old(priority: Priority, seconds: float | None) -> None:
    at = lapses_at(tables.escalation().lapse, priority, SINCE)
    assert at == (SINCE + timedelta(seconds=seconds) if seconds else None)


def test_a_page_says_no_more_than_it_may() -> None:
    low = Line("high", "oxygen saturation low", SINCE)
    high = Line("medium", "blood pressure high", SINCE + timedelta(minutes=2))
    assert page_text("North", 3, [low]) == "North chair 3: HIGH oxygen saturation low, since 08:00 UTC"
    both = "North chair 3: HIGH oxygen saturation low, since 08:00; MEDIUM blood pressure high, since 08:02 UTC"
    assert page_text("North", 3, [low, high]) == both
    assert len(page_text("x" * 24, 200, [low])) <= 160


def test_a_page_shows_as_many_alarms_as_a_text_message_holds_and_at_least_one() -> None:
    lines = [Line("medium", f"alarm number {n} of many", SINCE) for n in range(9)]
    many = fitting("North", 3, lines)
    assert len(page_text("North", 3, lines[:many])) <= LONGEST < len(page_text("North", 3, lines[: many + 1]))
    assert fitting("North", 3, [Line("medium", "x" * 300, SINCE)]) == 1


# --- a clinic's own policies ---


def own(tmp_path: Path, *changes: tuple[str, str]) -> Path:
    """A clinic's file: ours, with changes."""
    text = tables.OURS.read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    file = tmp_path / "own.toml"
    file.write_text(text)
    return file


STEP = '[[step]]\nladder = "{}"\nafter_seconds = {}\ntell = {}\n'


def test_a_clinic_may_tighten(tmp_path: Path) -> None:
    changes = [
        (STEP.format("high", 30, '["second nurse"]'), STEP.format("high", 20, '["second nurse", "charge nurse"]')),
        ("high_seconds = 300", "high_seconds = 120"),
    ]
    policies = tables.escalation(own(tmp_path, *changes))
    assert [step.after_seconds for step in policies.steps("high")] == [0, 20, 60, 120]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            STEP.format("high", 30, '["second nurse"]'),
            STEP.format("high", 45, '["second nurse"]'),
            "high: second nurse must be told 30 s after the beginning at the latest",
        ),
        (
            STEP.format("high", 60, '["prescriber"]'),
            STEP.format("high", 60, '["charge nurse"]'),
            "high: prescriber must be told 60 s after the beginning at the latest",
        ),
        ("high_seconds = 300", "high_seconds = 301", "lapse.high_seconds: an answer holds for 300 s at most, not 301"),
        (
            'subject = "safety"\npriority = "high"\nanswered_by = ["prescriber", "medical director"]',
            'subject = "safety"\npriority = "high"',
            "safety: only prescriber, medical director may answer",
        ),
        (
            STEP.format("medium", 300, '["prescriber"]'),
            STEP.format("medium", 300, '["second nurse"]'),
            "the ladder 'medium' may end in nobody",
        ),
        (
            STEP.format("medium", 0, '["bedside nurse"]'),
            STEP.format("medium", 1, '["bedside nurse"]'),
            "the ladder 'medium' needs steps in order, the first at 0",
        ),
        ('name = "medium"\nsubject', 'name = "middle"\nsubject', "a step is of the ladder 'medium', which is none"),
        ('priority = "medium"', 'priority = "low"', "an advisory pages nobody"),
        (
            STEP.format("high", 120, '["all staff"]'),
            STEP.format("high", 120, '["all staff"]')
            + 'source = "own"\nevidence = "D"\n'
            + STEP.format("high", 600, '["all staff"]'),
            "its last step is repeated every 480 s, 60 at most",
        ),
    ],
)
def test_what_would_loosen_or_leave_a_gap_is_refused(tmp_path: Path, old: str, new: str, told: str) -> None:
    with pytest.raises(TableRefused) as refused:
        tables.escalation(own(tmp_path, (old, new)))
    assert told in str(refused.value)


def test_a_step_that_tells_nobody_is_none() -> None:
    with pytest.raises(ValidationError):
        Step(ladder="high", after_seconds=0, tell=(), source="test", evidence="D")
    assert read_table(tables.OURS, Escalation).steps("high")
