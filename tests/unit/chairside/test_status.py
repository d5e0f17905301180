"""What `chairside status` says of the promise."""

from typing import Any

from chairside.commands.status import in_words

NOTHING = {"p50": None, "p95": None, "max": None}
QUIET: dict[str, Any] = {
    "judged": 0,
    "kept": 0,
    "unanswered": 0,
    "told": NOTHING,
    "answered": NOTHING,
    "faults_open": {},
    "untended": 0,
    "ways_out": ["apprise"],
    "heartbeat": True,
}


def test_a_quiet_day() -> None:
    assert in_words(QUIET) == [
        "Alarms of the last day: 0 askings about high ones, 0 told in time, 0 unanswered.",
        "Faults open: none; nobody takes care of 0.",
    ]


def test_a_bad_day_without_a_way_out() -> None:
    bad = QUIET | {
        "judged": 2,
        "kept": 1,
        "unanswered": 1,
        "told": {"p50": 0.1, "p95": 9, "max": 9},
        "faults_open": {"unanswered": 1},
        "untended": 1,
        "ways_out": [],
        "heartbeat": False,
    }
    said = in_words(bad)
    assert "Told after 0.1 s (half), 9.0 s (p95), 9.0 s at most." in said
    assert "Faults open: unanswered 1; nobody takes care of 1." in said
    assert sum("CHAIRSIDE_AUDITOR_" in line for line in said) == 2
