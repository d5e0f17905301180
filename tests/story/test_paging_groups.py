"""Several alarms of one session: one page asks about all of them, the most urgent leads, and each is answered for itself."""

from tests.story.ward import EVERYBODY, Ward, at


async def test_a_higher_alarm_joins_the_sessions_page_and_the_ladder_begins_anew(ward: Ward) -> None:
    await ward.raise_alarm("A1", "medium")
    await ward.stage.advance(seconds=65)
    await ward.raise_alarm("A7", "high")
    await ward.stage.advance(seconds=61)
    assert await ward.told() == [
        (0, "nurse-1", "medium"),
        (65, "nurse-1", "high"),
        (95, "nurse-2", "high"),
        (125, "dr-lee", "high"),
    ]
    assert (await ward.said())[:2] == [(0, "opened medium"), (65, "joined by high")]
    text = "North chair 1: HIGH oxygen saturation low, since 08:01; MEDIUM blood pressure high, since 08:00 UTC"
    assert ward.pager.pages[1]["text"] == text
    assert len(await ward.pages()) == 1


async def test_a_second_high_alarm_is_told_to_all_who_were_told_of_the_first_and_the_ladder_goes_on(ward: Ward) -> None:
    await ward.raise_alarm("A7", "high")
    await ward.stage.advance(seconds=40)
    await ward.raise_alarm("A8", "high")
    await ward.stage.advance(seconds=81)
    assert await ward.told() == [
        (0, "nurse-1", "high"),
        (30, "nurse-2", "high"),
        *at(40, "nurse-1", "nurse-2"),
        (60, "dr-lee", "high"),
        *at(120, *EVERYBODY),
    ]


async def test_a_medium_alarm_waits_behind_a_high_one_and_is_told_when_that_is_answered(ward: Ward) -> None:
    await ward.raise_alarm("A7", "high")
    await ward.stage.advance(seconds=10)
    await ward.raise_alarm("A1", "medium")
    await ward.stage.advance(seconds=10)
    await ward.outside.post(ward.link("nurse-1"))  # for the one alarm that her page told of
    await ward.stage.advance(seconds=121)
    assert await ward.told() == [(0, "nurse-1", "high"), (20, "nurse-1", "medium"), (140, "nurse-2", "medium")]
    assert ward.pager.pages[1]["text"] == "North chair 1: MEDIUM blood pressure high, since 08:00 UTC"
    assert await ward.said() == [
        (0, "opened high"),
        (10, "joined by medium"),
        (20, "nurse-1 answered by link for high"),
        (140, "step 1: nurse-2"),
    ]


async def test_a_card_that_shows_both_alarms_answers_both(ward: Ward) -> None:
    await ward.raise_alarm("A7", "high")
    await ward.raise_alarm("A1", "medium")
    await ward.stage.advance(seconds=10)
    await ward.answers("nurse-1")
    await ward.stage.advance(seconds=299)
    assert await ward.told() == [(0, "nurse-1", "high")]
    assert (await ward.said())[2:] == [(10, "nurse-1 answered by link for high, medium")]


async def test_an_answer_to_the_older_page_leaves_the_newer_alarm_asked(ward: Ward) -> None:
    await ward.raise_alarm("A7", "high")
    older = ward.link("nurse-1")
    await ward.stage.advance(seconds=10)
    await ward.raise_alarm("A8", "high")
    assert (await ward.outside.post(older)).status_code == 200
    await ward.stage.advance(seconds=51)
    assert await ward.told() == [
        (0, "nurse-1", "high"),
        (10, "nurse-1", "high"),
        (30, "nurse-2", "high"),
        (60, "dr-lee", "high"),
    ]
    texts = [page["text"] for page in ward.pager.pages]
    assert texts[1] == "North chair 1: HIGH oxygen saturation low, since 08:00; HIGH breathing slow, since 08:00 UTC"
    assert texts[2:] == ["North chair 1: HIGH breathing slow, since 08:00 UTC"] * 2


async def test_an_alarm_that_comes_after_an_answer_pages_for_itself(ward: Ward) -> None:
    await ward.raise_alarm("A7", "high")
    await ward.stage.advance(seconds=10)
    await ward.answers("nurse-1")
    await ward.stage.advance(seconds=10)
    await ward.raise_alarm("A8", "high")
    await ward.stage.advance(seconds=5)
    await ward.answers("nurse-1")
    await ward.stage.advance(seconds=286)
    assert await ward.told() == [(0, "nurse-1", "high"), (20, "nurse-1", "high"), (310, "nurse-1", "high")]
    texts = [page["text"] for page in ward.pager.pages]
    assert texts[1:] == [
        "North chair 1: HIGH breathing slow, since 08:00 UTC",
        "North chair 1: HIGH oxygen saturation low, since 08:00 UTC",
    ], "each answer grows old for itself"


