"""A channel that fails, in every way a web server can: it is said, and the person's next channel is tried at once."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from kit.clock import wall
from kit.webhooks import verify
from schemas.notifications.pages import PageFailed, PageSent
from services.notifications import tables
from services.notifications.jobs import tell
from services.notifications.jobs.telling import TellPerson
from services.notifications.store import pages, ways
from tests.doubles.web import Fault, WebServer
from tests.integration.notifications.house import CONSOLE, SECRET, House, opened


@pytest.fixture
async def server() -> AsyncIterator[WebServer]:
    async with WebServer() as server:
        yield server


@pytest.fixture
async def house(server: WebServer, kafka: str, database: str, prefix: str, tmp_path: Path) -> AsyncIterator[House]:
    async with opened(kafka, database, prefix, tmp_path, [("webhook", server.address), CONSOLE]) as house:
        yield house


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("drops", "no answer in time"),
        ("500", "the receiver answered 500"),
        ("429", "the receiver answered 429"),
        ("404", "the receiver answered 404"),
        ("redirects", "the receiver answered 302"),
        ("resets", "no answer in time"),
    ],
)
async def test_a_fault_is_said_and_the_next_channel_is_tried(house: House, server: WebServer, fault: Fault, reason: str) -> None:
    server.fault = fault
    await house.risk()
    assert [(e.medium, e.channel, e.reason) for e in await house.said(PageFailed)] == [("webhook", "webhook", reason)]
    assert [e.medium for e in await house.said(PageSent)] == ["console"]
    assert server.asked == 1, "with another channel left, nobody waits for this one"
    assert await house.outcomes() == [("webhook", reason), ("console", "sent")]


async def test_a_server_that_is_gone_costs_no_time(house: House, server: WebServer) -> None:
    await server.stop()
    await house.risk()
    assert [e.reason for e in await house.said(PageFailed)] == ["the receiver cannot be reached"]
    assert [e.medium for e in await house.said(PageSent)] == ["console"]


async def test_a_server_that_hangs_costs_one_attempt(house: House, server: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TellPerson, "timeout", timedelta(seconds=0.5))
    server.fault = "hangs"
    begun = wall()
    await house.risk()
    assert [e.reason for e in await house.said(PageFailed)] == ["no answer in time"]
    assert [e.medium for e in await house.said(PageSent)] == ["console"]
    assert (wall() - begun) < timedelta(seconds=10)


async def test_the_next_channel_is_tried_within_5_s_of_an_attempt_that_hangs(
    house: House, server: WebServer, record_property: Callable[[str, object], None]
) -> None:
    """By the wall: the whole 4 s of an attempt, its failure recorded, the next channel asked."""
    async with WebServer() as second:
        await house.reach(("webhook", server.address), ("webhook", second.address))
        server.fault = "hangs"
        await house.risk(settle=False)
        begun = await asked_at(server)
        took = (await asked_at(second) - begun).total_seconds()
        await house.stage.settle()
    record_property("told", f"hanging channel -> next channel: {took:.2f} s (clinical 4.9: 5 s, D)")
    assert took < tables.channels().patience.next_channel_seconds


async def asked_at(server: WebServer) -> datetime:
    async with asyncio.timeout(20):
        while not server.asked:
            await asyncio.sleep(0.005)
    return wall()


async def test_an_answer_that_comes_too_late_is_unknown_so_the_page_may_ring_twice(
    house: House, server: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TellPerson, "timeout", timedelta(seconds=0.3))
    server.fault, server.slow_s = "slow", 1.0
    await house.risk()
    assert len(server.taken) == 1
    assert [e.medium for e in await house.said(PageFailed)] == ["webhook"]
    assert [e.medium for e in await house.said(PageSent)] == ["console"]


async def test_a_slow_answer_in_time_is_an_answer(house: House, server: WebServer) -> None:
    server.fault, server.slow_s = "slow", 0.2
    await house.risk()
    assert [e.medium for e in await house.said(PageSent)] == ["webhook"]
    [headers] = server.headers
    assert not await house.said(PageFailed)
    assert headers["webhook-id"]


async def test_the_last_channel_is_tried_again_under_the_same_id(house: House, server: WebServer) -> None:
    await house.reach(("webhook", server.address))
    server.fault, server.once = "500", True
    await house.risk()
    assert (server.asked, len(server.taken)) == (2, 1)
    assert await house.outcomes() == [("webhook", "sent")]
    assert not await house.said(PageFailed)


async def test_who_asks_to_wait_for_long_is_not_asked_again(house: House, server: WebServer) -> None:
    await house.reach(("webhook", server.address))
    server.fault, server.once = "429", True
    await house.risk()
    assert server.asked == 1
    assert await house.outcomes() == [("webhook", "the receiver answered 429")]


async def test_nobody_is_told_further_once_somebody_answered(house: House, server: WebServer) -> None:
    server.fault = "slow"
    await house.risk()
    link = server.taken[0]["link"].removeprefix("https://clinic.example/chairside")
    assert (await house.outside.post(link)).status_code == 200
    await house.stage.advance(minutes=4)
    assert server.asked == 1


async def test_by_all_channels_together(house: House, server: WebServer) -> None:
    await house.risk()
    store = house.stage.running["notifications"].store
    async with store.transaction() as tx:
        [found] = await pages.see_all(tx, everything=False)
        page = await pages.hold(tx, found.page_id)
        assert page is not None
        await tell(tx, page, "dr-lee", await ways.channels_of(tx, "dr-lee"), in_parallel=True)
    await house.stage.settle()
    assert sorted(await house.outcomes()) == [("console", "sent"), ("webhook", "sent"), ("webhook", "sent")]


async def test_a_webhook_is_signed_with_its_time(house: House, server: WebServer) -> None:
    await house.risk()
    [headers], [body] = server.headers, server.bodies
    assert verify(SECRET, headers, body, wall())
    assert not verify(SECRET, headers, body, wall() + timedelta(minutes=6))
    assert not verify(SECRET, headers, body + b" ", wall())
