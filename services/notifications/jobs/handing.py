"""Handing a message over to a channel: one way out for each medium, and the name of the circuit it goes by."""

import asyncio
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit
from uuid import UUID

import structlog
from pydantic import BaseModel

from kit.clock import monotonic
from kit.errors import TryLater
from kit.posting import Later
from kit.webhooks import post_signed
from services.notifications import tables
from services.notifications.jobs import apprised, sms
from services.notifications.rules.channels import Medium, sms_text
from services.notifications.settings import NotificationsSettings

log = structlog.get_logger("notifications")


class Way(BaseModel):
    """A channel and where it leads."""

    channel: Medium
    address: str


@dataclass(frozen=True)
class Message:
    """What is to be said: one line that may be said anywhere, and what only some channels carry."""

    id: UUID
    line: str
    body: Mapping[str, object]
    """For a program that reads it: a webhook's JSON."""
    link: str = ""
    code: str = ""


async def hand(settings: NotificationsSettings, way: Way, message: Message) -> None:
    """Hand a message over. Raises Rejected when the channel says never, TryLater when it is away, TimeoutError when it hangs."""
    linked = f"{message.line}\n\n{message.link}".rstrip()
    match way.channel:
        case "console":
            log.warning("page", text=message.line, **{name: message.body.get(name) for name in ("staff_id", "step")})
        case "webhook":
            secret = settings.webhook_secret.get_secret_value()
            await post_signed(way.address, json.dumps(message.body).encode(), secret=secret, message_id=str(message.id))
        case "email":
            await apprised.mail(settings, way.address, message.line, linked)
        case "chat" | "push":
            await apprised.notify(way.address, "", linked)
        case "sms":
            text = sms_text(message.line, message.code) if message.code else message.line
            callback = sms.callback_for(settings, message.id)
            await sms.send(settings, way.address, text, idempotency_key=str(message.id), callback=callback)
        case "voice":
            callback = sms.callback_for(settings, message.id)
            await sms.speak(settings, way.address, message.line, idempotency_key=str(message.id), callback=callback)


async def insist(settings: NotificationsSettings, way: Way, message: Message) -> None:
    """Hand a message over by the last way there is: while the receiver is away and the attempt's time lasts, try again."""
    ends = monotonic() + tables.channels().patience.attempt_seconds
    pause = settings.retry_pause_seconds
    while True:
        try:
            await hand(settings, way, message)
        except TryLater as away:
            pause = max(pause, away.after_s) if isinstance(away, Later) else pause
            if monotonic() + 2 * pause > ends:
                raise
            await asyncio.sleep(pause)
            pause *= 2
        else:
            return


def circuit_of(way: Way, settings: NotificationsSettings) -> str:
    """Which receiver a way goes by. Where the address says it, only a digest is kept: addresses are personal."""
    if way.channel in ("console", "email"):
        return way.channel
    if way.channel in ("sms", "voice"):
        return f"provider {_digest(urlsplit(settings.sms_url or '').netloc)}"
    parts = urlsplit(way.address)
    return f"{way.channel if way.channel == 'webhook' else parts.scheme.lower()} {_digest(parts.netloc)}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]
