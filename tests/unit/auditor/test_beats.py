"""Who lives, what the watchers know, and what is said outside."""

from datetime import timedelta
from uuid import UUID

import pytest

from services.auditor.rules.beats import Beat, fresh, said_on_the_wall, silent, unpaged, unpublished
from services.auditor.rules.judge import Missed
from services.auditor.rules.saying import body, changes, due_to_say
from services.auditor.rules.words import SAID_OUTSIDE, SILENCE, WHAT, message
from tests.unit.auditor.words import ALARM, OTHER, at

LIMIT, MINUTE = timedelta(seconds=30), timedelta(minutes=1)


def beat(seconds: float, *alarms: UUID) -> Beat:
    return Beat(at(seconds), at(seconds), frozenset(alarms))


@pytest.mark.parametrize(
    ("beats", "listening_since", "now", "is_fresh", "is_silent"),
    [
        ([beat(0)], 0, 30, True, False),
        ([beat(0)], 0, 31, False, True),
        ([], 0, 30, False, False),
        ([], 0, 31, False, True),
        ([beat(0)], 100, 120, False, False),
        ([beat(0)], 100, 131, False, True),
    ],
    ids=["young", "old", "none yet", "none for long", "old, but we were away", "old, and we are back for long"],
)
def test_who_lives(beats: list[Beat], listening_since: float, now: float, is_fresh: bool, is_silent: bool) -> None:
    assert fresh(beats, at(now), LIMIT) is is_fresh
    assert silent(beats, at(listening_since), at(now), LIMIT) is is_silent


def test_a_beat_that_was_old_when_it_came_is_old_on_the_wall() -> None:
    assert said_on_the_wall(at(0), at(600), at(1000), 60) == at(990)
    assert said_on_the_wall(at(5), at(0), at(1000), 1) == at(1000), "a clock that is ahead gives no future"


def test_an_alarm_that_two_beats_name_and_nobody_said() -> None:
    assert unpublished([beat(0, ALARM)], set()) == set(), "it may be on its way"
    assert unpublished([beat(0, ALARM), beat(10, ALARM)], set()) == {ALARM}
    assert unpublished([beat(0, ALARM), beat(10, ALARM)], {ALARM}) == set()
    assert unpublished([beat(0), beat(10, ALARM)], set()) == set()
    assert unpublished([beat(0, ALARM), beat(10)], set()) == set(), "it is over"


def test_an_alarm_that_stands_and_two_beats_do_not_name() -> None:
    assert unpaged([beat(10)], {ALARM: at(0)}) == set()
    assert unpaged([beat(10), beat(20)], {ALARM: at(0), OTHER: at(15)}) == {ALARM}
    assert unpaged([beat(10, ALARM), beat(20)], {ALARM: at(0)}) == set()


def test_what_was_never_said_is_said_and_the_rest_again_after_a_minute() -> None:
    assert due_to_say({}, at(0), MINUTE) == ([], None)
    assert due_to_say({ALARM: None}, at(0), MINUTE) == ([ALARM], at(60))
    assert due_to_say({ALARM: at(0), OTHER: None}, at(20), MINUTE) == ([OTHER], at(60))
    assert due_to_say({ALARM: at(0), OTHER: at(20)}, at(60), MINUTE) == ([ALARM], at(80))


def test_a_message_of_many_says_how_many_more() -> None:
    assert body([str(number) for number in range(10)]).count("\n") == 9
    assert body([str(number) for number in range(13)]).endswith("\nand 3 more")


def test_a_message_says_what_a_page_may_say() -> None:
    text = message("North", "high", 3, "systolic pressure high", at(0), "nobody told")
    assert text == "North: HIGH chair 3, systolic pressure high, since 08:00 UTC: nobody was told in time"
    assert message("North", "high", None, "", at(0), "monitoring silent") == (
        "North: HIGH, since 08:00 UTC: monitoring gives no sign of life"
    )


def test_every_silence_is_said_outside() -> None:
    assert set(WHAT) > SAID_OUTSIDE > SILENCE


def test_what_a_new_verdict_changes() -> None:
    one = Missed("nobody told", "a", at(5), "high")
    right = Missed("nobody told", "a", at(5), "high", at(9))
    assert changes({}, [one], at(10)) == ([one], [])
    assert changes({"a": None}, [one], at(10)) == ([], [])
    assert changes({"a": None}, [right], at(10)) == ([], [("a", at(9))])
    assert changes({"a": None}, [], at(10)) == ([], [("a", at(10))]), "later facts say that it was right all the time"
    assert changes({"a": at(9)}, [right], at(10)) == ([], [])
    assert changes({"a": at(9)}, [one], at(10)) == ([one], []), "it is wrong again"
    assert changes({}, [right], at(10)) == ([right], []), "found late, and right already"
