"""Patients: by which channels they agreed to be messaged. What was shown is kept with each consent; addresses are personal."""

from datetime import datetime
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import phonenumbers
from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field

from kit.fields import Text
from kit.http import Command, Refused, Routes, needs
from schemas.notifications.messages import MessageChannel
from services.notifications import tables
from services.notifications.moving.consent import agree, withdraw
from services.notifications.store import messages_people as people
from services.notifications.store.messages_people import Patient

routes = Routes(tags=["patients' messages"])
REGION = "US"


class Agreed(BaseModel):
    """A patient agrees to be messaged by a channel."""

    model_config = ConfigDict(extra="forbid")

    channel: MessageChannel
    address: Annotated[Text, Field(min_length=3, max_length=254)]
    """A phone number, with + and country unless it is the clinic's own; or name@host."""
    zone: Annotated[Text, Field(min_length=1, max_length=64)]
    """The patient's time zone, as in America/New_York: messages come from 08:00 until 21:00 there."""
    consent_version: Annotated[Text, Field(min_length=1, max_length=40)]
    """Of the text that the patient was shown: GET /messaging-consents lists them."""
    came_from: Annotated[Text, Field(min_length=1, max_length=100)] | None = None
    """From where the patient agreed, such as the address of their device; the caller's address when not given."""


class ChannelShown(BaseModel):
    """A channel, without its address."""

    channel: MessageChannel
    may_be_used: bool


class ConsentShown(BaseModel):
    """A consent, or its end."""

    model_config = ConfigDict(from_attributes=True)

    channel: str
    given: bool
    version: str
    text_shown: str
    came_from: str
    via: str
    by_whom: str
    at: datetime


class MessagingShown(BaseModel):
    """How a patient may be messaged."""

    patient_id: UUID
    zone: str | None
    channels: list[ChannelShown]
    consents: list[ConsentShown]


class ConsentText(BaseModel):
    """A text that a patient is shown before they agree."""

    channel: MessageChannel
    version: str
    text: str


@routes.get("/messaging-consents", dependencies=[needs("messaging.read")])
async def list_consent_texts() -> list[ConsentText]:
    """What patients are shown before they agree."""
    return [ConsentText(channel=row.channel, version=row.consent_version, text=row.text) for row in tables.wordings().consent]


@routes.put("/patients/{patient_id}/messaging", dependencies=[needs("messaging.write")], status_code=204)
async def put_messaging(patient_id: UUID, body: Agreed, request: Request, tx: Command) -> None:
    """Keep what the patient agreed to: one channel, its address, and where their clock is."""
    patient = await people.hold(tx, patient_id)
    if patient is None:
        raise _unknown(patient_id)
    shown = tables.wordings().consent_of(body.channel, body.consent_version)
    if shown is None:
        known = ", ".join(row.consent_version for row in tables.wordings().consent if row.channel == body.channel)
        raise Refused(
            422,
            "There is no consent text of this version",
            field="body.consent_version",
            expected=f"one of: {known}",
            todo="Show the patient the text of a version we know, and name that.",
        )
    address = _phone(body.address) if body.channel == "sms" else _mail(body.address)
    _check_zone(body.zone)
    await people.put_zone(tx, patient_id, body.zone)
    came_from = body.came_from or (request.client.host if request.client else "unknown")
    await agree(
        tx,
        patient_id,
        body.channel,
        address,
        text=shown.text,
        version=shown.consent_version,
        came_from=came_from,
        by_reply=False,
    )
    tx.audit("put messaging consent", f"patient {patient_id}", reason=f"{body.channel} {body.consent_version}")


@routes.delete("/patients/{patient_id}/messaging", dependencies=[needs("messaging.write")], status_code=204)
async def delete_messaging(patient_id: UUID, request: Request, tx: Command) -> None:
    """The patient wants no more messages, by whichever way they said so: every channel ends now."""
    if await people.hold(tx, patient_id) is None:
        raise _unknown(patient_id)
    came_from = request.client.host if request.client else "unknown"
    await withdraw(tx, patient_id, text="told to staff", came_from=came_from, via="staff")
    tx.audit("withdraw messaging consent", f"patient {patient_id}")


@routes.get("/patients/{patient_id}/messaging", dependencies=[needs("messaging.read")])
async def show_messaging(patient_id: UUID, tx: Command) -> MessagingShown:
    """By which channels a patient may be messaged, and every consent; no address."""
    patient = await people.see(tx, patient_id)
    if patient is None:
        raise _unknown(patient_id)
    consents = [
        ConsentShown(**{name: row[name] for name in ConsentShown.model_fields}) for row in await people.consents(tx, patient_id)
    ]
    channels = [ChannelShown(channel=channel, may_be_used=channel in patient.agreed) for channel in patient.addresses]
    return MessagingShown(patient_id=patient_id, zone=patient.zone, channels=channels, consents=consents)


@routes.post("/patients/{patient_id}/messaging/addresses", dependencies=[needs("messaging.addresses")])
async def show_addresses(patient_id: UUID, tx: Command) -> dict[MessageChannel, str]:
    """A patient's addresses. Personal: that they were read is audited."""
    patient: Patient | None = await people.see(tx, patient_id)
    if patient is None:
        raise _unknown(patient_id)
    tx.audit("read messaging addresses", f"patient {patient_id}")
    return patient.addresses


def _unknown(patient_id: UUID) -> Refused:
    return Refused(
        404,
        "No such patient",
        f"notifications knows no patient {patient_id}",
        todo="Refer the patient first; a patient referred a moment ago is known in a moment.",
    )


def _phone(given: str) -> str:
    """A number as E.164. Raises Refused, which does not repeat it."""
    try:
        number = phonenumbers.parse(given, REGION)
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_valid_number(number) or number.extension:
        raise Refused(
            422, "This is no phone number", field="body.address", expected="a number with + and country, such as +12025550143"
        )
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _mail(given: str) -> str:
    name, at, host = given.partition("@")
    if not (name and at and host) or "@" in host or any(c.isspace() or not c.isprintable() for c in given):
        raise Refused(422, "This is no mail address", field="body.address", expected="name@host")
    return given


def _check_zone(name: str) -> None:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Refused(422, "This is no time zone", field="body.zone", expected="an IANA name, such as America/New_York") from None
