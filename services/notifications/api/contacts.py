"""Contacts: how each person is reached."""

import re
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field

from kit.fields import Text
from kit.http import Caller, Command, Refused, Routes, needs
from services.notifications.jobs import apprised
from services.notifications.jobs.waiting import forget_daily
from services.notifications.rules.channels import BY_PHONE, Medium, NotAnAddress, phone
from services.notifications.settings import settings_of
from services.notifications.store import ways
from services.notifications.store.ways import Channel

routes = Routes(tags=["contacts"])
StaffId = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9._-]{0,39}$")]
MAIL = re.compile(r"[^\s@,;<>\"]+@[^\s@,;<>\"]+")
WHAT: dict[Medium, str] = {
    "console": "console",
    "webhook": "webhook address",
    "email": "mail address",
    "sms": "phone number",
    "voice": "phone number",
    "chat": "chat address",
    "push": "push address",
}


class Way(BaseModel):
    """One channel. An address is personal, and often a secret: it is shown only to those who may change it."""

    model_config = ConfigDict(extra="forbid")

    channel: Medium
    address: Annotated[Text, Field(min_length=1, max_length=500)]


class Ways(BaseModel):
    """A person's channels, the first tried first."""

    model_config = ConfigDict(extra="forbid")

    channels: Annotated[list[Way], Field(min_length=1, max_length=5)]


@routes.put("/contacts/{staff_id}", dependencies=[needs("contacts.write")], status_code=204)
async def put_contacts(staff_id: StaffId, body: Ways, tx: Command) -> None:
    """Say how a person is reached. Phone numbers are kept as E.164; nothing is sent (`POST /contacts/{staff_id}/test` does)."""
    region = settings_of(tx.settings).phone_region
    channels = [_checked(way, place, region) for place, way in enumerate(body.channels)]
    await ways.put_contacts(tx, staff_id, channels)
    forget_daily(tx)
    tx.audit("put contacts", f"staff {staff_id}")


@routes.get("/contacts", dependencies=[needs("contacts.read")])
async def list_contacts(tx: Command, caller: Caller) -> dict[str, list[Way]]:
    """How everybody is reached."""
    shown = "contacts.write" in caller.permissions
    return {
        staff_id: [Way(channel=c.channel, address=c.address if shown else "hidden") for c in channels]
        for staff_id, channels in (await ways.contacts(tx)).items()
    }


def _checked(way: Way, place: int, region: str) -> Channel:
    try:
        return Channel(way.channel, _address(way, region))
    except NotAnAddress as fault:
        what = WHAT[way.channel]
        raise Refused(
            422,
            f"This is no {what}",
            f"Channel {place + 1} has an address by which nobody can be reached.",
            todo="Mend this address and send all channels again; nothing was changed.",
            field=f"body.channels.{place}.address",
            expected=str(fault),
        ) from None


def _address(way: Way, region: str) -> str:
    """The address as it is kept. Raises NotAnAddress."""
    if way.channel in BY_PHONE:
        return phone(way.address, region)
    if way.channel in ("chat", "push"):
        apprised.check(way.address)
    elif way.channel == "webhook" and not _is_web(way.address):
        raise NotAnAddress("an http or https address")
    elif way.channel == "email" and not MAIL.fullmatch(way.address):
        raise NotAnAddress("one mail address, as name@host")
    return way.address


def _is_web(address: str) -> bool:
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and not any(letter.isspace() for letter in address)
