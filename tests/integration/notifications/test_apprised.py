"""Chat and push by apprise, and channels tried out before they are needed, against real servers on loopback."""

import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from kit.clock import monotonic
from schemas.notifications.pages import PageFailed, PageSent
from tests.doubles.sms import SmsProvider
from tests.doubles.web import WebServer
from tests.integration.notifications.house import CONSOLE, PHONE, PUBLIC, House, opened


@pytest.fixture
async def server() -> AsyncIterator[WebServer]:
    async with WebServer() as server:
        yield server


@pytest.fixture
async def provider() -> AsyncIterator[SmsProvider]:
    async with SmsProvider() as provider:
        yield provider


@pytest.fixture
async def house(
    server: WebServer, provider: SmsProvider, kafka: str, database: str, prefix: str, tmp_path: Path
) -> AsyncIterator[House]:
    ways = [("chat", f"json://127.0.0.1:{server.port}/a-secret-token"), CONSOLE]
    async with opened(kafka, database, prefix, tmp_path, ways, **provider.settings(PUBLIC)) as house:
        yield house


async def test_a_chat_gets_the_line_and_the_link(house: House, server: WebServer) -> None:
    await house.risk()
    [said] = server.taken
    line, _, link = said["message"].partition("\n\n")
    assert line == "North: HIGH a patient's answer needs a prescriber now, since 08:00 UTC"
    assert link.startswith(f"{PUBLIC}/answer/")
    [sent] = await house.said(PageSent)
    assert (sent.medium, sent.channel) == ("chat", "webhook")


@pytest.mark.parametrize("fault", ["500", "404", "drops", "gone"])
async def test_a_chat_that_is_away_is_said_without_its_address_anywhere(
    house: House, server: WebServer, fault: str, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    if fault == "gone":
        await server.stop()
    else:
        server.fault = fault  # type: ignore[assignment]
    with caplog.at_level(logging.CRITICAL, logger="apprise"):
        await house.risk()
    assert [(e.medium, e.reason) for e in await house.said(PageFailed)] == [("chat", "the service did not take it")]
    assert [e.medium for e in await house.said(PageSent)] == ["console"]
    printed = capsys.readouterr()
    assert "a-secret-token" not in caplog.text + printed.out + printed.err
    assert "a-secret-token" not in str(await house.outcomes())


async def tests_of(house: House) -> list[tuple[int, str, str]]:
    shown = (await house.api.get("/contacts/dr-lee/tests")).json()
    return [(one["place"], one["channel"], one["outcome"]) for one in shown]


async def test_every_channel_can_be_tried_out_and_a_receipt_completes_it(
    house: House, server: WebServer, provider: SmsProvider
) -> None:
    await house.reach(("chat", f"json://127.0.0.1:{server.port}/"), ("sms", PHONE), CONSOLE)
    asked = await house.api.post("/contacts/dr-lee/test", json={})
    assert (asked.status_code, asked.json()) == (202, {"tests": 3})
    await house.stage.settle()
    assert await tests_of(house) == [(1, "chat", "taken"), (2, "sms", "taken"), (3, "console", "taken")]
    [text] = provider.texts
    assert text.text == "North: this is a test. Nobody needs you."
    assert (await provider.receipt(house.outside, text, "delivered")).status_code == 204
    assert (await provider.receipt(house.outside, text, "undelivered")).status_code == 204
    assert (await tests_of(house))[1] == (2, "sms", "delivered")
    assert PHONE not in (await house.api.get("/contacts/dr-lee/tests")).text


async def test_one_channel_can_be_tried_out_and_says_why_it_failed(house: House, server: WebServer) -> None:
    server.fault = "500"
    assert (await house.api.post("/contacts/dr-lee/test", json={"channel": 1})).json() == {"tests": 1}
    await house.stage.settle()
    assert await tests_of(house) == [(1, "chat", "refused: the service did not take it")]


async def test_what_cannot_be_tried_out_is_refused(house: House) -> None:
    assert (await house.api.post("/contacts/nobody/test", json={})).status_code == 404
    answer = await house.api.post("/contacts/dr-lee/test", json={"channel": 3})
    assert answer.json()["faults"] == [{"field": "body.channel", "expected": "1 to 2"}]
    for wrong in (0, True, "1"):
        assert (await house.api.post("/contacts/dr-lee/test", json={"channel": wrong})).status_code == 422
    reader = house.stage.http("notifications", permissions=["contacts.read"])
    assert (await reader.post("/contacts/dr-lee/test", json={})).status_code == 403


async def test_words_that_no_page_may_use_are_not_said_and_are_counted(
    house: House, server: WebServer, caplog: pytest.LogCaptureFixture
) -> None:
    await house.alarm("high", "heart rate low in Jane Doe (41/min)")
    [said] = server.taken
    assert said["message"].startswith("North chair 3: HIGH an alarm, since 08:00 UTC")
    assert (await house.api.get("/channels")).json()["unworded_today"] == 1
    await house.alarm("high", "heart rate low")
    assert "heart rate low" in server.taken[-1]["message"]
    assert (await house.api.get("/channels")).json()["unworded_today"] == 1


async def test_mail_servers_that_hang_hold_up_nobody(
    server: WebServer, kafka: str, database: str, prefix: str, tmp_path: Path
) -> None:
    """Nothing greets at that port. Eight mails wait for their sockets side by side, then the next channel is told."""
    server.fault = "hangs"
    mail = SecretStr(f"mailto://127.0.0.1:{server.port}?from=clinic@north.example")
    ways = [("email", "lee@north.example"), CONSOLE]
    async with opened(kafka, database, prefix, tmp_path, ways, mail_url=mail, circuit_failures=100) as house:
        begun = monotonic()
        for _ in range(8):
            await house.risk(settle=False)
        await house.stage.settle()
        assert monotonic() - begun < 8, "one after the other they would take 16 s and more"
        failed = {(e.medium, e.reason) for e in await house.said(PageFailed)}
        assert failed <= {("email", "the service did not take it"), ("email", "no answer in time")}, "a busy machine is slower"
        assert [e.medium for e in await house.said(PageSent)] == ["console"] * 8
