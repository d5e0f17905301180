"""The judge of a page: about an alarm, heard by somebody, proven to have arrived."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.auditor.rules.facts import Fact
from services.auditor.rules.paging import judge_page
from tests.unit.auditor.words import ALARM, PAGE, TABLE, ZERO, at, closed, of_page, opened, sent, taken

COURSES: dict[str, tuple[list[Fact], bool, float, list[tuple[str, float, float | None]]]] = {
    "an ordinary page": ([opened(0), sent(0.1, 0), taken(20), closed(50)], True, 500, []),
    "about no alarm": ([opened(0), sent(0.1, 0)], False, 500, [("no such alarm", 5, None)]),
    "about no alarm, so far": ([opened(0), sent(0.1, 0)], False, 4, []),
    "a safety page is about none": ([opened(0, subject="safety")], False, 500, []),
    "somebody is told of a page that never opened": ([sent(0.1, 0)], True, 500, [("no such page", 5.1, None)]),
    "a step tells nobody": (
        [opened(0), sent(0.1, 0), of_page("escalated", 30, step=1, told=1), sent(60.1, 2)],
        True,
        500,
        [("told nobody", 35, 60.1)],
    ),
    "a step that nobody is on duty for says so": (
        [opened(0), sent(0.1, 0), of_page("escalated", 30, step=1), sent(60.1, 2)],
        True,
        500,
        [],
    ),
    "an SMS with its receipt": (
        [opened(0), sent(0.1, 0, medium="sms"), of_page("delivered", 4, medium="sms")],
        True,
        500,
        [],
    ),
    "an SMS without one": ([opened(0), sent(0, 0, medium="sms")], True, 500, [("delivery unproven", 35, None)]),
    "an SMS without one, not yet": ([opened(0), sent(0, 0, medium="sms")], True, 34, []),
    "a receipt of somebody else": (
        [opened(0), sent(0, 0, medium="sms"), of_page("delivered", 4, staff="nurse-2", medium="sms")],
        True,
        500,
        [("delivery unproven", 35, None)],
    ),
    "a receipt that comes late": (
        [opened(0), sent(0, 0, medium="voice"), of_page("delivered", 50, medium="voice")],
        True,
        500,
        [("delivery unproven", 35, 50)],
    ),
    "one that the provider says did not arrive": (
        [opened(0), sent(0, 0, medium="sms"), of_page("failed", 6, medium="sms")],
        True,
        500,
        [],
    ),
    "answered: somebody has it": ([opened(0), sent(0, 0, medium="sms"), taken(20)], True, 500, []),
    "chat gives no receipts": ([opened(0), sent(0, 0, medium="chat")], True, 500, []),
    "a medium page is not judged": ([opened(0, "medium"), sent(0, 0, "medium", medium="sms")], False, 5000, []),
}


@pytest.mark.parametrize("course", COURSES)
def test_what_is_wrong_with_a_page(course: str) -> None:
    facts, said, until, expected = COURSES[course]
    verdict = judge_page(PAGE, facts, {ALARM} if said else set(), TABLE, at(until))
    found = [
        (one.kind, (one.due_at - ZERO).total_seconds(), (one.mended_at - ZERO).total_seconds() if one.mended_at else None)
        for one in verdict.missed
    ]
    assert found == expected


@pytest.mark.parametrize("course", COURSES)
@given(data=st.data())
def test_any_order_and_any_repetition_gives_the_same_verdict(course: str, data: st.DataObject) -> None:
    facts, said, until, _ = COURSES[course]
    known = {ALARM} if said else set()
    shuffled = data.draw(st.permutations([*facts, *data.draw(st.lists(st.sampled_from(facts), max_size=3))]))
    assert judge_page(PAGE, shuffled, known, TABLE, at(until)) == judge_page(PAGE, facts, known, TABLE, at(until))
