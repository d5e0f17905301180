"""Replies by text: the code answers the page that carried it, for the alarms it showed; the sender's number says who it is."""

from collections.abc import AsyncIterator
from pathlib import Path
from xml.etree import ElementTree as ET

import httpx2
import pytest

from schemas.notifications.pages import PageAcknowledged, PageDeclined
from tests.doubles.sms import SmsProvider, Taken
from tests.integration.notifications.house import CONSOLE, PHONE, PUBLIC, House, opened

OTHER_PHONE = "+12025550124"


@pytest.fixture
async def provider() -> AsyncIterator[SmsProvider]:
    async with SmsProvider() as provider:
        yield provider


@pytest.fixture
async def house(provider: SmsProvider, kafka: str, database: str, prefix: str, tmp_path: Path) -> AsyncIterator[House]:
    async with opened(kafka, database, prefix, tmp_path, [("sms", PHONE), CONSOLE], **provider.settings(PUBLIC)) as house:
        yield house


def code_of(text: Taken) -> str:
    return text.text.split("Reply ")[1][:4]


def said(answer: httpx2.Response) -> str:
    """What is texted back."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"].startswith("text/xml")
    return "".join(ET.fromstring(answer.text).itertext())


async def test_the_code_answers_its_page_and_the_paging_stops(house: House, provider: SmsProvider) -> None:
    await house.risk()
    [text] = provider.texts
    assert said(await provider.reply(house.outside, text, f"on my way {code_of(text)}")).startswith("Thank you")
    await house.stage.advance(minutes=30)
    [answered] = await house.said(PageAcknowledged)
    assert (answered.staff_id, answered.via) == ("dr-lee", "reply")
    assert len(provider.texts) == 1
    [page] = (await house.api.get("/pages", params={"all": True})).json()
    whole = (await house.api.get(f"/pages/{page['page_id']}")).json()
    assert PHONE not in str(whole), "a number is personal"


async def test_a_reply_that_comes_twice_is_answered_the_same_and_does_nothing(house: House, provider: SmsProvider) -> None:
    await house.risk()
    [text] = provider.texts
    first = await provider.reply(house.outside, text, code_of(text), sid="SM-once")
    again = await provider.reply(house.outside, text, code_of(text), sid="SM-once")
    assert first.text == again.text
    assert said(await provider.reply(house.outside, text, code_of(text), sid="SM-two")) == "A colleague has answered already."
    await house.stage.settle()
    assert len(await house.said(PageAcknowledged)) == 1


async def test_no_and_the_code_passes_the_page_on(house: House, provider: SmsProvider) -> None:
    await house.hire("dr-roy")
    await house.reach(("sms", OTHER_PHONE), staff_id="dr-roy")
    await house.risk()
    mine = next(text for text in provider.texts if text.to == PHONE)
    answer = said(await provider.reply(house.outside, mine, f"NO {code_of(mine)}"))
    assert answer.startswith(("Passed on", "Noted"))
    await house.stage.settle()
    [declined] = await house.said(PageDeclined)
    assert declined.staff_id == "dr-lee"
    assert not await house.said(PageAcknowledged)


async def test_a_code_answers_only_from_the_phone_it_was_sent_to(house: House, provider: SmsProvider) -> None:
    await house.hire("dr-roy")
    await house.reach(("sms", OTHER_PHONE), staff_id="dr-roy")
    await house.risk()
    mine = next(text for text in provider.texts if text.to == PHONE)
    theirs = next(text for text in provider.texts if text.to == OTHER_PHONE)
    if code_of(mine) != code_of(theirs):
        assert said(await provider.reply(house.outside, mine, code_of(mine), sender=OTHER_PHONE)).startswith(
            "We know no open page"
        )
    stranger = said(await provider.reply(house.outside, mine, code_of(mine), sender="+12025550999"))
    assert stranger.startswith("North: thank you, a person will read this. If it cannot wait call us; in danger call 911")
    await house.stage.settle()
    assert not await house.said(PageAcknowledged)


@pytest.mark.parametrize("text", ["0000 1111", "ok", "STOP", ""])
async def test_what_holds_no_code_is_answered_with_what_to_do(house: House, provider: SmsProvider, text: str) -> None:
    await house.risk()
    assert "Send the 4 digits" in said(await provider.reply(house.outside, provider.texts[0], text))


async def test_a_code_of_a_page_that_is_over_is_unknown(house: House, provider: SmsProvider) -> None:
    alarm_id = await house.alarm("high")
    [text] = provider.texts
    assert said(await provider.reply(house.outside, text, code_of(text))).startswith("Thank you")
    await house.ends(alarm_id)
    assert said(await provider.reply(house.outside, text, code_of(text), sid="SM-later")).startswith("We know no open page")


async def test_an_answer_covers_what_its_text_showed_and_nothing_newer(house: House, provider: SmsProvider) -> None:
    session = await house.alarms("high", "heart rate low")
    await house.alarms("high", "oxygen saturation low", session_id=session)
    first, second = provider.texts
    assert "oxygen" not in first.text
    assert "oxygen" in second.text
    assert said(await provider.reply(house.outside, first, code_of(first))).startswith("Thank you")
    await house.stage.settle()
    [answered] = await house.said(PageAcknowledged)
    assert len(answered.alarms) == 1
    [page] = (await house.api.get("/pages")).json()
    assert page["state"] == "open", "the newer alarm is asked on"
    assert said(await provider.reply(house.outside, second, code_of(second), sid="SM-2")).startswith("Thank you")
    [page] = (await house.api.get("/pages")).json()
    assert page["state"] == "answered"


async def test_alarms_that_a_text_has_no_room_for_are_not_answered_by_it(house: House, provider: SmsProvider) -> None:
    session = await house.alarms("high", "new weakness, speech or sight trouble")
    await house.stage.advance(seconds=1)  # of two that are as urgent the older comes first
    await house.alarms("high", "monitoring cannot read appointments", session_id=session)
    second = provider.texts[-1]
    assert "weakness" not in second.text, "what nobody was shown yet comes first"
    assert said(await provider.reply(house.outside, second, code_of(second))).startswith("Thank you")
    [page] = (await house.api.get("/pages")).json()
    assert (page["state"], page["title"]) == ("open", "new weakness, speech or sight trouble")


async def test_a_forged_reply_answers_nothing(house: House, provider: SmsProvider) -> None:
    await house.risk()
    [text] = provider.texts
    assert (await provider.reply(house.outside, text, code_of(text), token="another token")).status_code == 403
    assert (await house.outside.post("/replies/twilio", content="From=x")).status_code == 403
    assert (await house.outside.post("/replies/carrier-pigeon", content="From=x")).status_code == 422
    form = {"From": PHONE, "Body": code_of(text)}
    assert (await provider.call_back(house.outside, f"{PUBLIC}/replies/twilio", form)).status_code == 422
    await house.stage.settle()
    assert not await house.said(PageAcknowledged)
