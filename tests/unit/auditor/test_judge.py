"""The judge of an alarm: what was said when, and what that comes to. A clinician can read the table."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.auditor.rules.calls import standing
from services.auditor.rules.facts import Fact
from services.auditor.rules.judge import Verdict, judge
from tests.unit.auditor.words import (
    ALARM,
    EMERGENCY,
    LADDER,
    OTHER,
    SECOND,
    TABLE,
    ZERO,
    answered,
    at,
    changed,
    cleared,
    closed,
    ended,
    lapsed,
    opened,
    raised,
    sent,
    taken,
)

START = [raised(0), opened(0)]

Found = tuple[str, float, float | None]
"""What was missed, when it was due, and when it was mended: seconds since the alarm."""

COURSES: dict[str, tuple[list[Fact], float, list[Found]]] = {
    "told at once and answered": ([*START, sent(0.1, 0), answered(12), ended(40)], 500, []),
    "told within the allowance": ([*START, sent(5, 0), answered(12), ended(40)], 500, []),
    "every step in time, answered at the last": ([*START, *LADDER, answered(150), ended(151)], 500, []),
    "nobody is told, so far": (START, 6, [("nobody told", 5, None)]),
    "nobody is told and it is not time yet": (START, 4.9, []),
    "told late": ([*START, sent(9, 0), answered(12), ended(20)], 500, [("nobody told", 5, 9)]),
    "a step is skipped": (
        [*START, sent(0.1, 0), sent(60.1, 2), sent(120.1, 3), answered(121), ended(122)],
        500,
        [("not passed on", 35, 60.1)],
    ),
    "a step is late": ([*START, sent(0.1, 0), sent(50, 1), answered(55), ended(60)], 500, [("not passed on", 35, 50)]),
    "a quicker policy keeps the ceilings": (
        [*START, sent(0.1, 0), sent(10, 1), sent(20, 2), sent(30, 3), answered(100), ended(100)],
        500,
        [],
    ),
    "a first step that nobody is on duty for is passed on at once": ([*START, sent(0.1, 1), answered(34), ended(40)], 500, []),
    "everybody told, nobody answers": ([*START, *LADDER], 500, [("unanswered", 185, None)]),
    "nobody answers for long": ([*START, *LADDER, answered(300), ended(301)], 1000, [("unanswered", 185, 300)]),
    "it becomes less urgent before the next step": ([*START, sent(0.1, 0), changed(20, "medium")], 500, []),
    "it counts from when it qualified": (
        [raised(10, since=0), opened(10), sent(10.1, 0), answered(12), ended(20)],
        500,
        [("nobody told", 5, 10.1)],
    ),
    "readings took their time: it is judged when somebody could have been told": ([raised(10, since=0)], 14, []),
    "told in time, to the very second": ([*START, sent(5, 0), answered(35), ended(40)], 35, []),
    "late readings count from when it was raised": (
        [raised(600, since=0, late=True), sent(600.1, 0), answered(610), ended(620)],
        2000,
        [],
    ),
    "a monitor whose clock is ahead": ([raised(0, since=4), sent(0.1, 0), answered(3), ended(3)], 500, []),
    "a page that shows it as less urgent does not count": (
        [*START, sent(0.1, 0, "medium"), answered(20), ended(30)],
        500,
        [("nobody told", 5, 20)],
    ),
    "a page about another alarm does not count": (
        [*START, sent(0.1, 0, alarm=OTHER), answered(20), ended(30)],
        500,
        [("nobody told", 5, 20)],
    ),
    "it rises: told anew": (
        [raised(0, "medium"), sent(0.1, 0, "medium"), changed(100, "high"), sent(100.1, 0), answered(110), ended(120)],
        500,
        [],
    ),
    "it rises after an answer: the answer does not cover it": (
        [*START, sent(0.1, 0), answered(10), changed(20, "emergency")],
        26,
        [("nobody told", 25, None)],
    ),
    "an emergency is quicker": (
        [raised(0, "emergency"), sent(0.1, 0, "emergency")],
        36,
        [("not passed on", 20, None), ("not passed on", 35, None)],
    ),
    "an emergency, every step in time": ([raised(0, "emergency"), *EMERGENCY, answered(80, "emergency"), ended(81)], 500, []),
    "an emergency's first page tells everybody whom a high one's last does": (
        [*START, sent(0.1, 0), sent(20, 0, "emergency", shown="high"), answered(170), ended(171)],
        500,
        [],
    ),
    "an emergency becomes high: its later steps are a high one's": (
        [raised(0, "emergency"), *EMERGENCY[:2], changed(18, "high"), sent(121, 3), answered(130), ended(131)],
        500,
        [],
    ),
    "a second answer while it stands begins its five minutes anew": (
        [*START, sent(0.1, 0), answered(10), answered(200), answered(450), ended(460)],
        2000,
        [],
    ),
    "an answer for less does not count": (
        [raised(0, "medium"), changed(1, "high"), sent(1.1, 0), answered(10, "medium")],
        40,
        [("answered for less", 36, None)],
    ),
    "an answer on a page counts for the alarms it names": ([*START, sent(0.1, 0), taken(10), ended(100)], 500, []),
    "an answer on a page for another alarm does not count": (
        [*START, sent(0.1, 0), taken(10, alarm=OTHER)],
        40,
        [("not passed on", 35, None)],
    ),
    "the answer lapses and paging begins again": (
        [*START, sent(0.1, 0), answered(10), lapsed(310), sent(310.2, 0), answered(330), ended(340)],
        2000,
        [],
    ),
    "the answer never lapses": ([*START, sent(0.1, 0), answered(10)], 320, [("not paged again", 315, None)]),
    "a lapse that is said and not paged": (
        [*START, sent(0.1, 0), answered(10), lapsed(310)],
        320,
        [("not paged again", 315, None)],
    ),
    "a clinic lets it lapse sooner, and pages": (
        [*START, sent(0.1, 0), answered(10), lapsed(100), sent(100.1, 0), answered(120), ended(140)],
        2000,
        [],
    ),
    "the answer holds when the condition is over": ([*START, sent(0.1, 0), answered(10), cleared(100)], 2000, []),
    "it is over before the answer lapses": ([*START, sent(0.1, 0), answered(10), ended(100)], 2000, []),
    "an emergency's answer lapses after two minutes": (
        [raised(0, "emergency"), sent(0.1, 0, "emergency"), answered(10, "emergency")],
        140,
        [("not paged again", 135, None)],
    ),
    "its page is closed while it stands": (
        [*START, sent(0.1, 0), answered(3), closed(20), ended(200)],
        500,
        [("closed too soon", 25, 200)],
    ),
    "its page is closed and another takes its place": (
        [*START, sent(0.1, 0), answered(3), closed(20), opened(22, page=SECOND), ended(200)],
        500,
        [],
    ),
    "its page is closed with it": ([*START, sent(0.1, 0), answered(3), ended(20), closed(20)], 500, []),
    "it is never a high one": ([raised(0, "medium"), changed(10, "low"), ended(20)], 500, []),
    "only its pages are known": ([opened(0), sent(0.1, 0)], 500, []),
}


def found(verdict: Verdict) -> list[Found]:
    return [
        (one.kind, (one.due_at - ZERO).total_seconds(), (one.mended_at - ZERO).total_seconds() if one.mended_at else None)
        for one in verdict.missed
    ]


@pytest.mark.parametrize("course", COURSES)
def test_what_was_missed(course: str) -> None:
    facts, until, expected = COURSES[course]
    assert found(judge(ALARM, facts, TABLE, at(until))) == expected


def test_how_an_asking_went_is_told_once_nothing_can_change_it() -> None:
    facts = [*START, sent(0.5, 0), sent(30.5, 1), answered(40), ended(50)]
    assert judge(ALARM, facts, TABLE, at(44)).audits == ()
    assert judge(ALARM, facts, TABLE, at(44)).next_at == at(45.001)
    [audit] = judge(ALARM, facts, TABLE, at(46)).audits
    assert (audit.told_after, audit.answered_after, audit.passed_on, audit.kept) == (0.5, 40, True, True)


def test_each_lapse_is_an_asking_of_its_own() -> None:
    facts = [*START, sent(0.1, 0), answered(10), sent(310.1, 0), answered(320), sent(620.1, 0), answered(630), ended(640)]
    audits = judge(ALARM, facts, TABLE, at(2000)).audits
    assert [(a.call.because, a.told_after, a.answered_after) for a in audits] == [
        ("raised", pytest.approx(0.1), 10),
        ("lapsed", pytest.approx(0.1), 10),
        ("lapsed", pytest.approx(0.1), 10),
    ]


def test_the_next_instant_to_judge_is_the_next_that_can_be_missed() -> None:
    assert judge(ALARM, START, TABLE, at(0)).next_at == at(5.001)
    assert judge(ALARM, [*START, sent(0.1, 0)], TABLE, at(6)).next_at == at(35.001)
    held = [*START, sent(0.1, 0), answered(10)]
    assert judge(ALARM, held, TABLE, at(20)).next_at == at(315.001)
    assert judge(ALARM, [*held, ended(50)], TABLE, at(60)).next_at is None


def test_a_clinic_whose_clock_runs_quicker_has_the_same_wall_seconds_to_tell() -> None:
    assert judge(ALARM, [*START, sent(200, 3)], TABLE, at(299), rate=60).missed == ()
    assert found(judge(ALARM, START, TABLE, at(301), rate=60)) == [("nobody told", 300, None)]


@pytest.mark.parametrize("course", COURSES)
@given(data=st.data())
def test_any_order_and_any_repetition_gives_the_same_verdict(course: str, data: st.DataObject) -> None:
    facts, until, _ = COURSES[course]
    shuffled = data.draw(st.permutations([*facts, *data.draw(st.lists(st.sampled_from(facts), max_size=4))]))
    assert judge(ALARM, shuffled, TABLE, at(until)) == judge(ALARM, facts, TABLE, at(until))


SOME = st.one_of(
    st.builds(raised, st.integers(0, 400), st.sampled_from(("low", "medium", "high", "emergency"))),
    st.builds(changed, st.integers(0, 400), st.sampled_from(("low", "medium", "high", "emergency"))),
    st.builds(sent, st.integers(0, 400), st.integers(0, 4), st.sampled_from(("medium", "high", "emergency"))),
    st.builds(answered, st.integers(0, 400), st.sampled_from(("medium", "high", "emergency"))),
    st.builds(taken, st.integers(0, 400)),
    st.builds(closed, st.integers(0, 400)),
    *(st.builds(kind, st.integers(0, 400)) for kind in (lapsed, cleared, ended, opened)),
)


def walked(facts: Sequence[Fact]) -> set[tuple[str, float]]:
    """What is found by waking at each instant that the judge asks for, as a timer does."""
    instant: float | None = 0.0
    seen: set[tuple[str, float]] = set()
    while instant is not None and instant < 3000:
        verdict = judge(ALARM, facts, TABLE, at(instant))
        seen |= {(one.key, (one.due_at - ZERO).total_seconds()) for one in verdict.missed}
        later = (verdict.next_at - ZERO).total_seconds() if verdict.next_at else None
        assert later is None or later > instant, "it never asks for an instant that is over"
        instant = later
    return seen


@given(st.lists(SOME, max_size=25))
def test_waking_when_asked_finds_what_looking_once_finds(facts: list[Fact]) -> None:
    final = judge(ALARM, facts, TABLE, at(2999))
    assert {(one.key, (one.due_at - ZERO).total_seconds()) for one in final.missed} <= walked(facts)


@given(st.lists(SOME, max_size=25), st.integers(0, 1500))
def test_what_was_missed_stays_missed(facts: list[Fact], until: int) -> None:
    early = {one.key for one in judge(ALARM, facts, TABLE, at(until)).missed}
    assert early <= {one.key for one in judge(ALARM, facts, TABLE, at(until + 1000)).missed}


@given(st.lists(SOME, max_size=25))
def test_a_high_alarm_that_nobody_was_told_of_is_always_found(facts: list[Fact]) -> None:
    untold = [fact for fact in facts if fact.what != "sent"]
    course = standing(ALARM, untold, TABLE)
    missed = {one.key for one in judge(ALARM, untold, TABLE, at(100_000)).missed}
    for call in course.calls:
        if call.begins == call.applies and (call.ends is None or (call.ends - call.begins).total_seconds() > 5):
            assert f"{ALARM} {call.begins.isoformat()} {call.priority} step 0" in missed
