"""A channel fails, is silent or slow: the next is tried within five seconds, then the next person; no page is held back."""

from pathlib import Path

from services.notifications.tables import OURS
from tests.story.conftest import Opens
from tests.story.ward import EVERYBODY, Ward, at

PHONE = "+12025550123"


async def two_ways(ward: Ward, who: str = "nurse-1") -> None:
    """Somebody's first way is the spare pager, the second everybody's."""
    await ward.reach(who, ("webhook", ward.spare.address), ("webhook", ward.pager.address))


async def test_a_first_channel_that_is_down_is_followed_by_the_second_at_once(ward: Ward) -> None:
    await two_ways(ward)
    ward.spare.down = True
    await ward.raise_alarm("A7", "high")
    await ward.stage.advance(seconds=29)
    assert await ward.told() == [(0, "nurse-1", "high")]
    assert await ward.said() == [(0, "opened high"), (0, "nurse-1 not reached by webhook")]
    assert len(ward.pager.pages) == 1


async def test_a_text_without_a_receipt_is_followed_by_the_next_channel_after_five_seconds(ward: Ward) -> None:
    await ward.reach("nurse-1", ("sms", PHONE), ("webhook", ward.pager.address))
    await ward.raise_alarm("A7", "high")
    await ward.stage.advance(seconds=31)
    assert await ward.told_by() == [(0, "nurse-1", "sms"), (5, "nurse-1", "webhook"), (30, "nurse-2", "webhook")]
    assert await ward.said() == [(0, "opened high"), (5, "nurse-1 not reached by sms"), (30, "step 1: nurse-2")]


async def test_a_text_that_reached_its_phone_is_all_there_is_until_the_next_step(ward: Ward) -> None:
    await ward.reach("nurse-1", ("sms", PHONE), ("webhook", ward.pager.address))
    await ward.raise_alarm("A7", "high")
    [text] = ward.texts.texts
    await ward.stage.advance(seconds=3)
    for status in ("sent", "delivered", "delivered"):
        assert (await ward.texts.receipt(ward.outside, text, status)).status_code == 204
    await ward.stage.advance(seconds=26)
    assert await ward.told_by() == [(0, "nurse-1", "sms")]
    assert await ward.said() == [(0, "opened high"), (3, "nurse-1 reached by sms")]


async def test_a_text_that_its_provider_could_not_deliver_is_followed_at_once(ward: Ward) -> None:
    await ward.reach("nurse-1", ("sms", PHONE), ("webhook", ward.pager.address))
    await ward.raise_alarm("A7", "high")
    await ward.stage.advance(seconds=2)
    assert (await ward.texts.receipt(ward.outside, ward.texts.texts[0], "undelivered")).status_code == 204
    await ward.stage.advance(seconds=20)
    assert await ward.told_by() == [(0, "nurse-1", "sms"), (2, "nurse-1", "webhook")]


async def test_somebody_who_cannot_be_reached_at_all_is_followed_by_the_next_person_at_once(ward: Ward) -> None:
    await ward.reach("nurse-1", ("webhook", ward.spare.address))
    ward.spare.down = True
    await ward.raise_alarm("A7", "high")
    assert await ward.told() == [(0, "nurse-2", "high")]
    assert await ward.said() == [(0, "opened high"), (0, "nurse-1 not reached by webhook"), (0, "step 1: nurse-2")]


async def test_while_others_of_the_step_are_reached_nobody_else_is_disturbed(ward: Ward) -> None:
    await ward.reach("nurse-1", ("webhook", ward.spare.address))
    ward.spare.down = True
    await ward.raise_alarm("A8", "emergency")
    await ward.stage.advance(seconds=14)
    assert await ward.told() == at(0, "charge-1", "dr-lee", "nurse-2", priority="emergency")


async def test_when_no_pager_works_at_all_everybody_is_tried_again_when_their_time_comes(ward: Ward) -> None:
    ward.pager.down = True
    await ward.raise_alarm("A7", "high")
    assert await ward.told() == []
    missed = [text for _, text in await ward.said() if "not reached" in text]
    once = [f"{who} not reached by webhook" for who in ("nurse-1", "nurse-2", "dr-lee")]
    assert (missed[:3], sorted(missed[3:])) == (once, [f"{who} not reached by webhook" for who in EVERYBODY])
    await ward.stage.advance(seconds=10)
    ward.pager.down = False
    await ward.stage.advance(seconds=111)
    assert await ward.told() == [(30, "nurse-2", "high"), (60, "dr-lee", "high"), *at(120, *EVERYBODY)]


