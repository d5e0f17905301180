"""Telling one person by one channel; when it fails, by their next.

The webhook is not apprise's JSON plugin, which cannot sign; e-mail is apprise's.
"""

import json
from datetime import UTC, datetime, timedelta
from typing import ClassVar, Literal
from urllib.parse import quote
from uuid import UUID

import apprise
import structlog
from pydantic import BaseModel

from kit.auth import sign_link
from kit.clock import wall
from kit.db import Tx
from kit.errors import Rejected, TryLater
from kit.jobs import Attempt, Calls, Job, Jobs
from kit.webhooks import post_signed
from schemas.monitoring.alarms import Priority
from schemas.notifications.pages import PageFailed, PageSent
from services.notifications.rules.policy import RANK
from services.notifications.rules.texts import page_text
from services.notifications.settings import NotificationsSettings, settings_of
from services.notifications.store import pages, ways
from services.notifications.store.pages import Page
from services.notifications.store.ways import Channel

log = structlog.get_logger("notifications")
LINK_LASTS = timedelta(hours=12)


class Way(BaseModel):
    """A channel and where it leads."""

    channel: Literal["console", "webhook", "email"]
    address: str


class AnswerLink(BaseModel):
    """What an answer link carries: which page, whose answer, and the priority that the page told of."""

    page_id: UUID
    staff_id: str
    priority: Priority


class TellPerson(Job):
    """Tell one person of a page."""

    attempts: ClassVar[int] = 1
    timeout: ClassVar[timedelta] = timedelta(seconds=5)

    page_id: UUID
    staff_id: str
    step: int
    priority: Priority
    chair: int | None
    title: str
    since: datetime
    ways: tuple[Way, ...]
    """The person's channels still to be tried, the next first."""


def tell(tx: Tx, page: Page, staff_id: str, channels: list[Channel]) -> None:
    """Have a person told, urgent pages first."""
    job = TellPerson(
        page_id=page.page_id,
        staff_id=staff_id,
        step=page.step,
        priority=page.priority,
        chair=page.chair,
        title=page.title,
        since=page.opened_at,
        ways=tuple(Way(channel=way.channel, address=way.address) for way in channels),
    )
    tx.defer(job, priority=RANK[page.priority])


def link_of(job: TellPerson, settings: NotificationsSettings) -> str:
    """Where this person answers this page, for as long as the wall clock allows."""
    carried = AnswerLink(page_id=job.page_id, staff_id=job.staff_id, priority=job.priority)
    token = sign_link(settings.link_secret.get_secret_value(), carried, wall() + LINK_LASTS)
    return f"{settings.public_url.rstrip('/')}/answer/{token}"


async def call(job: TellPerson, attempt: Attempt) -> None:
    """Tell, by the first of the ways."""
    settings = settings_of(attempt.settings)
    way = job.ways[0]
    text = page_text(settings.clinic_name, job.chair, job.priority, job.title, job.since.astimezone(UTC))
    link = link_of(job, settings)
    if way.channel == "console":
        log.warning("page", text=text, staff_id=job.staff_id, step=job.step)
    elif way.channel == "webhook":
        body = {
            "page_id": str(job.page_id),
            "priority": job.priority,
            "text": text,
            "chair": job.chair,
            "since": job.since.isoformat(),
            "link": link,
            "step": job.step,
            "staff_id": job.staff_id,
        }
        secret = settings.webhook_secret.get_secret_value()
        await post_signed(way.address, json.dumps(body).encode(), secret=secret, message_id=str(attempt.id))
    else:
        await _mail(settings, way.address, text, link)


async def _mail(settings: NotificationsSettings, address: str, text: str, link: str) -> None:
    if settings.mail_url is None:
        raise Rejected("no mail server is set: CHAIRSIDE_NOTIFICATIONS_MAIL_URL")
    base = settings.mail_url.get_secret_value()
    sender = apprise.Apprise()
    if not sender.add(f"{base}{'&' if '?' in base else '?'}to={quote(address)}"):
        raise Rejected("the mail server's address is not one apprise knows")
    if not await sender.async_notify(title=text, body=f"{text}\n\n{link}"):
        raise TryLater("the mail server did not take it")


async def done(job: TellPerson, attempt: Attempt, tx: Tx) -> None:
    """The channel took it."""
    await _say(job, attempt, tx, "sent")


async def failed(job: TellPerson, attempt: Attempt, reason: str, tx: Tx) -> None:
    """The channel did not take it: say so, and try the person's next one at once."""
    await _say(job, attempt, tx, reason or "failed")
    if len(job.ways) > 1:
        tx.defer(job.model_copy(update={"ways": job.ways[1:]}), priority=RANK[job.priority])


async def _say(job: TellPerson, attempt: Attempt, tx: Tx, outcome: str) -> None:
    page = await pages.see(tx, job.page_id)
    if page is None:
        return
    channel = job.ways[0].channel
    await ways.note_telling(tx, attempt.id, job.page_id, job.staff_id, job.step, channel, outcome)
    about = page.about()
    if outcome == "sent":
        tx.emit(PageSent(**about, priority=job.priority, staff_id=job.staff_id, step=job.step, channel=channel, sent_at=tx.now))
    else:
        tx.emit(PageFailed(**about, staff_id=job.staff_id, step=job.step, channel=channel, reason=outcome, failed_at=tx.now))


JOBS: Jobs = {TellPerson: Calls(call=call, done=done, failed=failed)}
