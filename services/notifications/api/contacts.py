"""Contacts: how each person is reached."""

from typing import Annotated, Literal
from urllib.parse import urlsplit

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field

from kit.http import Caller, Command, Refused, Routes, needs
from services.notifications.store import ways
from services.notifications.store.ways import Channel

routes = Routes(tags=["contacts"])
StaffId = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9._-]{0,39}$")]


class Way(BaseModel):
    """One channel. An address is personal: it is shown only to those who may change it."""

    model_config = ConfigDict(extra="forbid")

    channel: Literal["console", "webhook", "email"]
    address: str = Field(min_length=1, max_length=500)


class Ways(BaseModel):
    """A person's channels, the first tried first."""

    model_config = ConfigDict(extra="forbid")

    channels: Annotated[list[Way], Field(min_length=1, max_length=5)]


@routes.put("/contacts/{staff_id}", dependencies=[needs("contacts.write")], status_code=204)
async def put_contacts(staff_id: StaffId, body: Ways, tx: Command) -> None:
    """Say how a person is reached."""
    for place, way in enumerate(body.channels):
        _check(way, place)
    await ways.put_contacts(tx, staff_id, [Channel(way.channel, way.address) for way in body.channels])
    tx.audit("put contacts", f"staff {staff_id}")


@routes.get("/contacts", dependencies=[needs("contacts.read")])
async def list_contacts(tx: Command, caller: Caller) -> dict[str, list[Way]]:
    """How everybody is reached."""
    shown = "contacts.write" in caller.permissions
    return {
        staff_id: [Way(channel=c.channel, address=c.address if shown else "hidden") for c in channels]
        for staff_id, channels in (await ways.contacts(tx)).items()
    }


def _check(way: Way, place: int) -> None:
    where = f"body.channels.{place}.address"
    if way.channel == "webhook":
        parts = urlsplit(way.address)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise Refused(422, "This is no webhook address", field=where, expected="an http or https address")
    elif way.channel == "email":
        name, at, host = way.address.partition("@")
        if not (name and at and host) or any(c.isspace() for c in way.address):
            raise Refused(422, "This is no mail address", field=where, expected="name@host")
