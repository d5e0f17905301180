"""A gateway: the readings of many devices at once."""

from datetime import timedelta
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from kit.http import Command, Fault, Publish, Refused, Routes, needs
from services.monitoring import store
from services.monitoring.api.devices import DeviceReading, Readings, check, said

routes = Routes(tags=["devices"])
MOST_READINGS = 500


class DeviceReadings(BaseModel):
    """What one device measured."""

    model_config = ConfigDict(extra="forbid")

    device_id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,59}$")]
    readings: Annotated[list[DeviceReading], Field(min_length=1, max_length=MOST_READINGS)]


class Gathered(BaseModel):
    """What a gateway gathered, in any order."""

    model_config = ConfigDict(extra="forbid")

    devices: Annotated[list[DeviceReadings], Field(min_length=1, max_length=MOST_READINGS)]


class AllAccepted(BaseModel):
    """How many readings every replica of the broker has now."""

    accepted: int
    unbound: list[str]
    """Devices that watch no session: their readings are kept, and an alarm says so."""


@routes.post("/vitals", dependencies=[needs("vitals.write")], status_code=202)
async def gather(body: Gathered, tx: Command, publish: Publish) -> AllAccepted:
    """Take readings of several devices, 500 at most: 202 once the broker has them. All are checked first; all or none."""
    _check_all(body)
    pairs = [(device.device_id, reading) for device in body.devices for reading in device.readings]
    devices = {device.device_id for device in body.devices}
    first = min(reading.measured_at for _, reading in pairs)
    bound = await store.bindings_of(tx, devices, first - timedelta(seconds=1))
    await publish(*(said(device, reading, bound.get(device, []), tx) for device, reading in pairs))
    now_bound = {device for device, found in bound.items() if any(b.released_at is None for b in found)}
    return AllAccepted(accepted=len(pairs), unbound=sorted(devices - now_bound))


def _check_all(body: Gathered) -> None:
    if sum(len(device.readings) for device in body.devices) > MOST_READINGS:
        raise Refused(
            422, "Too many readings at once", field="body.devices", expected=f"{MOST_READINGS} readings at most, in all"
        )
    faults = []
    for place, device in enumerate(body.devices):
        try:
            check(Readings(readings=device.readings))
        except Refused as refused:
            where = f"body.devices.{place}."
            faults += [Fault(field=f.field.replace("body.", where, 1), expected=f.expected) for f in refused.problem.faults]
    if faults:
        raise Refused(422, "A code or unit is not as it must be", "nothing was taken", faults=faults)
