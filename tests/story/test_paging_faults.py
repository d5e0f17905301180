"""What could lose a page, or tell it twice: a restart, an absence, facts that come twice or out of time."""

from kit import clock
from tests.story.ward import EVERYBODY, Ward, at


async def test_a_restart_in_the_middle_of_a_ladder_loses_no_step_and_repeats_none(ward: Ward) -> None:
    await ward.raise_alarm("A7", "high")
    await ward.stage.advance(seconds=10)
    await ward.stage.stop("notifications")
    await ward.stage.start("notifications")
    await ward.stage.advance(seconds=35)
    await ward.stage.stop("notifications")
    await ward.stage.advance(seconds=5)
    await ward.stage.start("notifications")
    await ward.stage.advance(seconds=71)
    assert await ward.told() == [
        (0, "nurse-1", "high"),
        (30, "nurse-2", "high"),
        (60, "dr-lee", "high"),
        *at(120, *EVERYBODY),
    ]


async def test_after_three_minutes_away_all_who_should_have_been_told_are_told_at_once(ward: Ward) -> None:
    await ward.raise_alarm("A7", "high")
    await ward.stage.advance(seconds=10)
    await ward.stage.stop("notifications")
    await ward.stage.advance(minutes=3)
    await ward.stage.start("notifications")
    assert await ward.told() == [(0, "nurse-1", "high"), *at(190, *EVERYBODY)]
    await ward.stage.advance(seconds=51)
    assert await ward.told() == [(0, "nurse-1", "high"), *at(190, *EVERYBODY), *at(240, *EVERYBODY)]


async def test_an_alarm_that_nobody_heard_is_told_as_soon_as_somebody_listens(ward: Ward) -> None:
    await ward.stage.stop("notifications")
    first = await ward.raise_alarm("A1", "medium")
    await ward.raise_alarm("A7", "high", session=2)
    await ward.end(first)
    await ward.stage.advance(seconds=20)
    await ward.stage.start("notifications")
    await ward.stage.advance(seconds=31)
    told = [one for one in await ward.told() if one[2] == "high"]
    # The ladder counts from the alarm's beginning, not from when somebody listened.
    assert told == [(20, "nurse-2", "high"), (30, "nurse-1", "high")]
    assert sorted(page["state"] for page in await ward.pages()) == ["closed", "open"]


async def test_an_answer_that_grew_old_while_nobody_looked_pages_anew_at_once(ward: Ward) -> None:
    await ward.raise_alarm("A7", "high")
    await ward.stage.advance(seconds=10)
    await ward.answers("nurse-1")
    await ward.stage.stop("notifications")
    await ward.stage.advance(seconds=390)
    await ward.stage.start("notifications")
    await ward.stage.advance(seconds=31)
    assert await ward.told() == [(0, "nurse-1", "high"), (400, "nurse-1", "high"), (430, "nurse-2", "high")]


async def test_a_link_from_before_a_restart_answers_after_it(ward: Ward) -> None:
    await ward.raise_alarm("A7", "high")
    link = ward.link("nurse-1")
    await ward.stage.stop("notifications")
    await ward.stage.start("notifications")
    assert (await ward.press(link)).status_code == 200
    await ward.stage.advance(seconds=299)
    assert await ward.told() == [(0, "nurse-1", "high")]


async def test_a_fact_that_comes_again_tells_nobody_again(ward: Ward) -> None:
    alarm = await ward.raise_alarm("A7", "high")
    raised, envelope_id = ward.raised(alarm), clock.new_id()
    await ward.say(raised, envelope_id=envelope_id, times=3)
    await ward.say(raised)
    await ward.stage.advance(seconds=10)
    await ward.answers("nurse-1")
    await ward.say(raised)
    await ward.stage.advance(seconds=100)
    assert await ward.told() == [(0, "nurse-1", "high")]
    assert await ward.said() == [(0, "opened high"), (10, "nurse-1 answered by link for high")]


async def test_an_answer_or_an_end_that_comes_after_the_end_does_nothing(ward: Ward) -> None:
    alarm = await ward.raise_alarm("A7", "high")
    await ward.stage.advance(seconds=10)
    await ward.end(alarm)
    await ward.acknowledged_at_bedside(alarm)
    await ward.end(alarm)
    await ward.stage.advance(minutes=20)
    assert await ward.told() == [(0, "nurse-1", "high")]
    assert await ward.said() == [(0, "opened high"), (10, "closed: ended")]


async def test_an_answer_that_was_given_when_it_was_less_urgent_stops_nothing(ward: Ward) -> None:
    alarm = await ward.raise_alarm("A7", "medium")
    await ward.stage.advance(seconds=20)
    await ward.priority(alarm, "high")
    await ward.acknowledged_at_bedside(alarm, priority="medium")
    await ward.stage.advance(seconds=31)
    assert await ward.told() == [(0, "nurse-1", "medium"), (20, "nurse-1", "high"), (50, "nurse-2", "high")]


async def test_a_priority_that_changes_before_we_heard_of_the_alarm_pages_all_the_same(ward: Ward) -> None:
    await ward.stage.stop("notifications")
    alarm = await ward.raise_alarm("A7", "low")
    await ward.stage.start("notifications")
    await ward.priority(alarm, "high")
    await ward.stage.advance(seconds=31)
    assert await ward.told() == [(0, "nurse-1", "high"), (30, "nurse-2", "high")]


async def test_an_alarm_of_no_session_pages_for_itself_and_asks_whoever_is_there(ward: Ward) -> None:
    first = await ward.raise_alarm("A7", "high", session=None)
    await ward.raise_alarm("A8", "high", session=None)
    await ward.end(first)
    await ward.stage.advance(seconds=59)
    assert await ward.told() == at(0, "nurse-1", "nurse-1")
    assert sorted(page["state"] for page in await ward.pages()) == ["closed", "open"]


async def test_the_beat_names_each_high_alarm_in_hand_until_it_is_over(ward: Ward) -> None:
    await ward.raise_alarm("A1", "medium", session=2)
    high = await ward.raise_alarm("A7", "high", session=1)
    kept = await ward.beat()
    assert (kept.pages_open, kept.open_high) == (2, (high.alarm_id,))
    await ward.answers("nurse-1")
    kept = await ward.beat()
    assert (kept.pages_open, kept.open_high) == (1, (high.alarm_id,)), "answered is not over"
    await ward.end(high)
    kept = await ward.beat()
    assert (kept.pages_open, kept.open_high) == (1, ())
    await ward.stage.stop("notifications")
    await ward.stage.start("notifications")
    assert (await ward.beat()).pages_open == 1
