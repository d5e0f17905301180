"""What moves a page of several alarms: begin, tell again, go on, rest, close; and what an answer covers."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from schemas.monitoring.alarms import Priority
from schemas.notifications.pages import AnsweredAlarm
from services.notifications.rules.paging import Item, Move, asked, asking, covered, next_move, shown

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def item(number: int, priority: Priority, *, told: bool = True, answered: bool = False, ended: bool = False) -> Item:
    one = Item(f"alarm {number}", UUID(int=number), f"A{number}", "t", priority, AT + timedelta(seconds=number), told)
    if answered:
        one.answered(UUID(int=99), "nurse-1", AT)
    one.ended = ended
    return one


MOVES: list[tuple[str, list[Item], list[Item], Move]] = [
    ("a first alarm", [], [item(1, "medium", told=False)], "begin"),
    ("nothing new", [item(1, "medium")], [item(1, "medium")], "nothing"),
    ("it rises", [item(1, "medium")], [item(1, "high", told=False)], "begin"),
    ("a higher one joins", [item(1, "medium")], [item(1, "medium"), item(2, "high", told=False)], "begin"),
    ("a high one joins a high one", [item(1, "high")], [item(1, "high"), item(2, "high", told=False)], "tell again"),
    ("a high one joins an emergency", [item(1, "emergency")], [item(1, "emergency"), item(2, "high", told=False)], "tell again"),
    ("a medium one joins a high one", [item(1, "high")], [item(1, "high"), item(2, "medium", told=False)], "nothing"),
    ("a medium one joins a medium one", [item(1, "medium")], [item(1, "medium"), item(2, "medium", told=False)], "tell again"),
    ("answered", [item(1, "high")], [item(1, "high", answered=True)], "rest"),
    ("one of two answered", [item(1, "high"), item(2, "high")], [item(1, "high", answered=True), item(2, "high")], "nothing"),
    (
        "the high one answered, a medium one known",
        [item(1, "high"), item(2, "medium")],
        [item(1, "high", answered=True), item(2, "medium")],
        "go on",
    ),
    (
        "the high one answered, a medium one nobody was told of",
        [item(1, "high"), item(2, "medium", told=False)],
        [item(1, "high", answered=True), item(2, "medium", told=False)],
        "begin",
    ),
    ("it falls", [item(1, "emergency")], [item(1, "medium")], "go on"),
    ("an answer lapses", [item(1, "high", answered=True)], [item(1, "high", told=False)], "begin"),
    (
        "another after an answer",
        [item(1, "high", answered=True)],
        [item(1, "high", answered=True), item(2, "medium", told=False)],
        "begin",
    ),
    ("over", [item(1, "high", answered=True)], [item(1, "high", ended=True)], "close"),
    ("over unanswered", [item(1, "medium")], [item(1, "medium", ended=True)], "close"),
    ("one over, one answered", [item(1, "high"), item(2, "high", answered=True)], [item(2, "high", answered=True)], "rest"),
    ("an answered one falls", [item(1, "high", answered=True)], [item(1, "medium", answered=True)], "nothing"),
]


@pytest.mark.parametrize(("before", "now", "move"), [row[1:] for row in MOVES], ids=[row[0] for row in MOVES])
def test_moves(before: list[Item], now: list[Item], move: Move) -> None:
    assert next_move(asking(before), asking(now)) == move


def test_an_answer_covers_what_was_shown_at_its_priority_and_no_more() -> None:
    high, medium = item(1, "high"), item(2, "medium")
    seen = [AnsweredAlarm(alarm_id=UUID(int=2), priority="medium")]
    assert covered([high, medium], seen).items == (medium,)
    assert covered([high, medium], None).items == (high, medium)
    assert covered([high, medium], shown([high, medium])).items == (high, medium)
    risen = [AnsweredAlarm(alarm_id=UUID(int=1), priority="medium")]
    assert covered([high], risen).refusal == "more urgent now"
    fallen = [AnsweredAlarm(alarm_id=UUID(int=2), priority="high")]
    assert covered([medium], fallen).items == (medium,)
    assert covered([high], []).refusal == "more urgent now"
    assert covered([item(1, "high", answered=True)], seen).refusal == "already answered"
    assert covered([item(1, "high", ended=True)], seen).refusal == "over"


def test_what_is_no_alarm_is_answered_by_any_answer() -> None:
    signal = Item("signal 1", None, "", "t", "high", AT)
    assert covered([signal], []).items == (signal,)


def test_the_most_urgent_comes_first_then_the_oldest() -> None:
    items = [item(3, "medium"), item(2, "high"), item(1, "high"), item(4, "emergency", answered=True)]
    assert [one.source for one in asked(items)] == ["alarm 1", "alarm 2", "alarm 3"]
