"""Patients as far as messages go: their clock, their channels and consents, their appointments and sessions."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from kit.db import Tx
from schemas.notifications.messages import MessageChannel
from services.notifications.store.named import queries

Said = Literal["confirmed", "declined"]


@dataclass(frozen=True)
class Patient:
    """A patient's clock and channels."""

    patient_id: UUID
    zone: str | None
    addresses: dict[MessageChannel, str] = field(repr=False)
    """Of every channel that is known."""
    agreed: frozenset[MessageChannel]
    """The channels that may be used."""


@dataclass
class Appointment:
    """An appointment, and what the patient said about it."""

    appointment_id: UUID
    patient_id: UUID
    starts_at: datetime
    state: Literal["booked", "cancelled", "arrived", "missed"]
    attendance: Said | None
    preparation: Said | None
    ride: Said | None


@dataclass(frozen=True)
class Session:
    """A session whose patient may be home by now."""

    session_id: UUID
    patient_id: UUID
    discharged_at: datetime | None
    reached: bool
    check_in: Said | None


async def hear(tx: Tx, patient_id: UUID) -> None:
    """A patient has a chart."""
    await queries.hear_patient(tx.db, patient_id=patient_id)


async def hold(tx: Tx, patient_id: UUID) -> Patient | None:
    """A patient, held until the transaction ends."""
    return await _patient(tx, await queries.hold_patient(tx.db, patient_id=patient_id))


async def see(tx: Tx, patient_id: UUID) -> Patient | None:
    """A patient, to be read."""
    return await _patient(tx, await queries.see_patient(tx.db, patient_id=patient_id))


async def _patient(tx: Tx, row: Any) -> Patient | None:
    if row is None:
        return None
    rows = [one async for one in queries.patient_channels(tx.db, patient_id=row["patient_id"])]
    agreed = frozenset(one["channel"] for one in rows if one["consent_id"])
    return Patient(row["patient_id"], row["zone"], {one["channel"]: one["address"] for one in rows}, agreed)


async def of_address(tx: Tx, channel: MessageChannel, address: str) -> list[UUID]:
    """Who is known by an address: more than one where people share a phone."""
    return [row["patient_id"] async for row in queries.patients_of(tx.db, channel=channel, address=address)]


async def put_zone(tx: Tx, patient_id: UUID, zone: str) -> None:
    """Where the patient's clock is."""
    await queries.put_zone(tx.db, patient_id=patient_id, zone=zone)


async def put_channel(tx: Tx, patient_id: UUID, channel: MessageChannel, address: str, consent_id: UUID) -> None:
    """A channel may be used."""
    await queries.put_channel(
        tx.db, patient_id=patient_id, channel=channel, address=address, consent_id=consent_id, changed_at=tx.now
    )


async def close_channels(tx: Tx, patient_id: UUID, channels: Sequence[MessageChannel]) -> dict[MessageChannel, str]:
    """Channels may be used no more. Returns those that were open, with their addresses."""
    rows = queries.close_channels(tx.db, patient_id=patient_id, channels=list(channels), changed_at=tx.now)
    return {row["channel"]: row["address"] async for row in rows}


async def keep_consent(
    tx: Tx,
    consent_id: UUID,
    patient_id: UUID,
    channel: MessageChannel,
    address: str,
    *,
    given: bool,
    text: str,
    version: str,
    came_from: str,
    via: str,
) -> None:
    """A consent or its end, for good: what was shown, when, from where, by whom."""
    await queries.keep_consent(
        tx.db,
        consent_id=consent_id,
        patient_id=patient_id,
        channel=channel,
        given=given,
        address=address,
        text_shown=text,
        version=version,
        came_from=came_from,
        via=via,
        by_whom=tx.actor,
        at=tx.now,
    )


async def consents(tx: Tx, patient_id: UUID) -> list[dict[str, Any]]:
    """Every consent and every end of one."""
    return [dict(row) async for row in queries.consents(tx.db, patient_id=patient_id)]


async def book(tx: Tx, appointment_id: UUID, patient_id: UUID, starts_at: datetime) -> bool:
    """An appointment, or a new time for one. False where both are known, or it is over."""
    booked = await queries.book_appointment(tx.db, appointment_id=appointment_id, patient_id=patient_id, starts_at=starts_at)
    return booked is not None


async def end(tx: Tx, appointment_id: UUID, patient_id: UUID, state: Literal["cancelled", "arrived", "missed"]) -> None:
    """It won't be waited for any more."""
    await queries.end_appointment(tx.db, appointment_id=appointment_id, patient_id=patient_id, state=state, at=tx.now)


async def hold_appointment(tx: Tx, appointment_id: UUID) -> Appointment | None:
    """One appointment, held."""
    row = await queries.hold_appointment(tx.db, appointment_id=appointment_id)
    return Appointment(**dict(row)) if row else None


async def see_appointment(tx: Tx, appointment_id: UUID) -> Appointment | None:
    """One appointment, to be read."""
    row = await queries.see_appointment(tx.db, appointment_id=appointment_id)
    return Appointment(**dict(row)) if row else None


async def reminded_of(tx: Tx, patients: Sequence[UUID]) -> list[Appointment]:
    """The next appointment of each patient, of those that a message told them about."""
    rows = queries.reminded_of(tx.db, patients=list(patients), now=tx.now)
    return [Appointment(**dict(row)) async for row in rows]


async def keep_answers(tx: Tx, appointment: Appointment) -> None:
    """What the patient said about it."""
    await queries.keep_answers(
        tx.db,
        appointment_id=appointment.appointment_id,
        attendance=appointment.attendance,
        preparation=appointment.preparation,
        ride=appointment.ride,
    )


async def hear_session(tx: Tx, session_id: UUID, patient_id: UUID) -> None:
    """Whose session it is."""
    await queries.hear_session(tx.db, session_id=session_id, patient_id=patient_id)


async def hear_discharge(tx: Tx, session_id: UUID, patient_id: UUID, discharged_at: datetime) -> None:
    """The patient went home."""
    await queries.hear_discharge(tx.db, session_id=session_id, patient_id=patient_id, discharged_at=discharged_at)


async def hear_reached(tx: Tx, session_id: UUID) -> None:
    """Somebody spoke with the patient."""
    await queries.hear_reached(tx.db, session_id=session_id)


async def hold_session(tx: Tx, session_id: UUID) -> Session | None:
    """One session, held."""
    row = await queries.hold_session(tx.db, session_id=session_id)
    return Session(**dict(row)) if row else None


async def keep_check_in(tx: Tx, session_id: UUID, said: Said) -> None:
    """What the patient said at the check-in."""
    await queries.keep_check_in(tx.db, session_id=session_id, check_in=said)


async def see_session(tx: Tx, session_id: UUID) -> Session | None:
    """One session, to be read."""
    row = await queries.see_session(tx.db, session_id=session_id)
    return Session(**dict(row)) if row else None
