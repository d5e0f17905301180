"""Circuits, shared by all replicas: a receiver that is away is tried last, and first again after a while; none is left out."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from schemas.notifications.pages import PageSent
from services.notifications.jobs import tell
from services.notifications.store import pages, ways
from tests.doubles.web import WebServer
from tests.integration.notifications.house import CONSOLE, House, opened

OPEN_S = 30
MOST = 3


@pytest.fixture
async def servers() -> AsyncIterator[tuple[WebServer, WebServer]]:
    async with WebServer() as first, WebServer() as second:
        yield first, second


@pytest.fixture
async def house(
    servers: tuple[WebServer, WebServer], kafka: str, database: str, prefix: str, tmp_path: Path
) -> AsyncIterator[House]:
    ways = [("webhook", server.address) for server in servers]
    knobs = {"circuit_failures": MOST, "circuit_open_seconds": OPEN_S}
    async with opened(kafka, database, prefix, tmp_path, ways, **knobs) as house:
        yield house


async def state_of(house: House) -> list[str]:
    return [one["state"] for one in (await house.api.get("/channels")).json()["failing"] if one["opened_at"]]


async def fail(house: House, server: WebServer, fault: str = "500") -> None:
    """Open the circuit to a server."""
    server.fault = fault  # type: ignore[assignment]
    for _ in range(MOST):
        await house.risk()


async def test_a_receiver_that_is_away_is_tried_last_until_it_is_tried_again(
    house: House, servers: tuple[WebServer, WebServer]
) -> None:
    first, second = servers
    await fail(house, first)
    assert (first.asked, len(second.taken)) == (MOST, MOST)
    assert await state_of(house) == ["open"]
    await house.risk()
    assert (first.asked, len(second.taken)) == (MOST, MOST + 1), "the healthy one first"
    await house.stage.advance(seconds=OPEN_S)
    assert await state_of(house) == ["half-open"]
    first.fault = ""
    await house.risk()
    assert (len(first.taken), len(second.taken)) == (1, MOST + 1)
    assert await state_of(house) == []


async def test_one_that_fails_again_stays_open_for_as_long_again(house: House, servers: tuple[WebServer, WebServer]) -> None:
    first, second = servers
    await fail(house, first)
    await house.stage.advance(seconds=OPEN_S)
    await house.risk()
    assert (first.asked, await state_of(house)) == (MOST + 1, ["open"])
    await house.risk()
    assert first.asked == MOST + 1
    assert len(second.taken) == MOST + 2


async def test_with_all_open_a_high_page_goes_out_at_once_in_the_persons_order(
    house: House, servers: tuple[WebServer, WebServer]
) -> None:
    first, second = servers
    second.fault = "500"
    await fail(house, first)
    assert await state_of(house) == ["open", "open"]
    asked = first.asked, second.asked
    second.fault = ""
    await house.risk()
    assert (first.asked > asked[0], len(second.taken)) == (True, 1)
    assert len(await house.said(PageSent)) == 1


async def test_with_all_open_a_medium_page_waits_until_one_may_be_tried_again(
    house: House, servers: tuple[WebServer, WebServer]
) -> None:
    first, second = servers
    await house.alarm("medium")
    second.fault = "500"
    await fail(house, first)
    first.fault = second.fault = ""
    before = len(first.taken) + len(second.taken)
    async with house.stage.running["notifications"].store.transaction() as tx:
        found = next(page for page in await pages.see_all(tx, everything=False) if page.priority == "medium")
        page = await pages.hold(tx, found.page_id)
        assert page is not None
        until = house.stage.clock.now() + timedelta(seconds=120)
        await tell(tx, page, "dr-lee", await ways.channels_of(tx, "dr-lee"), until=until)
    await house.stage.advance(seconds=OPEN_S - 1)
    assert len(first.taken) + len(second.taken) == before
    await house.stage.advance(seconds=1)
    assert len(first.taken) + len(second.taken) == before + 1


async def test_a_refusal_says_nothing_about_the_receiver(house: House, servers: tuple[WebServer, WebServer]) -> None:
    first, _ = servers
    await fail(house, first, "404")
    await house.risk()
    assert (first.asked, await state_of(house)) == (MOST + 1, [])


async def test_a_circuits_name_holds_no_address(house: House, servers: tuple[WebServer, WebServer]) -> None:
    await fail(house, servers[0])
    shown = (await house.api.get("/channels")).text
    assert "127.0.0.1" not in shown
    assert str(servers[0].port) not in shown


async def test_a_success_counts_the_failures_anew(house: House, servers: tuple[WebServer, WebServer]) -> None:
    first, _ = servers
    for fault in ("500", "500", "", "500", "500"):
        first.fault = fault  # type: ignore[assignment]
        await house.risk()
    assert await state_of(house) == []


async def test_the_console_is_reached_when_all_else_is_away(house: House, servers: tuple[WebServer, WebServer]) -> None:
    await house.reach(*[("webhook", server.address) for server in servers], CONSOLE)
    for server in servers:
        await server.stop()
    for _ in range(MOST + 1):
        await house.risk()
    assert [e.medium for e in await house.said(PageSent)] == ["console"] * (MOST + 1)
