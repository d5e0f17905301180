"""Trends counts time beyond the limits that monitoring alarms by: two services, two files, one set of numbers."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

SERVICES = Path(__file__).parents[2] / "services"
KEYS = ("at_least", "above", "at_most", "below", "percent_over", "percent_under")
MONITORING = tomllib.loads((SERVICES / "monitoring" / "data" / "alarm_limits.toml").read_text())
TRENDS = tomllib.loads((SERVICES / "trends" / "data" / "limits.toml").read_text())
OLD_KEYS = any("absolute" in row for row in MONITORING["limit"])


def rows(table: dict[str, Any], alarms: set[str]) -> dict[tuple[str, str], dict[str, float]]:
    return {
        (row["alarm"], row["priority"]): {key: row[key] for key in KEYS if key in row}
        for row in table["limit"]
        if row["alarm"] in alarms
    }


ALARMS = {row["alarm"] for row in TRENDS["limit"]}


@pytest.mark.skipif(OLD_KEYS, reason="monitoring's limits do not say `at_least` and `below` yet")
def test_the_numbers_are_the_same() -> None:
    assert rows(TRENDS, ALARMS) == rows(MONITORING, ALARMS)


def test_a_limit_watches_the_sign_that_its_alarm_watches() -> None:
    codes = {row["id"]: row["code"] for row in MONITORING["alarm"]}
    assert {row["alarm"]: row["code"] for row in TRENDS["limit"]} == {alarm: codes[alarm] for alarm in ALARMS}


def test_a_gap_is_as_long_as_monitoring_says() -> None:
    assert TRENDS["gap"]["most_seconds"] == MONITORING["technical"]["data_gap_seconds"]
