"""Channels: tried out before they are needed, and how each has been lately."""

from datetime import datetime, timedelta
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from kit.fields import WholeNumber
from kit.http import Command, Refused, Routes, needs
from services.notifications.api.contacts import StaffId
from services.notifications.jobs.trying import try_channel
from services.notifications.rules.channels import Medium
from services.notifications.rules.circuits import State
from services.notifications.settings import settings_of
from services.notifications.store import channel_tests, circuits, tellings, ways

routes = Routes(tags=["channels"])
DAY = timedelta(days=1)


class Try(BaseModel):
    """What to try out."""

    model_config = ConfigDict(extra="forbid")

    channel: Annotated[WholeNumber, Field(ge=1)] | None = None
    """Its place among the person's channels, counted from 1; all of them, when not given."""


class Asked(BaseModel):
    """How many tests were sent on their way."""

    tests: int


class Tried(BaseModel):
    """What became of a test. The address stays hidden."""

    model_config = ConfigDict(from_attributes=True)

    place: int
    channel: Medium
    outcome: str
    """`waiting`; then `taken`, or `refused:` and why; then `delivered`, where the channel has receipts."""
    asked_at: datetime
    settled_at: datetime | None


class CircuitShown(BaseModel):
    """The way to one receiver. Those that work are not listed."""

    circuit: str
    state: State
    """`open` is tried last, `half-open` may be tried first again."""
    failures: int
    opened_at: datetime | None


class ChannelsShown(BaseModel):
    """How the channels are."""

    failing: list[CircuitShown]
    unworded_today: int
    """Pages of the last 24 hours that could not say what they were about, because their title is none that a page may use."""


@routes.post("/contacts/{staff_id}/test", dependencies=[needs("contacts.write")], status_code=202)
async def try_out(staff_id: StaffId, body: Try, tx: Command) -> Asked:
    """Send a person a test by each channel, or by one. What became of it: `GET /contacts/{staff_id}/tests`."""
    channels = (await ways.contacts(tx)).get(staff_id)
    if channels is None:
        raise Refused(
            404, "No such contact", f"Nobody has said how {staff_id} is reached.", todo=f"Say it: PUT /contacts/{staff_id}."
        )
    if body.channel is not None and body.channel > len(channels):
        raise Refused(
            422, "No such channel", f"{staff_id} has {len(channels)}.", field="body.channel", expected=f"1 to {len(channels)}"
        )
    tried = [(n, way) for n, way in enumerate(channels, 1) if body.channel in (None, n)]
    for place, channel in tried:
        await try_channel(tx, staff_id, place, channel)
    tx.audit("try channels", f"staff {staff_id}")
    return Asked(tests=len(tried))


@routes.get("/contacts/{staff_id}/tests", dependencies=[needs("contacts.read")])
async def list_tests(staff_id: StaffId, tx: Command) -> list[Tried]:
    """A person's last tests, newest first."""
    return [Tried.model_validate(test) for test in await channel_tests.of(tx, staff_id)]


@routes.get("/channels", dependencies=[needs("contacts.read")])
async def show_channels(tx: Command) -> ChannelsShown:
    """Which channels have failed lately."""
    open_for = timedelta(seconds=settings_of(tx.settings).circuit_open_seconds)
    failing = [
        CircuitShown(circuit=name, state=one.state(tx.now, open_for), failures=one.failures, opened_at=one.opened_at)
        for name, one in (await circuits.everyone(tx)).items()
    ]
    return ChannelsShown(failing=failing, unworded_today=await tellings.unworded(tx, tx.now - DAY))
