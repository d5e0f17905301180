"""What scheduling remembers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from kit.db import Tx
from kit.errors import ExclusionViolation
from kit.queries import named_queries
from services.scheduling.rules import Busy, Place

queries: Any = named_queries(__file__)

AHEAD = timedelta(days=90)


class Taken(Exception):
    """Somebody else holds the chair, or the nurse's place, since we looked."""


@dataclass(frozen=True)
class Appointment:
    """An appointment as it stands."""

    appointment_id: UUID
    patient_id: UUID
    series_id: UUID
    order_id: UUID
    number: int
    chair: int
    starts_at: datetime
    ends_at: datetime
    state: str


async def hold_calendar(tx: Tx) -> None:
    """Plan alone until the transaction ends."""
    await queries.hold_calendar(tx.db)


async def busy(tx: Tx, patient_id: UUID) -> list[Busy]:
    """What is taken from now on."""
    rows = queries.busy(tx.db, patient_id=patient_id, since=tx.now - timedelta(days=1), until=tx.now + AHEAD)
    return [Busy(row["chair"], row["starts_at"], row["ends_at"]) async for row in rows]


async def series_of(tx: Tx, order_id: UUID) -> UUID | None:
    """The series of an order, if it was decided."""
    found: UUID | None = await queries.series_of(tx.db, order_id=order_id)
    return found


async def begin_series(tx: Tx, series_id: UUID, order_id: UUID, patient_id: UUID, *, placed: bool) -> None:
    """Note that an order was decided."""
    await queries.begin_series(
        tx.db, series_id=series_id, order_id=order_id, patient_id=patient_id, placed=placed, decided_at=tx.now
    )


async def book(tx: Tx, ids: Sequence[UUID], patient_id: UUID, series_id: UUID, order_id: UUID, places: Sequence[Place]) -> None:
    """Hold the chairs of a series, all or none. Raises Taken when somebody was quicker."""
    try:
        async with tx.db.transaction():
            await queries.begin_series(
                tx.db, series_id=series_id, order_id=order_id, patient_id=patient_id, placed=True, decided_at=tx.now
            )
            await queries.book(
                tx.db,
                ids=list(ids),
                patient_id=patient_id,
                series_id=series_id,
                order_id=order_id,
                numbers=list(range(1, len(places) + 1)),
                chairs=[place.chair for place in places],
                starts=[place.starts_at for place in places],
                ends=[place.ends_at for place in places],
            )
    except ExclusionViolation:
        raise Taken from None


async def hold_appointment(tx: Tx, appointment_id: UUID) -> Appointment | None:
    """An appointment, held until the transaction ends."""
    row = await queries.hold_appointment(tx.db, appointment_id=appointment_id)
    return Appointment(**dict(row)) if row else None


async def set_state(tx: Tx, appointment_id: UUID, state: str) -> None:
    """What became of an appointment."""
    await queries.set_state(tx.db, appointment_id=appointment_id, state=state)


async def appointments(tx: Tx, patient_id: UUID | None, since: datetime, until: datetime) -> list[Appointment]:
    """Appointments in a time, in their order; at most 1,000."""
    rows = queries.appointments(tx.db, patient_id=patient_id, since=since, until=until)
    return [Appointment(**dict(row)) async for row in rows]


async def register_staff(tx: Tx, staff_id: str, display_name: str, role: str) -> None:
    """Somebody works here."""
    await queries.register_staff(tx.db, staff_id=staff_id, display_name=display_name, role=role, registered_at=tx.now)


async def role_of(tx: Tx, staff_id: str) -> str | None:
    """What somebody does here."""
    found: str | None = await queries.role_of(tx.db, staff_id=staff_id)
    return found


async def plan_shift(tx: Tx, shift_id: UUID, staff_id: str, starts_at: datetime, ends_at: datetime) -> None:
    """Somebody is on duty."""
    await queries.plan_shift(tx.db, shift_id=shift_id, staff_id=staff_id, starts_at=starts_at, ends_at=ends_at)


async def assign_chair(tx: Tx, assignment_id: UUID, staff_id: str, chair: int, starts_at: datetime, ends_at: datetime) -> None:
    """Somebody has a chair. Raises Taken when somebody else has it then."""
    try:
        async with tx.db.transaction():
            await queries.assign_chair(
                tx.db, assignment_id=assignment_id, staff_id=staff_id, chair=chair, starts_at=starts_at, ends_at=ends_at
            )
    except ExclusionViolation:
        raise Taken from None


@dataclass(frozen=True)
class Shift:
    """Somebody is on duty. A shift that was cancelled before it began has no times."""

    shift_id: UUID
    staff_id: str
    starts_at: datetime | None
    ends_at: datetime | None


@dataclass(frozen=True)
class Assignment:
    """Somebody has a chair. One that was withdrawn before it began has no times."""

    assignment_id: UUID
    staff_id: str
    chair: int
    starts_at: datetime | None
    ends_at: datetime | None


async def hold_shift(tx: Tx, shift_id: UUID) -> Shift | None:
    """A shift, held until the transaction ends."""
    row = await queries.hold_shift(tx.db, shift_id=shift_id)
    return Shift(**dict(row)) if row else None


async def cancel_shift(tx: Tx, shift_id: UUID) -> None:
    """A shift ends now, or will not be."""
    await queries.cancel_shift(tx.db, shift_id=shift_id, at=tx.now)


async def shifts(tx: Tx, since: datetime, until: datetime) -> list[dict[str, Any]]:
    """Shifts that share time with a period, in their order; at most 1,000."""
    return [dict(row) async for row in queries.shifts(tx.db, since=since, until=until)]


async def hold_assignment(tx: Tx, assignment_id: UUID) -> Assignment | None:
    """An assignment of a chair, held until the transaction ends."""
    row = await queries.hold_assignment(tx.db, assignment_id=assignment_id)
    return Assignment(**dict(row)) if row else None


async def unassign_chair(tx: Tx, assignment_id: UUID) -> None:
    """An assignment ends now, or will not be."""
    await queries.unassign_chair(tx.db, assignment_id=assignment_id, at=tx.now)


async def assignments(tx: Tx, since: datetime, until: datetime) -> list[Assignment]:
    """Assignments of chairs that share time with a period, in their order; at most 1,000."""
    return [Assignment(**dict(row)) async for row in queries.assignments(tx.db, since=since, until=until)]


async def on_duty(tx: Tx, at: datetime) -> list[tuple[str, str, list[int]]]:
    """Staff id, role and chairs of those on duty."""
    return [(row["staff_id"], row["role"], row["chairs"]) async for row in queries.on_duty(tx.db, at=at)]
