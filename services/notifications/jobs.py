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
from schemas.notifications.pages import AnsweredAlarm, PageFailed, PageSent
from services.notifications.record import nobody_reached
from services.notifications.rules.paging import asked
from services.notifications.rules.policy import RANK
from services.notifications.rules.texts import Line, fitting, page_text
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
    """What an answer link carries: which page, whose answer, and the alarms that the page showed, with their priorities."""

    page_id: UUID
    staff_id: str
    alarms: tuple[AnsweredAlarm, ...] = ()


class Told(BaseModel):
    """An alarm as a page tells of it."""

    alarm_id: UUID | None
    priority: Priority
    title: str
    since: datetime


class TellPerson(Job):
    """Tell one person of a page."""

    attempts: ClassVar[int] = 1
    timeout: ClassVar[timedelta] = timedelta(seconds=5)

    page_id: UUID
    staff_id: str
    step: int
    priority: Priority
    chair: int | None
    lines: tuple[Told, ...]
    """What the page asks about, the most urgent first; as many are shown as one page holds."""
    ways: tuple[Way, ...]
    """The person's channels still to be tried, the next first."""


def tell(tx: Tx, page: Page, staff_id: str, channels: list[Channel], *, in_parallel: bool = False) -> None:
    """Have a person told of all that a page asks about, urgent pages first: by one channel after the other, or by all at once."""
    items = asked(page.items)
    ways = tuple(Way(channel=way.channel, address=way.address) for way in channels)
    for each in [(way,) for way in ways] if in_parallel else [ways]:
        job = TellPerson(
            page_id=page.page_id,
            staff_id=staff_id,
            step=page.step,
            priority=items[0].priority,
            chair=page.chair,
            lines=tuple(Told(alarm_id=i.alarm_id, priority=i.priority, title=i.title, since=i.since) for i in items),
            ways=each,
        )
        tx.defer(job, priority=RANK[job.priority])


def shown_of(job: TellPerson, settings: NotificationsSettings) -> tuple[list[Line], tuple[AnsweredAlarm, ...]]:
    """What one page shows of a job's alarms, and the alarms that an answer to it is for."""
    lines = [Line(one.priority, one.title, one.since.astimezone(UTC)) for one in job.lines]
    many = fitting(settings.clinic_name, job.chair, lines)
    shown = [AnsweredAlarm(alarm_id=one.alarm_id, priority=one.priority) for one in job.lines[:many] if one.alarm_id]
    return lines[:many], tuple(shown)


def link_of(job: TellPerson, settings: NotificationsSettings) -> str:
    """Where this person answers this page, for as long as the wall clock allows."""
    carried = AnswerLink(page_id=job.page_id, staff_id=job.staff_id, alarms=shown_of(job, settings)[1])
    token = sign_link(settings.link_secret.get_secret_value(), carried, wall() + LINK_LASTS)
    return f"{settings.public_url.rstrip('/')}/answer/{token}"


async def call(job: TellPerson, attempt: Attempt) -> None:
    """Tell, by the first of the ways."""
    settings = settings_of(attempt.settings)
    way = job.ways[0]
    text = page_text(settings.clinic_name, job.chair, shown_of(job, settings)[0])
    link = link_of(job, settings)
    if way.channel == "console":
        log.warning("page", text=text, staff_id=job.staff_id, step=job.step)
    elif way.channel == "webhook":
        body = {
            "page_id": str(job.page_id),
            "priority": job.priority,
            "text": text,
            "chair": job.chair,
            "since": job.lines[0].since.isoformat(),
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
    else:
        nobody_reached(tx, job.page_id, job.staff_id)


async def _say(job: TellPerson, attempt: Attempt, tx: Tx, outcome: str) -> None:
    page = await pages.see(tx, job.page_id)
    if page is None:
        return
    channel = job.ways[0].channel
    await ways.note_telling(tx, attempt.id, job.page_id, job.staff_id, job.step, channel, outcome)
    about = page.about()
    if outcome == "sent":
        tx.emit(
            PageSent(
                **about,
                priority=job.priority,
                staff_id=job.staff_id,
                step=job.step,
                channel=channel,
                sent_at=tx.now,
                medium=channel,
                alarms=shown_of(job, settings_of(tx.settings))[1],
            )
        )
    else:
        tx.emit(
            PageFailed(
                **about,
                staff_id=job.staff_id,
                step=job.step,
                channel=channel,
                reason=outcome,
                failed_at=tx.now,
                medium=channel,
            )
        )


JOBS: Jobs = {TellPerson: Calls(call=call, done=done, failed=failed)}
