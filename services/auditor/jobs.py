"""Calls to the outside: the auditor's own way out, and its heartbeat. Neither knows anything of notifications' channels."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import ClassVar, Literal
from uuid import UUID

import apprise
import structlog
from pydantic import BaseModel

from kit.clock import wall
from kit.db import Tx
from kit.errors import Rejected, TryLater
from kit.jobs import Attempt, Calls, Job, Jobs
from kit.posting import ask
from kit.webhooks import post_signed
from schemas.auditor.audits import FaultKind
from schemas.monitoring.alarms import Priority
from services.auditor.rules.saying import body
from services.auditor.settings import settings_of
from services.auditor.store import faults

log = structlog.get_logger("auditor")
Way = Literal["apprise", "webhook", "log"]


class Line(BaseModel):
    """One fault as it is said outside."""

    fault_id: UUID
    kind: FaultKind
    priority: Priority
    chair: int | None
    since: datetime
    text: str


class SayOutside(Job):
    """Say what is wrong, by one of the ways out."""

    attempts: ClassVar[int] = 3
    timeout: ClassVar[timedelta] = timedelta(seconds=10)

    way: Way
    lines: tuple[Line, ...]


class BeatOutside(Job):
    """Tell the dead man's switch that all is well. What comes late is not said: the next beat is."""

    attempts: ClassVar[int] = 1
    timeout: ClassVar[timedelta] = timedelta(seconds=5)

    said_at: datetime
    """On the wall's clock."""


def say_outside(tx: Tx, lines: Sequence[Line]) -> None:
    """Say what is wrong by every way there is; to the log where none is set."""
    settings = settings_of(tx.settings)
    ways: list[Way] = ["apprise"] if settings.way_out is not None else []
    if settings.webhook_url is not None:
        ways.append("webhook")
    for way in ways or ["log"]:
        tx.defer(SayOutside(way=way, lines=tuple(lines)), priority=1)


def beat_outside(tx: Tx, said_at: datetime) -> None:
    """All is well: this very transaction is the write that proves our store, and the call follows its commit."""
    if settings_of(tx.settings).heartbeat_url is not None:
        tx.defer(BeatOutside(said_at=said_at))


async def call(job: SayOutside, attempt: Attempt) -> None:
    """Say it, by its way."""
    settings = settings_of(attempt.settings)
    texts = [line.text for line in job.lines]
    if job.way == "webhook" and settings.webhook_url is not None and settings.webhook_secret is not None:
        message = {"clinic": settings.clinic_name, "faults": [line.model_dump(mode="json") for line in job.lines]}
        secret = settings.webhook_secret.get_secret_value()
        await post_signed(
            settings.webhook_url.get_secret_value(), json.dumps(message).encode(), secret=secret, message_id=str(attempt.id)
        )
    elif job.way == "apprise" and settings.way_out is not None:
        sender = apprise.Apprise()
        if not sender.add(settings.way_out.get_secret_value()):
            raise Rejected("CHAIRSIDE_AUDITOR_WAY_OUT is no address that apprise knows")
        if not await sender.async_notify(title=texts[0], body=body(texts)):
            raise TryLater("the way out did not take it")
    elif job.way == "log":
        log.critical("no way out is set: CHAIRSIDE_AUDITOR_WAY_OUT", texts=texts)
    else:
        raise Rejected("the way out is not set any more")


async def done(job: SayOutside, attempt: Attempt, tx: Tx) -> None:
    """It was taken."""
    await faults.note_said(tx, [line.fault_id for line in job.lines])


async def failed(job: SayOutside, attempt: Attempt, reason: str, tx: Tx) -> None:
    """It was not; it is said again when it is due."""
    await faults.note_not_said(tx, [line.fault_id for line in job.lines], f"{job.way}: {reason or 'failed'}")


async def beat(job: BeatOutside, attempt: Attempt) -> None:
    """Beat, unless it comes so late that it would say more than is known."""
    settings = settings_of(attempt.settings)
    if settings.heartbeat_url is None or wall() - job.said_at > timedelta(seconds=settings.beat_seconds):
        raise Rejected("the beat came too late to be true")
    await ask(settings.heartbeat_method, settings.heartbeat_url.get_secret_value())


async def beaten(job: BeatOutside, attempt: Attempt, tx: Tx) -> None:
    """The switch knows."""


async def not_beaten(job: BeatOutside, attempt: Attempt, reason: str, tx: Tx) -> None:
    """The switch does not, and tells its people if that goes on."""
    log.warning("the heartbeat did not arrive", reason=reason)


JOBS: Jobs = {
    SayOutside: Calls(call=call, done=done, failed=failed),
    BeatOutside: Calls(call=beat, done=beaten, failed=not_beaten),
}