async def test_an_emergency_that_reaches_nobody_on_duty_reaches_the_director_at_once(ward: Ward) -> None:
    for who in EVERYBODY:
        await ward.reach(who, ("webhook", ward.spare.address))
    ward.spare.down = True
    await ward.raise_alarm("A8", "emergency")
    await ward.stage.advance(seconds=14)
    assert await ward.told() == [(0, "director-1", "emergency")]


async def test_a_channel_that_failed_is_tried_last_by_the_next_page_and_first_again_when_its_time_is_over(opens: Opens) -> None:
    async with opens(circuit_failures=1, circuit_open_seconds=30) as ward:
        await two_ways(ward)
        ward.spare.down = True
        await ward.raise_alarm("A7", "high", session=1)
        await ward.answers("nurse-1")
        ward.spare.down = False
        await ward.stage.advance(seconds=29)
        await ward.raise_alarm("A7", "high", session=3, chair=1)
        await ward.answers("nurse-1")
        assert (len(ward.pager.pages), len(ward.spare.pages)) == (2, 0)
        await ward.stage.advance(seconds=1)
        await ward.raise_alarm("A7", "high", session=4, chair=1)
        assert (len(ward.pager.pages), len(ward.spare.pages)) == (2, 1)
        assert [text for _, text in await ward.said() if "not reached" in text] == ["nurse-1 not reached by webhook"]


async def test_with_every_channel_given_up_a_high_page_is_tried_at_once_and_a_medium_one_when_there_is_hope(opens: Opens) -> None:
    async with opens(circuit_failures=1, circuit_open_seconds=30) as ward:
        for who in EVERYBODY:
            await ward.reach(who, ("webhook", ward.spare.address))
        ward.spare.down = True
        first = await ward.raise_alarm("A1", "medium", session=2)
        await ward.end(first)
        ward.spare.down = False
        await ward.stage.advance(seconds=10)
        await ward.raise_alarm("A1", "medium", session=1)
        assert await ward.told() == [], "the second nurse is told in two minutes anyway"
        await ward.raise_alarm("A7", "high", session=2)
        assert await ward.told() == [(10, "nurse-2", "high")]
        await ward.stage.advance(seconds=29)
        assert await ward.told() == [(10, "nurse-2", "high"), (30, "nurse-1", "medium")]


async def test_a_clinic_may_have_all_channels_tried_together(opens: Opens, tmp_path: Path) -> None:
    own = tmp_path / "policies.toml"
    high = 'name = "high"\n'
    own.write_text(OURS.read_text().replace(high, f'{high}ways = "in parallel"\n'))
    async with opens(policies=own) as ward:
        await ward.reach("nurse-1", ("sms", PHONE), ("webhook", ward.pager.address), ("webhook", ward.spare.address))
        await ward.raise_alarm("A7", "high", session=1)
        assert await ward.told_by() == [(0, "nurse-1", "sms"), (0, "nurse-1", "webhook"), (0, "nurse-1", "webhook")]
        await ward.answers("nurse-1")
        ward.spare.down = True
        await ward.stage.advance(seconds=10)
        await ward.raise_alarm("A7", "high", session=3, chair=1)
        await ward.stage.advance(seconds=29)
        assert (await ward.told_by())[3:] == [(10, "nurse-1", "sms"), (10, "nurse-1", "webhook")]
        assert "step 1: nurse-2" not in [text for _, text in await ward.said()], "one of them has reached her"


async def test_a_clinic_may_be_quicker_than_we_ask(opens: Opens, tmp_path: Path) -> None:
    own = tmp_path / "policies.toml"
    second = 'ladder = "high"\nafter_seconds = 30\n'
    own.write_text(OURS.read_text().replace(second, second.replace("30", "15")))
    async with opens(policies=own) as ward:
        await ward.raise_alarm("A7", "high")
        await ward.stage.advance(seconds=59)
        assert await ward.told() == [(0, "nurse-1", "high"), (15, "nurse-2", "high")]
