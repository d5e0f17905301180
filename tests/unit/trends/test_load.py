"""What alarms amount to: in a session, and in the clinic's hours."""

import json
from datetime import timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.trends import rules
from tests.unit.trends.facts import (
    COUNTING,
    EIGHT,
    LIMITS,
    SESSION,
    Said,
    answered,
    changed,
    discharged,
    ended,
    followed,
    hours,
    raised,
    reading,
    started,
    summaries,
)

HOUR = timedelta(hours=1)


def test_a_priority_counts_when_it_is_told_and_is_answered_from_then_on() -> None:
    events = [raised(1, 0, "medium"), changed(1, 60, "medium", "high"), answered(1, 72, "high"), changed(1, 80, "high", "low")]
    [medium, high] = hours(events)[EIGHT].alarms
    assert (medium.priority, medium.told, medium.answered, medium.median_seconds) == ("medium", 1, 0, None)
    assert (high.priority, high.told, high.answered, high.median_seconds, high.longest_seconds) == ("high", 1, 1, 12, 12)


def test_the_first_answer_counts_and_medians_are_of_all_answers() -> None:
    events = [f for n, seconds in enumerate((10, 20, 40), 1) for f in (raised(n, n, "high"), answered(n, n + seconds, "high"))]
    [high] = hours([*events, answered(1, 300, "high")])[EIGHT].alarms
    assert (high.answered, high.median_seconds, high.longest_seconds) == (3, 20, 40)


def test_an_answer_belongs_to_the_hour_of_its_alarm() -> None:
    told = hours([raised(1, 3590, "high"), answered(1, 3610, "high")])
    assert list(told) == [EIGHT]
    assert told[EIGHT].alarms[0].median_seconds == 20


def test_three_in_a_minute_chatter_and_four_chatter_twice() -> None:
    assert hours([raised(n, n * 20, "low") for n in range(3)])[EIGHT].chattering == 1
    assert hours([raised(n, n * 15, "low") for n in range(4)])[EIGHT].chattering == 2
    assert hours([raised(n, n * 30, "low") for n in range(3)])[EIGHT].chattering == 0
    assert hours([raised(n, n * 20, "low", code=f"A{n}") for n in range(3)])[EIGHT].chattering == 0


def test_a_flood_is_more_than_ten_in_ten_minutes() -> None:
    ten = [raised(n, n * 55, "low", code=f"X{n}") for n in range(10)]
    assert (hours(ten)[EIGHT].most_in_ten_minutes, hours(ten)[EIGHT].flood_minutes) == (10, 0)
    eleven = [*ten, raised(11, 599, "low", code="X11")]
    assert hours(eleven)[EIGHT].flood_minutes == 10


def test_technical_alarms_are_counted_apart() -> None:
    told = hours([raised(1, 0, "medium", code="A16"), raised(2, 0, "medium")])[EIGHT]
    assert (told.technical, told.alarms[0].told) == (1, 2)


def test_a_sessions_time_is_cut_at_full_hours_and_a_running_one_is_told_apart() -> None:
    running = hours([started(1800)])[EIGHT]
    assert (running.running, running.running_seconds, running.session_seconds) == (1, 1800, 0)
    over = hours([started(1800), discharged(2 * 3600 + 60)])
    assert [(one.running, one.running_seconds, one.session_seconds) for one in over.values()] == [
        (0, 0, 1800),
        (0, 0, 3600),
        (0, 0, 60),
    ]
    assert list(over) == [EIGHT, EIGHT + HOUR, EIGHT + 2 * HOUR]


def test_a_session_that_never_began_has_no_hours() -> None:
    assert hours([discharged(60)]) == {}
    [told] = summaries([reading(0, sys=120), reading(30, sys=128), discharged(60)]).values()
    assert (told.started_at, told.minutes, told.signs[0].baseline, told.signs[0].most) == (None, 0, 124, 128)


def test_a_summary_tells_what_a_session_came_to() -> None:
    events = [
        reading(0, sys=118), reading(30, sys=122), started(60), reading(130, sys=170), reading(160, sys=110),
        raised(1, 130, "medium"), answered(1, 150, "medium"), ended(1, 170), discharged(60 + 3600),
    ]  # fmt: skip
    [told] = summaries(events).values()
    [sign] = told.signs
    assert (told.minutes, sign.baseline, sign.least, sign.most, sign.mean) == (60, 120, 110, 170, 140)
    assert (sign.peak_change, sign.peak_at) == (50, EIGHT + timedelta(seconds=130))
    assert {(one.alarm, one.priority): one.seconds for one in sign.beyond} == {("A1", "low"): 30, ("A1", "medium"): 30}
    assert told.alarms[0].median_seconds == 20


def test_alarms_of_a_long_day_stay_small_and_are_not_forgotten() -> None:
    facts = [f for n in range(1, 400) for f in (raised(n, n * 60, "high"), answered(n, n * 60 + n, "high"), ended(n, n * 60 + n))]
    rows, _ = followed(facts)
    [row] = rows.values()
    assert len(json.dumps(row)) < 12_000
    [high] = summaries([*facts, discharged(400 * 60)])[SESSION].alarms
    assert (high.told, high.answered, high.longest_seconds) == (399, 399, 400)


def test_a_closed_alarm_that_comes_again_counts_once() -> None:
    facts = [raised(1, 0, "high"), answered(1, 5, "high"), ended(1, 9), raised(2, 2000, "low")]
    assert str(UUID(int=1 << 96)) not in followed(facts)[0][str(SESSION)]["alarms"]
    assert hours([*facts, *facts[:3]]) == hours(facts)


TWO = UUID(int=2)
STORY = {
    "vitals": [reading(s, s_id, sys=110 + s % 89, heart=60 + s % 61) for s_id in (SESSION, TWO) for s in range(0, 3000, 20)],
    "sessions": [started(700), started(900, TWO), discharged(3100), discharged(5000, TWO)],
    "alarms": [
        raised(1, 800, "medium"), changed(1, 830, "medium", "high"), answered(1, 845, "high"), ended(1, 900),
        raised(2, 1000, "low", TWO), raised(3, 1010, "low", TWO), raised(4, 1020, "low", TWO, code="A16"),
        raised(5, 1030, "low", TWO), answered(2, 1100, "low", TWO), ended(2, 1110, TWO), ended(3, 1110, TWO),
        raised(6, 4000, "high", TWO), answered(6, 4090, "high", TWO),
    ],
}  # fmt: skip
WANTED = rules.recompute([fact for facts in STORY.values() for fact in facts], LIMITS, COUNTING)


@given(st.lists(st.tuples(st.sampled_from(sorted(STORY)), st.integers(1, 150)), max_size=40), st.permutations(sorted(STORY)))
def test_topics_read_in_any_order_with_facts_twice_equal_the_plain_computation(
    turns: list[tuple[str, int]], rest: list[str]
) -> None:
    left = {topic: list(facts) for topic, facts in STORY.items()}
    heard: list[Said] = []
    for topic, many in [*turns, *[(topic, 400) for topic in rest]]:
        taken, left[topic] = left[topic][:many], left[topic][many:]
        heard += [*taken, *taken[-1:]]
    assert len(WANTED.summaries) == 2
    assert len(WANTED.hours) == 2
    assert summaries(heard) == WANTED.summaries
    assert hours(heard) == WANTED.hours
