"""The auditor's ceilings are its own copy of clinical 4.9: what notifications pages by may be quicker, never slower."""

import tomllib
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

SERVICES = Path(__file__).parents[2] / "services"
POLICY = tomllib.loads((SERVICES / "notifications" / "data" / "escalation.toml").read_text())
CEILINGS = tomllib.loads((SERVICES / "auditor" / "data" / "ceilings.toml").read_text())
PRIORITIES = ("emergency", "high", "medium")


def slower(policy: dict[str, Any], ceilings: dict[str, Any]) -> Iterator[str]:
    """Where a policy is slower than the ceilings, or leaves somebody out whom they name."""
    for priority in PRIORITIES:
        steps = [row for row in policy["step"] if row["ladder"] == priority]
        rows = [row for row in ceilings["ceiling"] if row["priority"] == priority]
        for number, row in enumerate(rows):
            if len(steps) <= number or steps[number]["after_seconds"] > row["after_seconds"]:
                yield f"{priority}: step {number} is later than {row['after_seconds']} s"
            told = {whom for step in steps if step["after_seconds"] <= row["after_seconds"] for whom in step["tell"]}
            if left := set(row["tell"]) - told:
                yield f"{priority}: {', '.join(sorted(left))} is not told by {row['after_seconds']} s"
        if f"{priority}_seconds" in ceilings["lapse"]:
            most = ceilings["lapse"][f"{priority}_seconds"]
            if not policy["lapse"].get(f"{priority}_seconds", float("inf")) <= most:
                yield f"{priority}: an answer holds longer than {most} s"


def test_notifications_pages_no_slower_than_the_auditor_allows() -> None:
    assert list(slower(POLICY, CEILINGS)) == []


@pytest.mark.parametrize(
    ("ladder", "number", "change"),
    [
        ("high", 1, {"after_seconds": 31}),
        ("emergency", 3, {"after_seconds": 90}),
        ("high", 2, {"tell": ["bedside nurse"]}),
        ("emergency", 3, {"tell": ["all staff"]}),
    ],
)
def test_a_looser_policy_is_seen(ladder: str, number: int, change: dict[str, Any]) -> None:
    policy = deepcopy(POLICY)
    [row for row in policy["step"] if row["ladder"] == ladder][number].update(change)
    assert list(slower(policy, CEILINGS))


def test_a_longer_lapse_and_a_ladder_without_its_last_step_are_seen() -> None:
    longer, shorter = deepcopy(POLICY), deepcopy(POLICY)
    longer["lapse"]["high_seconds"] = 301
    last = [row for row in shorter["step"] if row["ladder"] == "high"][-1]
    shorter["step"].remove(last)
    assert list(slower(longer, CEILINGS)) == ["high: an answer holds longer than 300 s"]
    assert list(slower(shorter, CEILINGS))


def test_a_quicker_policy_is_allowed() -> None:
    policy = deepcopy(POLICY)
    policy["lapse"]["high_seconds"] = 60
    for row in policy["step"]:
        row["after_seconds"] /= 2
    assert list(slower(policy, CEILINGS)) == []


def test_the_ceilings_are_those_of_clinical_4_9() -> None:
    times = {p: [row["after_seconds"] for row in CEILINGS["ceiling"] if row["priority"] == p] for p in PRIORITIES}
    assert times == {"emergency": [0, 15, 30, 60], "high": [0, 30, 60, 120], "medium": [0, 120, 300]}
    assert (CEILINGS["lapse"]["emergency_seconds"], CEILINGS["lapse"]["high_seconds"]) == (120, 300)
