"""The simulated pagers believe only what is signed, and answer by the link."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from random import Random

import httpx2
import pytest

from chairside.simulator.pager import Pagers
from chairside.simulator.staff import roster
from kit.clock import RunningClock, wall
from kit.webhooks import signature

SECRET = "a secret of more than sixteen characters"


def headers(body: bytes, *, secret: str = SECRET) -> dict[str, str]:
    at = str(int(wall().timestamp()))
    return {"webhook-id": "m1", "webhook-timestamp": at, "webhook-signature": signature(secret, "m1", at, body)}


@dataclass
class Clinic:
    """Where answers arrive: says 503 for a while, then takes them."""

    away: int = 0
    answers: list[str] = field(default_factory=list)
    answered: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, request: httpx2.Request) -> httpx2.Response:
        if self.away:
            self.away -= 1
            return httpx2.Response(503)
        self.answers.append(f"{request.method} {request.url.path}")
        self.answered.set()
        return httpx2.Response(200)


@pytest.fixture
async def clinic() -> Clinic:
    return Clinic()


@pytest.fixture
async def pagers(clinic: Clinic) -> AsyncIterator[Pagers]:
    now = wall()
    async with (
        httpx2.AsyncClient(transport=httpx2.MockTransport(clinic)) as http,
        Pagers(SECRET, roster(4), RunningClock(now, now, 1000), Random(1), http) as pagers,
    ):
        yield pagers


async def page(pagers: Pagers, secret: str = SECRET, **about: object) -> int:
    body = json.dumps(
        {"page_id": "p1", "link": "http://clinic/answer/t1", "priority": "high", "staff_id": "nurse-1"} | about
    ).encode()
    async with httpx2.AsyncClient(trust_env=False) as http:
        return (await http.post(pagers.address, content=body, headers=headers(body, secret=secret))).status_code


async def test_a_page_is_taken_and_answered_by_its_link(pagers: Pagers, clinic: Clinic) -> None:
    clinic.away = 2
    assert await page(pagers, chair=None) == 204
    await asyncio.wait_for(clinic.answered.wait(), 10)
    assert clinic.answers == ["POST /answer/t1"]


async def test_a_forged_page_is_refused_and_nobody_answers(pagers: Pagers, clinic: Clinic) -> None:
    faults: list[str] = []
    pagers.fault = faults.append
    assert await page(pagers, secret="somebody else's secret") == 401
    assert faults
    assert not clinic.answers


async def test_nobody_answers_before_the_step_that_a_script_names(pagers: Pagers, clinic: Clinic) -> None:
    pagers.silent_until[3] = 2
    for step in (0, 1):
        assert await page(pagers, chair=3, step=step) == 204
    assert await page(pagers, chair=3, step=2, staff_id="charge-1", link="http://clinic/answer/charge") == 204
    await asyncio.wait_for(clinic.answered.wait(), 10)
    assert clinic.answers == ["POST /answer/charge"]


async def test_what_is_no_http_at_all_harms_nobody(pagers: Pagers, clinic: Clinic) -> None:
    host, port = pagers.address.removeprefix("http://").removesuffix("/page").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"\x00garbage\r\n\r\n")
    await writer.drain()
    assert b"40" in await reader.read()
    writer.close()
    await writer.wait_closed()
    assert await page(pagers, chair=None) == 204
    await asyncio.wait_for(clinic.answered.wait(), 10)
