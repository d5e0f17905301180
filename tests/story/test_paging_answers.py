"""Somebody answers, or cannot come: by link, at the bedside, by text, at a screen; and what looks like an answer and is none."""

import asyncio
from datetime import timedelta

from kit.auth import sign_link
from kit.clock import wall
from services.notifications.jobs import AnswerLink
from tests.story.conftest import SECRET
from tests.story.ward import EVERYBODY, Ward, at, card_of

PHONE = "+12025550123"


async def test_an_answer_brings_silence_and_five_minutes_later_a_high_alarm_that_stands_pages_anew(ward: Ward) -> None:
    alarm = await ward.raise_alarm("A7", "high")
    await ward.stage.advance(seconds=20)
    await ward.answers("nurse-1")
    await ward.stage.advance(seconds=299.9)
    assert await ward.told() == [(0, "nurse-1", "high")]
    await ward.stage.advance(seconds=30.1)
    assert await ward.told() == [(0, "nurse-1", "high"), (320, "nurse-1", "high"), (350, "nurse-2", "high")]
    await ward.answers("nurse-2")
    await ward.end(alarm)
    await ward.stage.advance(minutes=60)
    assert await ward.said() == [
        (0, "opened high"),
        (20, "nurse-1 answered by link for high"),
        (320, "the answer for high lapsed"),
        (350, "step 1: nurse-2"),
        (350, "nurse-2 answered by link for high"),
        (350, "closed: ended"),
    ]
    assert len(await ward.told()) == 3


async def test_an_answer_to_an_emergency_holds_for_two_minutes(ward: Ward) -> None:
    await ward.raise_alarm("A8", "emergency")
    await ward.stage.advance(seconds=10)
    await ward.answers("charge-1")
    await ward.stage.advance(seconds=134)
    assert await ward.told() == [
        *at(0, *EVERYBODY, priority="emergency"),
        *at(130, *EVERYBODY, priority="emergency"),
    ]


async def test_an_answer_to_a_medium_alarm_holds_for_as_long_as_it_stands(ward: Ward) -> None:
    alarm = await ward.raise_alarm("A1", "medium")
    await ward.stage.advance(seconds=30)
    await ward.answers("nurse-1")
    await ward.stage.advance(minutes=8 * 60)
    await ward.end(alarm)
    assert await ward.told() == [(0, "nurse-1", "medium")]
    assert await ward.said() == [
        (0, "opened medium"),
        (30, "nurse-1 answered by link for medium"),
        (28830, "closed: ended"),
    ]


async def test_an_answer_at_the_bedside_stops_the_paging_and_grows_old_as_any_other(ward: Ward) -> None:
    alarm = await ward.raise_alarm("A7", "high")
    await ward.stage.advance(seconds=12)
    await ward.acknowledged_at_bedside(alarm)
    await ward.stage.advance(seconds=305)
    assert await ward.told() == [(0, "nurse-1", "high"), (312, "nurse-1", "high")]
    [page] = await ward.pages()
    assert (page["state"], page["answered_by"]) == ("open", "nurse-1")


async def test_looking_at_a_link_acknowledges_nothing_however_often_and_by_whatever(ward: Ward) -> None:
    await ward.raise_alarm("A7", "high")
    link = ward.link("nurse-1")
    for _ in range(2):
        shown = await ward.outside.get(link)
        assert (shown.status_code, card_of(shown)) == (200, "North chair 1: HIGH oxygen saturation low, since 08:00 UTC")
        assert (await ward.outside.head(link)).status_code in (200, 405)
        assert (await ward.outside.options(link)).status_code == 405
    await ward.stage.advance(seconds=31)
    assert await ward.told() == [(0, "nurse-1", "high"), (30, "nurse-2", "high")]
    assert await ward.said() == [(0, "opened high"), (30, "step 1: nurse-2")]


async def test_who_comes_second_is_told_who_answered_and_when(ward: Ward) -> None:
    await ward.raise_alarm("A7", "high")
    await ward.stage.advance(seconds=130)
    await ward.answers("nurse-2")
    late = await ward.outside.post(ward.link("nurse-1"))
    assert late.status_code == 200
    assert card_of(late).endswith("It has been answered. nurse-2 answered at 08:02 UTC.")
    assert "<button" not in late.text
    await ward.stage.settle()
    assert [text for _, text in await ward.said() if "answered" in text] == ["nurse-2 answered by link for high"]


async def test_of_all_who_press_at_once_one_has_answered(ward: Ward) -> None:
    await ward.raise_alarm("A8", "emergency")
    pressed = await asyncio.gather(*[ward.outside.post(ward.link(who)) for who in EVERYBODY])
    assert [answer.status_code for answer in pressed] == [200, 200, 200, 200]
    assert sum(card_of(answer).startswith("Thank you") for answer in pressed) == 1
    await ward.stage.settle()
    assert len([text for _, text in await ward.said() if "answered" in text]) == 1


async def test_a_link_that_is_forged_cut_or_expired_answers_nothing(ward: Ward) -> None:
    await ward.raise_alarm("A7", "high")
    [page] = await ward.pages()
    carried, link = AnswerLink(page_id=page["page_id"], staff_id="nurse-1"), ward.link("nurse-1")
    not_ours = "This link is not one of ours, or it was cut short."
    links = {
        link[:-6]: not_ours,
        link.replace("answer/", "answer/1"): not_ours,
        f"/answer/{sign_link('a secret of somebody else', carried, wall() + timedelta(hours=1))}": not_ours,
        f"/answer/{sign_link(SECRET, carried, wall() - timedelta(minutes=1))}": "This link has expired.",
    }
    for bad, why in links.items():
        for answer in (await ward.outside.get(bad), await ward.outside.post(bad)):
            assert (answer.status_code, card_of(answer)) == (404, why)
    await ward.stage.settle()
    assert await ward.said() == [(0, "opened high")]


