"""Phones, told: a nurse whose phone is out of reach, who texts back, who cannot come, whom nothing reaches."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from pydantic import SecretStr

from schemas.notifications.pages import PageAcknowledged, PageSent
from schemas.scheduling.staff import ChairAssigned
from services.notifications.on import staff
from tests.doubles.sms import SmsProvider, Taken
from tests.integration.notifications.house import MORNING, PUBLIC, SECRET, House, opened
from tests.story.pager import Pager

PHONES = {"nurse-1": "+12025550123", "nurse-2": "+12025550124", "dr-lee": "+12025550125"}


@dataclass
class Ward:
    """Two nurses and a prescriber on duty, each with a phone and a pager; nurse-1 has chair 3."""

    house: House
    provider: SmsProvider
    pager: Pager

    async def opens(self) -> None:
        for staff_id, phone in PHONES.items():
            await self.house.hire(staff_id, "prescriber" if staff_id == "dr-lee" else "nurse", on_duty=True)
            await self.house.reach(("sms", phone), ("webhook", self.pager.address), staff_id=staff_id)
        chair = ChairAssigned(
            assignment_id=uuid4(), staff_id="nurse-1", chair=3, starts_at=MORNING, ends_at=MORNING + timedelta(hours=8)
        )
        async with self.house.stage.running["notifications"].store.transaction() as tx:
            await staff.remember_assignment(chair, tx)

    def text(self, staff_id: str, number: int = -1) -> Taken:
        """A text that somebody got."""
        return [text for text in self.provider.texts if text.to == PHONES[staff_id]][number]

    async def texts_back(self, staff_id: str, words: str = "") -> None:
        text = self.text(staff_id)
        code = text.text.split("Reply ")[1][:4]
        assert (await self.provider.reply(self.house.outside, text, f"{words} {code}")).status_code == 200
        await self.house.stage.settle()

    async def arrives(self, staff_id: str) -> None:
        """Somebody's phone says that it has the text."""
        assert (await self.provider.receipt(self.house.outside, self.text(staff_id), "delivered")).status_code == 204

    async def told(self) -> list[tuple[float, str, str]]:
        """Who was told when, by what: seconds since the morning began."""
        sent = sorted(await self.house.said(PageSent), key=lambda one: one.sent_at)
        return [((one.sent_at - MORNING).total_seconds(), one.staff_id, one.medium) for one in sent]


@pytest.fixture
async def ward(kafka: str, database: str, prefix: str, tmp_path: Path) -> AsyncIterator[Ward]:
    async with SmsProvider() as provider, Pager(SECRET) as pager:
        settings = provider.settings(PUBLIC) | {"webhook_secret": SecretStr(SECRET)}
        async with opened(kafka, database, prefix, tmp_path, **settings) as house:
            ward = Ward(house, provider, pager)
            await ward.opens()
            yield ward


async def test_a_phone_out_of_reach_her_pager_rings_5_s_later_and_the_ladder_goes_on(ward: Ward) -> None:
    await ward.house.alarm("high", "oxygen saturation low")
    await ward.house.stage.advance(seconds=40)
    assert await ward.told() == [
        (0, "nurse-1", "sms"),
        (5, "nurse-1", "webhook"),
        (30, "nurse-2", "sms"),
        (35, "nurse-2", "webhook"),
    ]


async def test_a_phone_that_has_the_text_leaves_her_pager_quiet(ward: Ward) -> None:
    await ward.house.alarm("high", "oxygen saturation low")
    await ward.arrives("nurse-1")
    await ward.house.stage.advance(seconds=29)
    assert await ward.told() == [(0, "nurse-1", "sms")]


async def test_she_texts_the_code_and_it_is_quiet_until_her_answer_lapses(ward: Ward) -> None:
    await ward.house.alarm("high", "oxygen saturation low")
    await ward.house.stage.advance(seconds=3)
    await ward.texts_back("nurse-1", "coming")
    await ward.house.stage.advance(seconds=299)
    assert await ward.told() == [(0, "nurse-1", "sms")]
    await ward.house.stage.advance(seconds=1)
    assert await ward.told() == [(0, "nurse-1", "sms"), (303, "nurse-1", "sms")]
    [answered] = await ward.house.said(PageAcknowledged)
    assert (answered.staff_id, answered.via, answered.waited_seconds) == ("nurse-1", "reply", 3)


async def test_she_texts_no_and_the_second_nurse_is_told_at_once(ward: Ward) -> None:
    await ward.house.alarm("high", "oxygen saturation low")
    await ward.house.stage.advance(seconds=3)
    await ward.texts_back("nurse-1", "NO")
    assert (await ward.told())[-1] == (3, "nurse-2", "sms")


async def test_nothing_reaches_her_and_the_second_nurse_is_told_at_once(ward: Ward) -> None:
    await ward.house.reach(("webhook", "http://127.0.0.1:9/"), staff_id="nurse-1")
    await ward.house.alarm("high", "oxygen saturation low")
    assert await ward.told() == [(0, "nurse-2", "sms")]


async def test_the_provider_is_down_all_morning_and_pagers_ring_in_its_place(ward: Ward) -> None:
    ward.provider.fault = "refuses"
    for _ in range(5):
        await ward.house.alarm("medium", "distress")
    asked = ward.provider.asked
    await ward.house.alarm("high", "oxygen saturation low")
    assert ward.provider.asked == asked, "nobody waits for what has failed five times"
    assert {medium for _, _, medium in await ward.told()} == {"webhook"}
    assert len(ward.pager.pages) == 6
