"""A demonstration begins on the next working morning that the clinic's clock has not passed."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiokafka import ConsumerRecord

from chairside.commands.demo import next_morning
from chairside.view.feed import in_order


@pytest.mark.parametrize(
    ("now", "begins"),
    [
        ("2026-11-24T06:00", "2026-11-24T07:45"),  # Tuesday, early
        ("2026-11-24T09:00", "2026-11-25T07:45"),
        ("2026-11-27T12:00", "2026-11-30T07:45"),  # Friday noon, so Monday
        ("2026-11-28T01:00", "2026-11-30T07:45"),
    ],
)
def test_the_next_working_morning(tmp_path: Path, now: str, begins: str) -> None:
    assert next_morning(tmp_path, instant(now)) == instant(begins)


def test_the_clock_never_goes_back(tmp_path: Path) -> None:
    (tmp_path / "clock.json").write_text(json.dumps({"reached": "2026-12-02T10:00:00+00:00"}))
    assert next_morning(tmp_path, instant("2026-11-24T06:00")) == instant("2026-12-03T07:45")


def test_records_are_read_by_their_stamps_and_in_the_order_of_their_partition() -> None:
    first, second = [record(0, 5, 100), record(0, 6, 90)], [record(1, 3, 95)]
    assert [(r.partition, r.offset) for r in in_order([first, second])] == [(1, 3), (0, 5), (0, 6)]


def record(partition: int, offset: int, stamp: int) -> "ConsumerRecord[bytes, bytes]":
    return ConsumerRecord("t", partition, offset, stamp, 0, None, None, None, 0, 0, ())


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