async def test_a_card_belongs_to_the_person_it_was_shown_to(ward: Ward) -> None:
    await ward.raise_alarm("A7", "high")
    await ward.stage.advance(seconds=31)
    hers = await ward.outside.get(ward.link("nurse-1"))
    answer = await ward.press(ward.link("nurse-2"), card=hers)
    assert (answer.status_code, card_of(answer)) == (404, "This form belongs to another link.")
    assert await ward.said() == [(0, "opened high"), (30, "step 1: nurse-2")]


async def test_a_link_from_before_it_became_more_urgent_shows_what_it_is_now_and_only_then_answers(ward: Ward) -> None:
    alarm = await ward.raise_alarm("A7", "medium")
    old = ward.link("nurse-1")
    await ward.stage.advance(seconds=50)
    await ward.priority(alarm, "high")
    card = await ward.outside.post(old)
    assert card.status_code == 409
    assert card_of(card) == "There is more than you were shown. North chair 1: HIGH oxygen saturation low, since 08:00 UTC"
    await ward.stage.advance(seconds=10)
    assert (await ward.press(old, card=card)).status_code == 200
    await ward.stage.advance(seconds=299)
    assert await ward.told() == [(0, "nurse-1", "medium"), (50, "nurse-1", "high")]
    assert await ward.said() == [(0, "opened medium"), (60, "nurse-1 answered by link for high")]


async def test_who_cannot_come_passes_it_on_at_once_and_the_ladder_goes_on_by_the_clock(ward: Ward) -> None:
    await ward.raise_alarm("A7", "high")
    await ward.stage.advance(seconds=10)
    await ward.declines("nurse-1")
    await ward.stage.advance(seconds=15)
    await ward.declines("nurse-2")
    await ward.stage.advance(seconds=126)
    assert await ward.told() == [
        (0, "nurse-1", "high"),
        (10, "nurse-2", "high"),
        (25, "dr-lee", "high"),
        *at(120, *EVERYBODY),
    ]
    assert (await ward.said())[:5] == [
        (0, "opened high"),
        (10, "step 1: nurse-2"),
        (10, "nurse-1 cannot come: passed on"),
        (25, "step 2: dr-lee"),
        (25, "nurse-2 cannot come: passed on"),
    ]


async def test_while_others_of_the_step_are_asked_one_who_cannot_come_changes_nothing(ward: Ward) -> None:
    await ward.raise_alarm("A8", "emergency")
    noted = await ward.press(ward.link("nurse-1"), "pass on")
    assert card_of(noted) == "Noted. Others are still asked."
    await ward.stage.advance(seconds=14)
    assert await ward.told() == at(0, *EVERYBODY, priority="emergency")
    assert (await ward.said())[1:] == [(0, "nurse-1 cannot come: others are asked")]


async def test_when_nobody_can_come_they_are_asked_again_when_their_time_comes(ward: Ward) -> None:
    await ward.raise_alarm("A1", "medium")
    for who in ("nurse-1", "nurse-2", "dr-lee"):
        await ward.declines(who)
    await ward.stage.advance(seconds=481)
    assert await ward.told() == [
        *at(0, "dr-lee", "nurse-1", "nurse-2", priority="medium"),
        (120, "nurse-2", "medium"),
        (300, "dr-lee", "medium"),
        (480, "dr-lee", "medium"),
    ]


async def test_a_text_is_answered_by_its_code(ward: Ward) -> None:
    await ward.reach("nurse-1", ("sms", PHONE))
    await ward.raise_alarm("A7", "high")
    [text] = ward.texts.texts
    await ward.texts.receipt(ward.outside, text, "delivered")
    await ward.stage.advance(seconds=20)
    said = await ward.texts.reply(ward.outside, text, f"ok {code_of(text.text)}")
    assert "Thank you" in said.text
    await ward.stage.advance(seconds=200)
    assert await ward.told() == [(0, "nurse-1", "high")]
    assert await ward.said() == [
        (0, "opened high"),
        (0, "nurse-1 reached by sms"),
        (20, "nurse-1 answered by reply for high"),
    ]


async def test_no_and_the_code_pass_it_on(ward: Ward) -> None:
    await ward.reach("nurse-1", ("sms", PHONE))
    await ward.raise_alarm("A1", "medium")
    [text] = ward.texts.texts
    await ward.stage.advance(seconds=20)
    assert "Passed on" in (await ward.texts.reply(ward.outside, text, f"No, sorry {code_of(text.text)}")).text
    await ward.stage.settle()
    assert await ward.told() == [(0, "nurse-1", "medium"), (20, "nurse-2", "medium")]


async def test_at_a_screen_a_nurse_answers_for_what_it_showed_her(ward: Ward) -> None:
    alarm = await ward.raise_alarm("A7", "high")
    [page] = await ward.pages()
    path, screen = f"/pages/{page['page_id']}/answer", ward.api("nurse-2")
    shown = [{"alarm_id": str(alarm.alarm_id), "priority": "medium"}]
    old = await screen.post(path, json={"alarms": shown})
    assert (old.status_code, old.json()["title"]) == (409, "There is more than you were shown")
    now = await screen.post(path, json={"alarms": [shown[0] | {"priority": "high"}]})
    assert (now.status_code, now.json()) == (200, {"outcome": "answered"})
    await ward.stage.advance(seconds=299)
    assert await ward.told() == [(0, "nurse-1", "high")]
    assert await ward.said() == [(0, "opened high"), (0, "nurse-2 answered by api for high")]


def code_of(text: str) -> str:
    """What a text asks to be sent back."""
    return text.split("Reply ")[1][:4]
