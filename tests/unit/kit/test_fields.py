"""Fields: `false` is no heart rate, 0 no date."""

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from kit.fields import Instant, Number, Text, WholeNumber


@pytest.mark.parametrize(
    ("kind", "given"), [(Number, 205), (Number, 36.6), (WholeNumber, 205), (WholeNumber, 205.0), (Text, "é\n")]
)
def test_what_is_taken(kind: Any, given: Any) -> None:
    assert TypeAdapter(kind).validate_python(given) == given


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        *((Number, bad) for bad in (False, True, "36.6", None, float("nan"), float("inf"))),
        *((WholeNumber, bad) for bad in (False, "205", 205.5, 2**63)),
        *(
            (Instant, bad)
            for bad in (
                0,
                1.5,
                "1700000000",
                "2026-03-02T08:00:00",
                False,
                "",
                "0001-01-01T00:00:00+01:00",
                "9999-12-31T23:59:59Z",
            )
        ),
        (Text, "a\0b"),
    ],
)
def test_what_is_refused(kind: Any, given: Any) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(kind).validate_python(given)


def test_an_instant_keeps_its_offset_and_a_number_its_schema() -> None:
    assert TypeAdapter(Instant).validate_python("2026-03-02T09:00:00+01:00") == datetime(2026, 3, 2, 8, tzinfo=UTC)
    assert TypeAdapter(Number).json_schema() == {"type": "number"}