async def test_an_emergency_beside_an_answered_alarm_calls_everybody(ward: Ward) -> None:
    await ward.raise_alarm("A7", "high")
    await ward.stage.advance(seconds=10)
    await ward.answers("nurse-1")
    await ward.stage.advance(seconds=30)
    await ward.raise_alarm("A8", "emergency")
    assert await ward.told() == [(0, "nurse-1", "high"), *at(40, *EVERYBODY, priority="emergency")]


async def test_an_answered_alarm_that_becomes_an_emergency_calls_everybody(ward: Ward) -> None:
    alarm = await ward.raise_alarm("A7", "high")
    await ward.stage.advance(seconds=10)
    await ward.answers("nurse-1")
    await ward.stage.advance(seconds=30)
    await ward.priority(alarm, "emergency")
    await ward.stage.advance(seconds=16)
    assert await ward.told() == [
        (0, "nurse-1", "high"),
        *at(40, *EVERYBODY, priority="emergency"),
        *at(55, *EVERYBODY, priority="emergency"),
    ]


async def test_when_the_high_one_ends_the_medium_one_goes_on_by_its_own_ladder(ward: Ward) -> None:
    await ward.raise_alarm("A1", "medium")
    await ward.stage.advance(seconds=20)
    high = await ward.raise_alarm("A7", "high")
    await ward.stage.advance(seconds=10)
    await ward.acknowledged_at_bedside(high)
    await ward.end(high)
    await ward.stage.advance(seconds=111)
    assert await ward.told() == [(0, "nurse-1", "medium"), (20, "nurse-1", "high"), (140, "nurse-2", "medium")]
    assert [page["state"] for page in await ward.pages()] == ["open"]


async def test_the_last_alarms_end_closes_the_page_and_a_relapse_opens_another(ward: Ward) -> None:
    first, second = await ward.raise_alarm("A1", "medium"), await ward.raise_alarm("A5", "medium")
    await ward.stage.advance(seconds=60)
    await ward.end(first)
    assert [page["state"] for page in await ward.pages()] == ["open"]
    await ward.end(second)
    await ward.stage.advance(minutes=30)
    both = at(0, "nurse-1", "nurse-1", priority="medium")
    assert await ward.told() == both
    await ward.raise_alarm("A1", "medium")
    await ward.stage.advance(seconds=121)
    assert await ward.told() == [*both, (1860, "nurse-1", "medium"), (1980, "nurse-2", "medium")]
    assert [page["state"] for page in await ward.pages()] == ["open", "closed"]


async def test_an_alarm_that_becomes_less_urgent_goes_on_by_the_gentler_ladder(ward: Ward) -> None:
    alarm = await ward.raise_alarm("A7", "high")
    await ward.stage.advance(seconds=130)
    await ward.priority(alarm, "medium")
    await ward.stage.advance(seconds=171)
    assert await ward.told() == [
        (0, "nurse-1", "high"),
        (30, "nurse-2", "high"),
        (60, "dr-lee", "high"),
        *at(120, *EVERYBODY),
        (300, "dr-lee", "medium"),
    ]


async def test_an_answered_alarm_that_becomes_less_urgent_stays_answered_and_lapses_no_more(ward: Ward) -> None:
    alarm = await ward.raise_alarm("A7", "high")
    await ward.answers("nurse-1")
    await ward.stage.advance(seconds=40)
    await ward.priority(alarm, "medium")
    await ward.stage.advance(minutes=60)
    assert await ward.told() == [(0, "nurse-1", "high")]


async def test_an_alarm_that_becomes_an_advisory_closes_the_page(ward: Ward) -> None:
    alarm = await ward.raise_alarm("A1", "medium")
    await ward.stage.advance(seconds=40)
    await ward.priority(alarm, "low")
    await ward.stage.advance(minutes=60)
    assert await ward.told() == [(0, "nurse-1", "medium")]
    assert await ward.said() == [(0, "opened medium"), (40, "closed: lowered")]


async def test_two_sessions_have_two_pages_and_an_answer_is_for_one(ward: Ward) -> None:
    await ward.raise_alarm("A7", "high", session=1)
    await ward.raise_alarm("A7", "high", session=2)
    await ward.stage.advance(seconds=10)
    await ward.answers("nurse-1")
    await ward.stage.advance(seconds=51)
    # The nurse of chair 1 is the second nurse of chair 2.
    assert await ward.told() == [
        *at(0, "nurse-1", "nurse-2"),
        (30, "nurse-1", "high"),
        (60, "dr-lee", "high"),
    ]
