"""E-mail by apprise, to a real SMTP server on loopback: taken, refused, away."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from uuid import uuid4

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from pydantic import SecretStr

from benchmarks.house import free_port
from kit.testing import Stage
from schemas.intake.safety import SuicideRiskSignalled
from schemas.notifications.pages import PAGES, PageAcknowledged, PageFailed, PageSent
from schemas.scheduling.staff import StaffIdentity, StaffMemberRegistered
from services.notifications.app import SERVICE
from services.notifications.on import safety, staff

MORNING = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
SECRET = SecretStr("a secret of this test")


class Postbox:
    """Takes mail, unless it is full."""

    def __init__(self) -> None:
        self.mail: list[tuple[list[str], EmailMessage]] = []
        self.full = False

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.full:
            return "452 Full"
        assert isinstance(envelope.content, bytes)
        self.mail.append((envelope.rcpt_tos, message_from_bytes(envelope.content, policy=policy.default)))
        return "250 Taken"


@pytest.fixture
async def postbox() -> AsyncIterator[tuple[Postbox, Controller]]:
    box = Postbox()
    server = Controller(box, hostname="127.0.0.1", port=free_port())
    await asyncio.to_thread(server.start)
    yield box, server
    if server.server is not None:
        await asyncio.to_thread(server.stop)


@pytest.fixture
async def stage(
    postbox: tuple[Postbox, Controller], kafka: str, database: str, prefix: str, tmp_path: Path
) -> AsyncIterator[Stage]:
    mail = SecretStr(f"mailto://127.0.0.1:{postbox[1].port}?from=clinic@north.example")
    settings = {"clinic_name": "North", "link_secret": SECRET, "webhook_secret": SECRET, "mail_url": mail}
    databases, more = {"notifications": database}, {"notifications": settings}
    async with Stage([SERVICE], kafka, databases, prefix, tmp_path, MORNING, more) as there:
        api = there.http("notifications", permissions=["contacts.write"])
        ways = [{"channel": "email", "address": "lee@north.example"}, {"channel": "console", "address": "desk"}]
        assert (await api.put("/contacts/dr-lee", json={"channels": ways})).status_code == 204
        yield there


async def signal(stage: Stage) -> None:
    """A prescriber works here, and an answer needs one."""
    lee = StaffIdentity(display_name="Lee")
    hired = StaffMemberRegistered(staff_id="dr-lee", identity=lee, role="prescriber", registered_at=MORNING)
    risk = SuicideRiskSignalled(
        signal_id=uuid4(), patient_id=uuid4(), assessment_id=uuid4(), rule_id="t", urgency="now", signalled_at=MORNING
    )
    async with stage.running["notifications"].store.transaction() as tx:
        await staff.remember_member(hired, tx)
        await safety.page_prescriber(risk, tx)
    await stage.settle()


async def test_a_page_comes_by_mail_with_no_more_than_it_may_say_and_is_answered_by_its_link(
    stage: Stage, postbox: tuple[Postbox, Controller]
) -> None:
    await signal(stage)
    [(to, mail)] = postbox[0].mail
    assert (to, mail["From"].addresses[0].addr_spec) == (["lee@north.example"], "clinic@north.example")
    assert mail["Subject"] == "North: HIGH a patient's answer needs a prescriber now, since 08:00 UTC"
    body = mail.get_body(("html", "plain"))
    assert body is not None
    text = body.get_content()
    assert not [word for word in ("PHQ", "suicid", "ketamine", "dr-lee") if word in text]
    link = text[text.index("/answer/") :].split()[0].split("<")[0].split('"')[0]
    assert (await stage.http("notifications").post(link)).status_code == 200
    await stage.settle()
    [answered] = [event for event in await stage.events(PAGES) if isinstance(event, PageAcknowledged)]
    assert answered.staff_id == "dr-lee"


@pytest.mark.parametrize("away", [False, True])
async def test_mail_that_is_not_taken_is_said_and_the_next_channel_is_tried(
    stage: Stage, postbox: tuple[Postbox, Controller], away: bool
) -> None:
    box, server = postbox
    box.full = True
    if away:
        await asyncio.to_thread(server.stop)
    await signal(stage)
    events = await stage.events(PAGES)
    assert [event.channel for event in events if isinstance(event, PageFailed)] == ["email"]
    assert [event.channel for event in events if isinstance(event, PageSent)] == ["console"]
    assert box.mail == []
