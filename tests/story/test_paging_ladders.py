"""Nobody answers: who is told, and when, at each priority, until the very end of the ladder and beyond."""

from tests.story.conftest import Opens
from tests.story.ward import EVERYBODY, Ward, at, card_of


async def test_a_medium_alarm_asks_the_bedside_nurse_then_the_second_at_two_minutes_and_the_prescriber_at_five(
    ward: Ward,
) -> None:
    await ward.raise_alarm("A1", "medium")
    await ward.stage.advance(minutes=12)
    assert await ward.told() == [
        (0, "nurse-1", "medium"),
        (120, "nurse-2", "medium"),
        (300, "dr-lee", "medium"),
        (480, "dr-lee", "medium"),
        (660, "dr-lee", "medium"),
    ]


async def test_a_high_alarm_has_everybody_running_after_two_minutes_and_goes_on_every_minute(ward: Ward) -> None:
    await ward.raise_alarm("A7", "high")
    await ward.stage.advance(seconds=241)
    assert await ward.told() == [
        (0, "nurse-1", "high"),
        (30, "nurse-2", "high"),
        (60, "dr-lee", "high"),
        *at(120, *EVERYBODY),
        *at(180, *EVERYBODY),
        *at(240, *EVERYBODY),
    ]
    assert await ward.said() == [
        (0, "opened high"),
        (30, "step 1: nurse-2"),
        (60, "step 2: dr-lee"),
        *[(second, f"step {n}: {', '.join(EVERYBODY)}") for n, second in ((3, 120), (4, 180), (5, 240))],
    ]
    assert ward.pager.pages[0]["text"] == "North chair 1: HIGH oxygen saturation low, since 08:00 UTC"


async def test_an_emergency_calls_everybody_at_once_and_again_then_the_charge_nurse_and_the_director(ward: Ward) -> None:
    await ward.raise_alarm("A8", "emergency")
    await ward.stage.advance(seconds=121)
    assert await ward.told() == [
        *at(0, *EVERYBODY, priority="emergency"),
        *at(15, *EVERYBODY, priority="emergency"),
        (30, "charge-1", "emergency"),
        (60, "director-1", "emergency"),
        (90, "director-1", "emergency"),
        (120, "director-1", "emergency"),
    ]


async def test_an_advisory_pages_nobody_until_it_is_more(ward: Ward) -> None:
    alarm = await ward.raise_alarm("A1", "low")
    await ward.stage.advance(minutes=60)
    assert (await ward.told(), await ward.pages()) == ([], [])
    await ward.priority(alarm, "medium")
    await ward.stage.advance(seconds=119)
    assert await ward.told() == [(3600, "nurse-1", "medium")]


async def test_a_chair_that_is_nobodys_asks_the_next_nurse_at_once(ward: Ward) -> None:
    await ward.raise_alarm("A7", "high", chair=7)
    await ward.stage.advance(seconds=119)
    assert await ward.told() == [(0, "nurse-1", "high"), (60, "dr-lee", "high")]
    assert await ward.said() == [
        (0, "opened high"),
        (0, "step 0: nobody is there"),
        (0, "step 1: nurse-1"),
        (60, "step 2: dr-lee"),
    ]


async def test_a_nurse_alone_is_followed_by_the_charge_nurse(opens: Opens) -> None:
    async with opens(on_duty=("nurse-1", "charge-1")) as ward:
        await ward.raise_alarm("A7", "high")
        await ward.stage.advance(seconds=61)
        # No prescriber is there: whoever is next is told in her stead.
        assert await ward.told() == [(0, "nurse-1", "high"), (30, "charge-1", "high"), *at(60, "charge-1", "nurse-1")]


async def test_with_nobody_on_duty_or_on_call_all_who_work_here_are_told(opens: Opens) -> None:
    async with opens(on_duty=(), on_call=False) as ward:
        await ward.raise_alarm("A7", "high")
        all_of_them = ("nurse-1", "nurse-2", "charge-1", "dr-lee", "director-1")
        await ward.stage.advance(seconds=181)
        assert await ward.told() == [*at(0, *all_of_them), *at(180, *all_of_them)]


async def test_a_patient_at_risk_in_the_chair_is_the_prescribers_and_no_nurse_stops_the_paging(ward: Ward) -> None:
    alarm = await ward.raise_alarm("SUICIDE-RISK", "high")
    refused = await ward.outside.post(ward.link("nurse-1"))
    assert (refused.status_code, card_of(refused).split(".")[0]) == (403, "A prescriber must answer this")
    await ward.stage.advance(seconds=61)
    await ward.answers("dr-lee")
    await ward.stage.advance(seconds=299)
    told = [
        *at(0, "dr-lee", "nurse-1"),
        (30, "nurse-2", "high"),
        *at(60, "director-1", "dr-lee"),
    ]
    assert await ward.told() == told

    # The patient is still there: the prescriber's answer grows old as any other.
    await ward.stage.advance(seconds=2)
    assert await ward.told() == [*told, *at(361, "dr-lee", "nurse-1")]
    await ward.answers("dr-lee")
    await ward.end(alarm)
    await ward.stage.advance(minutes=30)
    assert [page["state"] for page in await ward.pages()] == ["closed"]
    assert await ward.told() == [*told, *at(361, "dr-lee", "nurse-1")]


async def test_a_patient_at_risk_has_a_page_apart_from_the_sessions_others(ward: Ward) -> None:
    await ward.raise_alarm("A1", "medium")
    await ward.raise_alarm("SUICIDE-RISK", "high")
    answered = await ward.press(ward.link("nurse-1", priority="medium"))
    assert answered.status_code == 200, "the other one is any nurse's to answer"
    await ward.stage.advance(seconds=121)
    assert await ward.told() == [
        *at(0, "dr-lee", "nurse-1"),
        (0, "nurse-1", "medium"),
        (30, "nurse-2", "high"),
        *at(60, "director-1", "dr-lee"),
        *at(120, *EVERYBODY),
    ]


async def test_a_signal_is_the_prescribers_and_after_five_minutes_the_charge_nurses_and_the_directors(ward: Ward) -> None:
    await ward.signal()
    await ward.stage.advance(seconds=901)
    assert await ward.told() == [
        (0, "dr-lee", "high"),
        *at(300, "charge-1", "director-1"),
        *at(600, "charge-1", "director-1"),
        *at(900, "charge-1", "director-1"),
    ]


async def test_a_signal_is_never_closed_by_time_but_by_a_prescriber_who_says_what_became_of_it(ward: Ward) -> None:
    await ward.signal()
    [page] = await ward.pages()
    path, what = f"/pages/{page['page_id']}/resolution", {"what": "seen, safety plan made"}
    early = await ward.api("dr-lee").post(path, json=what)
    assert (early.status_code, early.json()["title"]) == (409, "Nobody has answered it")
    await ward.stage.advance(seconds=20)
    await ward.answers("dr-lee")
    await ward.stage.advance(minutes=24 * 60)
    assert [page["state"] for page in await ward.pages()] == ["answered"]
    refused = await ward.api("nurse-1").post(path, json=what)
    assert (refused.status_code, refused.json()["title"]) == (403, "Somebody of another role must answer")
    done = await ward.api("dr-lee").post(path, json=what)
    assert done.status_code == 204, done.text
    await ward.stage.settle()
    assert await ward.said() == [
        (0, "opened high"),
        (20, "dr-lee answered by link for what it asks"),
        (86420, "resolved by dr-lee"),
        (86420, "closed: ended"),
    ]
    assert await ward.told() == [(0, "dr-lee", "high")]
