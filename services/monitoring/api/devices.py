"""Devices: which session one watches, and what it measured."""

from datetime import timedelta
from typing import Annotated, Literal
from uuid import UUID, uuid5

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field

from kit.direct import Said
from kit.fields import Instant, Number, WholeNumber
from kit.http import Command, Fault, Publish, Refused, Routes, needs
from schemas.monitoring.vitals import Measurement, VitalsMeasured
from services.monitoring import store, tables
from services.monitoring.moving.binding import bind_device, release_device
from services.monitoring.record import UNBOUND, Source, end_alarm
from services.monitoring.rules.phases import OVER

routes = Routes(tags=["devices"])
NAMES = UUID("7c1c5e0e-3b0a-4b52-9a53-2f3e9f1b7a10")
"""Names space of reading ids: the same reading has the same id however often it is sent."""
DeviceId = Annotated[str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,59}$")]


class Measured(BaseModel):
    """One value. Null says that the probe is off."""

    model_config = ConfigDict(extra="forbid")

    code: str
    value: Annotated[Number, Field(ge=-100, le=10_000)] | None
    unit: str


class DeviceReading(BaseModel):
    """What was measured at one instant, on the clinic's clock."""

    model_config = ConfigDict(extra="forbid")

    measured_at: Instant
    method: Literal["cuff", "continuous", "manual"]
    measurements: Annotated[list[Measured], Field(min_length=1, max_length=20)]
    simulated: bool = False


class Readings(BaseModel):
    """Readings, in any order."""

    model_config = ConfigDict(extra="forbid")

    readings: Annotated[list[DeviceReading], Field(min_length=1, max_length=500)]


class Accepted(BaseModel):
    """How many readings every replica of the broker has now."""

    accepted: int
    bound: bool
    """False when the device watches no session: its readings are kept, and an alarm says so."""


class Bind(BaseModel):
    """The session to watch."""

    model_config = ConfigDict(extra="forbid")

    session_id: UUID


class Bound(BaseModel):
    """What a device watches."""

    device_id: str
    session_id: UUID
    chair: int


class Place(BaseModel):
    """The chair a device belongs to."""

    model_config = ConfigDict(extra="forbid")

    chair: Annotated[WholeNumber, Field(ge=1, le=10_000)]


class Placed(BaseModel):
    """Where a device belongs, and whom it watches there now."""

    device_id: str
    chair: int
    session_id: UUID | None


@routes.put("/devices/{device_id}/binding", dependencies=[needs("devices.bind")])
async def bind(device_id: DeviceId, body: Bind, tx: Command) -> Bound:
    """Let a device watch a session from now on; what it watched before it watches no longer."""
    session = await store.hold(tx, body.session_id)
    if session is None:
        raise Refused(404, "No such session", f"monitoring knows no session {body.session_id}")
    if session.phase in OVER:
        raise Refused(409, "The session is over", f"it is {session.phase}")
    if await bind_device(tx, session, device_id):
        tx.audit("bind", f"device {device_id} to session {session.session_id}")
    return Bound(device_id=device_id, session_id=session.session_id, chair=session.chair)


@routes.delete("/devices/{device_id}/binding", dependencies=[needs("devices.bind")], status_code=204)
async def release(device_id: DeviceId, tx: Command) -> None:
    """Let a device watch no longer."""
    if not await release_device(tx, device_id):
        raise Refused(404, "The device is not bound", f"{device_id} watches no session")
    tx.audit("release", f"device {device_id}")


@routes.put("/devices/{device_id}/chair", dependencies=[needs("devices.bind")])
async def place(device_id: DeviceId, body: Place, tx: Command) -> Placed:
    """Let a device belong to a chair: from now on it watches whoever sits there, and who sits there now."""
    await store.place_device(tx, device_id, body.chair)
    session = next((one for one in await store.see_all(tx) if one.chair == body.chair), None)
    held = await store.hold(tx, session.session_id) if session else None
    if held is not None:
        await bind_device(tx, held, device_id)
    await end_alarm(tx, Source(f"device {device_id}", device_id=device_id), UNBOUND)
    tx.audit("place", f"device {device_id} at chair {body.chair}")
    return Placed(device_id=device_id, chair=body.chair, session_id=held.session_id if held else None)


@routes.delete("/devices/{device_id}/chair", dependencies=[needs("devices.bind")], status_code=204)
async def remove(device_id: DeviceId, tx: Command) -> None:
    """Let a device belong to no chair any more. What it watches now it watches on."""
    if not await store.remove_device(tx, device_id):
        raise Refused(404, "The device belongs to no chair", f"{device_id} was never placed")
    tx.audit("remove", f"device {device_id} from its chair")


@routes.post("/devices/{device_id}/vitals", dependencies=[needs("vitals.write")], status_code=202)
async def measure(device_id: DeviceId, body: Readings, tx: Command, publish: Publish) -> Accepted:
    """Take readings: 202 once every replica of the broker has them. Codes and units are checked first, all or none."""
    check(body)
    bound = (await store.bindings_of(tx, [device_id], min(r.measured_at for r in body.readings) - timedelta(seconds=1))).get(
        device_id, []
    )
    await publish(*(said(device_id, reading, bound, tx) for reading in body.readings))
    return Accepted(accepted=len(body.readings), bound=any(b.released_at is None for b in bound))


def said(device_id: str, reading: DeviceReading, bound: list[store.Binding], tx: Command) -> Said:
    """A reading as it is said, under an id that is the same however often it is sent."""
    binding = next((b for b in bound if b.covers(reading.measured_at)), None)
    event = VitalsMeasured(
        device_id=device_id,
        session_id=binding.session_id if binding else None,
        chair=binding.chair if binding else None,
        measured_at=reading.measured_at,
        received_at=tx.now,
        measurements=tuple(Measurement(code=m.code, value=m.value, unit=m.unit) for m in reading.measurements),
        method=reading.method,
        simulated=reading.simulated,
    )
    codes = ",".join(sorted(m.code for m in reading.measurements))
    return event, uuid5(NAMES, f"{device_id} {codes} {reading.measured_at.timestamp()}")


def check(body: Readings) -> None:
    """Codes and units, all or none. Raises Refused with every fault."""
    known = tables.plausible().vital
    faults = []
    for place, reading in enumerate(body.readings):
        for number, measured in enumerate(reading.measurements):
            where = f"body.readings.{place}.measurements.{number}"
            vital = known.get(measured.code)
            if vital is None:
                faults.append(Fault(field=f"{where}.code", expected=f"a LOINC code of: {', '.join(sorted(known))}"))
            elif measured.unit != vital.unit:
                faults.append(Fault(field=f"{where}.unit", expected=f"{vital.unit} (UCUM) for {measured.code}"))
    if faults:
        raise Refused(422, "A code or unit is not as it must be", "nothing was taken", faults=faults)
