"""The PHQ-9, as a table a clinician can read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake import tables
from services.intake.rules.phq9 import score

N = None
TABLE = [
    # answers                      total  severity              signal
    ([1, 2, 1, 2, 1, 1, 0, 0, 1], 9, "mild", "same contact"),
    ([3] * 9, 27, "severe", "now"),
    ([0] * 9, 0, "none-minimal", None),
    ([1, 1, 1, 1, 0, 0, 0, 0, 0], 4, "none-minimal", None),
    ([1, 1, 1, 1, 1, 0, 0, 0, 0], 5, "mild", None),
    ([2, 2, 2, 2, 2, 0, 0, 0, 0], 10, "moderate", None),
    ([3, 3, 3, 3, 3, 0, 0, 0, 0], 15, "moderately severe", None),
    ([3, 3, 3, 3, 3, 3, 2, 0, 0], 20, "severe", None),
    ([1, 1, 1, 1, 1, 1, 1, N, 1], 9, "mild", "same contact"),  # one missing is prorated
    ([1, 1, 1, 1, 1, 1, N, N, 1], None, "incomplete", "same contact"),  # two are too many; the signal does not wait
    ([3, 3, 3, 3, 3, 3, 3, 3, N], None, "incomplete", None),  # a safety item is never prorated
    ([N, N, N, N, N, N, N, N, 3], None, "incomplete", "now"),
]


@pytest.mark.parametrize(("answers", "total", "severity", "signal"), TABLE)
def test_phq9(answers: list[int | None], total: int | None, severity: str, signal: str | None) -> None:
    found = score(answers, tables.phq9())
    assert (found.total, found.severity, found.signal.urgency if found.signal else None) == (total, severity, signal)


@given(st.lists(st.one_of(st.none(), st.integers(0, 3)), min_size=9, max_size=9))
def test_any_answer_above_zero_to_item_9_is_signalled(answers: list[int | None]) -> None:
    assert (score(answers, tables.phq9()).signal is not None) == bool(answers[8])
