"""Texts and calls: what the provider is asked, and what its receipts do, whenever they come, and whoever sends them."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from schemas.notifications.pages import PageDelivered, PageFailed, PageSent
from services.notifications.jobs.telling import TellPerson
from tests.doubles.sms import SmsProvider, Taken
from tests.doubles.web import WebServer
from tests.integration.notifications.house import CONSOLE, PHONE, PUBLIC, House, opened

SMS = ("sms", "(202) 555-0123")


@pytest.fixture
async def provider() -> AsyncIterator[SmsProvider]:
    async with SmsProvider() as provider:
        yield provider


@pytest.fixture
async def house(provider: SmsProvider, kafka: str, database: str, prefix: str, tmp_path: Path) -> AsyncIterator[House]:
    async with opened(kafka, database, prefix, tmp_path, [SMS, CONSOLE], **provider.settings(PUBLIC)) as house:
        yield house


async def test_a_text_says_what_a_page_may_say_and_how_to_answer(house: House, provider: SmsProvider) -> None:
    await house.risk()
    [text] = provider.texts
    assert (text.to, text.form["From"]) == (PHONE, provider.number)
    said = re.fullmatch(r"(.*)\. Reply (\d{4})=on it, NO \2=pass on", text.text)
    assert said is not None
    assert said[1] == "North: HIGH a patient's answer needs a prescriber now, since 08:00 UTC"
    assert text.form["StatusCallback"] == f"{PUBLIC}/receipts/twilio?message={text.key}"
    [sent] = await house.said(PageSent)
    assert (sent.medium, sent.channel) == ("sms", "webhook")


async def test_each_page_has_a_code_of_its_own(house: House, provider: SmsProvider) -> None:
    for _ in range(3):
        await house.risk()
    codes = {text.text.split("Reply ")[1][:4] for text in provider.texts}
    assert len(codes) == 3


async def test_a_receipt_is_said_once_and_then_nothing_else_is_tried(house: House, provider: SmsProvider) -> None:
    await house.risk()
    [text] = provider.texts
    for status in ("sent", "delivered", "delivered", "sent", "undelivered"):
        assert (await provider.receipt(house.outside, text, status)).status_code == 204
    await house.stage.advance(seconds=10)
    [delivered] = await house.said(PageDelivered)
    assert (delivered.medium, delivered.staff_id) == ("sms", "dr-lee")
    assert await house.outcomes() == [("sms", "delivered")]
    assert not await house.said(PageFailed)


@pytest.mark.parametrize("status", ["undelivered", "failed"])
async def test_what_cannot_be_delivered_goes_by_the_next_channel_at_once(
    house: House, provider: SmsProvider, status: str
) -> None:
    await house.risk()
    [text] = provider.texts
    for _ in range(2):
        assert (await provider.receipt(house.outside, text, status, ErrorCode="30003")).status_code == 204
    await house.stage.settle()
    assert [(e.medium, e.reason) for e in await house.said(PageFailed)] == [("sms", "the provider could not deliver it")]
    assert [e.medium for e in await house.said(PageSent)] == ["sms", "console"]


async def test_without_a_receipt_in_5_s_the_next_channel_is_tried_too(house: House, provider: SmsProvider) -> None:
    await house.risk()
    await house.stage.advance(seconds=4.9)
    assert await house.outcomes() == [("sms", "sent")]
    await house.stage.advance(seconds=0.1)
    assert await house.outcomes() == [("sms", "no receipt in time"), ("console", "sent")]
    assert [e.failed_at for e in await house.said(PageFailed)] == [house.stage.clock.now()]


async def test_a_receipt_that_comes_late_is_a_receipt(house: House, provider: SmsProvider) -> None:
    await house.risk()
    await house.stage.advance(seconds=6)
    assert (await provider.receipt(house.outside, provider.texts[0], "delivered")).status_code == 204
    await house.stage.settle()
    assert len(await house.said(PageDelivered)) == 1
    assert ("sms", "delivered") in await house.outcomes()


async def test_a_page_that_is_not_urgent_waits_for_no_receipt(house: House, provider: SmsProvider) -> None:
    await house.alarm("medium")
    assert len(provider.texts) == 1
    await house.stage.advance(seconds=30)
    assert await house.outcomes() == [("sms", "sent")]


async def test_a_receipt_before_the_providers_own_answer(
    house: House, provider: SmsProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TellPerson, "timeout", timedelta(seconds=1))
    provider.fault = "hangs"
    await house.risk(settle=False)
    async with asyncio.timeout(20):
        while not provider.asked:
            await asyncio.sleep(0.005)
    async with house.stage.running["notifications"].store.pool.acquire() as db:
        job_id = await db.fetchval("SELECT job_id FROM tellings")
    early = Taken("SM1", "Messages", {"To": PHONE, "StatusCallback": f"{PUBLIC}/receipts/twilio?message={job_id}"}, "")
    assert (await provider.receipt(house.outside, early, "delivered")).status_code == 204
    await house.stage.settle()
    assert len(await house.said(PageDelivered)) == 1
    assert not await house.said(PageFailed), "the attempt hung, and the page was delivered all the same"


async def test_receipts_of_unknown_messages_and_of_forgers_change_nothing(house: House, provider: SmsProvider) -> None:
    await house.risk()
    [text] = provider.texts
    forged = await provider.receipt(house.outside, text, "failed", token="another token")
    assert (forged.status_code, forged.json()["title"]) == (403, "Not signed by the provider")
    assert "CALLBACK_SECRET" in forged.json()["todo"]
    assert (await house.outside.post(text.form["StatusCallback"].removeprefix(PUBLIC))).status_code == 403
    other = Taken("SM1", "Messages", {"To": PHONE, "StatusCallback": f"{PUBLIC}/receipts/twilio?message={uuid4()}"}, "")
    moved = await provider.receipt(house.outside, text, "failed")
    assert moved.status_code == 204
    assert (await provider.receipt(house.outside, other, "failed")).status_code == 404
    nobody = Taken("SM1", "Messages", {"To": PHONE, "StatusCallback": f"{PUBLIC}/receipts/twilio"}, "")
    assert (await provider.receipt(house.outside, nobody, "failed")).status_code == 404


async def test_a_receipt_signed_for_one_message_is_none_for_another(house: House, provider: SmsProvider) -> None:
    await house.risk()
    await house.risk()
    first, second = provider.texts
    said: list[tuple[bytes, dict[str, str]]] = []

    class Spy:
        async def post(self, path: str, *, content: str, headers: dict[str, str]) -> None:
            said.append((content.encode(), headers))

    await provider.receipt(Spy(), first, "failed")  # type: ignore[arg-type]
    [(content, headers)] = said
    path = second.form["StatusCallback"].removeprefix(PUBLIC)
    assert (await house.outside.post(path, content=content, headers=headers)).status_code == 403


@pytest.mark.parametrize(
    ("fault", "reason", "open_after"),
    [("refuses", "the receiver answered 503", True), ("wrong number", "the receiver answered 400", False)],
)
async def test_only_a_provider_that_is_away_opens_its_circuit(
    house: House, provider: SmsProvider, fault: str, reason: str, open_after: bool
) -> None:
    provider.fault = fault
    for _ in range(5):
        await house.risk()
    assert {e.reason for e in await house.said(PageFailed)} == {reason}
    shown = (await house.api.get("/channels")).json()
    assert [one["state"] for one in shown["failing"]] == (["open"] if open_after else [])
    asked = provider.asked
    await house.risk()
    assert provider.asked == asked + (0 if open_after else 1)


async def test_a_wrong_password_is_said_and_the_next_channel_is_tried(house: House, provider: SmsProvider) -> None:
    provider.token = "changed since"
    await house.risk()
    assert provider.wrong_password == 1
    assert await house.outcomes() == [("sms", "the receiver answered 401"), ("console", "sent")]


async def test_a_call_says_the_page_and_a_busy_phone_is_a_failure(house: House, provider: SmsProvider) -> None:
    await house.reach(("voice", PHONE), CONSOLE)
    await house.risk()
    [call] = provider.calls
    assert call.text.count("<Say>North: HIGH a patient's answer needs a prescriber now") == 2
    assert (await provider.receipt(house.outside, call, "busy")).status_code == 204
    await house.stage.settle()
    assert [e.medium for e in await house.said(PageSent)] == ["voice", "console"]


async def test_a_call_that_is_taken_is_delivered(house: House, provider: SmsProvider) -> None:
    await house.reach(("voice", PHONE), CONSOLE)
    await house.risk()
    assert (await provider.receipt(house.outside, provider.calls[0], "in-progress")).status_code == 204
    await house.stage.advance(seconds=6)
    assert [e.medium for e in await house.said(PageDelivered)] == ["voice"]
    assert [e.medium for e in await house.said(PageSent)] == ["voice"]


async def test_without_a_provider_the_next_channel_is_told(kafka: str, database: str, prefix: str, tmp_path: Path) -> None:
    async with opened(kafka, database, prefix, tmp_path, [SMS, CONSOLE]) as house:
        await house.risk()
        [(_, reason), console] = await house.outcomes()
        assert "CHAIRSIDE_NOTIFICATIONS_SMS_URL" in reason
        assert console == ("console", "sent")
        assert (await house.outside.post("/receipts/twilio")).status_code == 403


async def test_three_channels_within_5_s_each(house: House, provider: SmsProvider, monkeypatch: pytest.MonkeyPatch) -> None:
    async with WebServer() as server:
        await house.reach(SMS, ("webhook", server.address), CONSOLE)
        server.fault = "500"
        await house.risk()
        await house.stage.advance(seconds=5)
    sent = {e.medium: e.sent_at for e in await house.said(PageSent)}
    assert sent["console"] - sent["sms"] == timedelta(seconds=5)


async def test_when_all_of_a_persons_channels_failed_the_next_people_are_told_at_once(
    house: House, provider: SmsProvider
) -> None:
    provider.fault = "refuses"
    async with WebServer() as server:
        await house.reach(SMS, ("voice", PHONE))
        await house.reach(("webhook", server.address), staff_id="chief")
        await house.hire("dr-lee", on_duty=True)
        await house.hire("chief", "medical director", on_duty=True)
        await house.risk()
        assert [e.medium for e in await house.said(PageFailed)] == ["sms", "voice"]
        assert [told["staff_id"] for told in server.taken] == ["chief"], "nobody waits for the next step's time"


async def test_addresses_are_forgotten_after_a_week(house: House, provider: SmsProvider) -> None:
    alarm_id = await house.alarm("high")
    await house.ends(alarm_id)
    async with house.stage.running["notifications"].store.pool.acquire() as db:
        assert PHONE in await db.fetchval("SELECT job::text FROM tellings")
        await house.stage.advance(minutes=8 * 24 * 60)
        assert await db.fetchval("SELECT count(*) FROM tellings WHERE job IS NOT NULL") == 0
        assert await db.fetchval("SELECT count(*) FROM tellings") == 1


@pytest.mark.parametrize("status", ["failed", None])
async def test_once_somebody_answered_no_other_channel_is_tried(house: House, provider: SmsProvider, status: str | None) -> None:
    await house.risk()
    [text] = provider.texts
    assert (await provider.reply(house.outside, text, text.text.split("Reply ")[1][:4])).status_code == 200
    if status is not None:
        assert (await provider.receipt(house.outside, text, status)).status_code == 204
    await house.stage.advance(seconds=10)
    assert [e.medium for e in await house.said(PageSent)] == ["sms"]
    assert len(await house.said(PageFailed)) == (0 if status is None else 1)
