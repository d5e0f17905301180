"""Staff: who works here, when, and who has which chair."""

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field, model_validator

from kit.fields import Instant, WholeNumber
from kit.http import Command, Refused, Routes, needs
from schemas.scheduling.staff import (
    ChairAssigned,
    ChairUnassigned,
    Role,
    ShiftCancelled,
    ShiftPlanned,
    StaffIdentity,
    StaffMemberRegistered,
)
from services.scheduling import store
from services.scheduling.settings import settings_of

routes = Routes(tags=["staff"])
LISTED = timedelta(days=14)
Since = Annotated[Instant | None, Query(alias="from", description="the default is now")]
StaffId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,39}$", description="an id that names no person")]


class Member(BaseModel):
    """Somebody who works here."""

    model_config = ConfigDict(extra="forbid")

    staff_id: StaffId
    display_name: str = Field(min_length=1, max_length=80)
    role: Role


class During(BaseModel):
    """A time, its end after its start."""

    model_config = ConfigDict(extra="forbid")

    starts_at: Instant
    ends_at: Instant

    @model_validator(mode="after")
    def _in_order(self) -> "During":
        if self.ends_at <= self.starts_at:
            raise ValueError("ends_at must be after starts_at")
        return self


class Shift(During):
    """On duty."""

    staff_id: StaffId


class Assignment(During):
    """A chair to look after."""

    staff_id: StaffId
    chair: Annotated[WholeNumber, Field(ge=1)]


class Made(BaseModel):
    """The id of what was made."""

    id: UUID


class ShiftShown(BaseModel):
    """A shift as it is planned."""

    shift_id: UUID
    staff_id: str
    role: str
    starts_at: datetime
    ends_at: datetime


class AssignmentShown(BaseModel):
    """A nurse's chair as it is planned."""

    model_config = ConfigDict(from_attributes=True)

    assignment_id: UUID
    staff_id: str
    chair: int
    starts_at: datetime
    ends_at: datetime


class Cancelled(BaseModel):
    """A shift was cancelled; these chairs are still its nurse's in its time, and want another."""

    chairs: list[AssignmentShown]


class OnDuty(BaseModel):
    """Somebody on duty, and the chairs they have."""

    staff_id: str
    role: str
    chairs: list[int]


@routes.post("/staff", dependencies=[needs("staff.write")], status_code=204)
async def register(body: Member, tx: Command) -> None:
    """Register a member of staff, or change their name or role."""
    await store.register_staff(tx, body.staff_id, body.display_name, body.role)
    identity = StaffIdentity(display_name=body.display_name)
    tx.emit(StaffMemberRegistered(staff_id=body.staff_id, identity=identity, role=body.role, registered_at=tx.now))
    tx.audit("register staff", f"staff {body.staff_id}")


@routes.post("/shifts", dependencies=[needs("staff.write")], status_code=201)
async def plan_shift(body: Shift, tx: Command) -> Made:
    """Plan a shift."""
    role = await _role(tx, body.staff_id)
    shift_id = tx.new_id()
    await store.plan_shift(tx, shift_id, body.staff_id, body.starts_at, body.ends_at)
    tx.emit(ShiftPlanned(shift_id=shift_id, staff_id=body.staff_id, role=role, starts_at=body.starts_at, ends_at=body.ends_at))
    tx.audit("plan shift", f"staff {body.staff_id}")
    return Made(id=shift_id)


@routes.post("/chair-assignments", dependencies=[needs("staff.write")], status_code=201)
async def assign_chair(body: Assignment, tx: Command) -> Made:
    """Give a chair to a nurse for a time."""
    role = await _role(tx, body.staff_id)
    chairs = settings_of(tx).chairs
    if body.chair > chairs:
        raise Refused(422, "There is no such chair", field="body.chair", expected=f"1 to {chairs}")
    if role not in ("nurse", "charge nurse"):
        raise Refused(422, "A chair is a nurse's", field="body.staff_id", expected="a nurse or a charge nurse")
    assignment_id = tx.new_id()
    try:
        await store.assign_chair(tx, assignment_id, body.staff_id, body.chair, body.starts_at, body.ends_at)
    except store.Taken:
        raise Refused(409, "Somebody has this chair then", f"chair {body.chair}", todo="choose another time or chair") from None
    tx.emit(
        ChairAssigned(
            assignment_id=assignment_id,
            staff_id=body.staff_id,
            chair=body.chair,
            starts_at=body.starts_at,
            ends_at=body.ends_at,
        )
    )
    tx.audit("assign chair", f"staff {body.staff_id}, chair {body.chair}")
    return Made(id=assignment_id)


@routes.delete("/shifts/{shift_id}", dependencies=[needs("staff.write")])
async def cancel_shift(shift_id: UUID, tx: Command) -> Cancelled:
    """A shift will not be, or ends now."""
    shift = await store.hold_shift(tx, shift_id)
    if shift is None:
        raise Refused(404, "No such shift", f"scheduling knows no shift {shift_id}")
    starts_at, ends_at = _ahead("shift", shift.starts_at, shift.ends_at, tx.now)
    await store.cancel_shift(tx, shift_id)
    tx.emit(
        ShiftCancelled(
            shift_id=shift_id,
            staff_id=shift.staff_id,
            role=await _role(tx, shift.staff_id),
            starts_at=starts_at,
            ends_at=ends_at,
            cancelled_at=tx.now,
        )
    )
    tx.audit("cancel shift", f"staff {shift.staff_id}")
    left = await store.assignments(tx, max(starts_at, tx.now), ends_at)
    return Cancelled(chairs=[AssignmentShown.model_validate(one) for one in left if one.staff_id == shift.staff_id])


@routes.delete("/chair-assignments/{assignment_id}", dependencies=[needs("staff.write")], status_code=204)
async def unassign_chair(assignment_id: UUID, tx: Command) -> None:
    """A chair is a nurse's no longer, or will not be; from now on it may be given to another."""
    assignment = await store.hold_assignment(tx, assignment_id)
    if assignment is None:
        raise Refused(404, "No such assignment", f"scheduling knows no chair assignment {assignment_id}")
    starts_at, ends_at = _ahead("assignment", assignment.starts_at, assignment.ends_at, tx.now)
    await store.unassign_chair(tx, assignment_id)
    tx.emit(
        ChairUnassigned(
            assignment_id=assignment_id,
            staff_id=assignment.staff_id,
            chair=assignment.chair,
            starts_at=starts_at,
            ends_at=ends_at,
            unassigned_at=tx.now,
        )
    )
    tx.audit("unassign chair", f"staff {assignment.staff_id}, chair {assignment.chair}")


@routes.get("/shifts", dependencies=[needs("appointments.read")])
async def list_shifts(tx: Command, since: Since = None, until: Instant | None = None) -> list[ShiftShown]:
    """Shifts of the next 14 days, or of a time."""
    first = since or tx.now
    return [ShiftShown(**one) for one in await store.shifts(tx, first, _after(first, until))]


@routes.get("/chair-assignments", dependencies=[needs("appointments.read")])
async def list_assignments(tx: Command, since: Since = None, until: Instant | None = None) -> list[AssignmentShown]:
    """Nurses' chairs of the next 14 days, or of a time."""
    first = since or tx.now
    return [AssignmentShown.model_validate(one) for one in await store.assignments(tx, first, _after(first, until))]


@routes.get("/staff/on-duty", dependencies=[needs("appointments.read")])
async def on_duty(tx: Command, at: Instant | None = None) -> list[OnDuty]:
    """Who is on duty now, or at an instant."""
    instant: datetime = at or tx.now
    return [OnDuty(staff_id=who, role=role, chairs=chairs) for who, role, chairs in await store.on_duty(tx, instant)]


def _ahead(what: str, starts_at: datetime | None, ends_at: datetime | None, now: datetime) -> tuple[datetime, datetime]:
    if starts_at is None or ends_at is None:
        raise Refused(409, "It was cancelled already", f"the {what} never began", todo="nothing: it stays cancelled")
    if ends_at <= now:
        ended = f"the {what} ended at {ends_at.isoformat(timespec='minutes')}"
        raise Refused(409, "It is over", ended, todo="nothing: what was is not changed")
    return starts_at, ends_at


def _after(since: datetime, until: datetime | None) -> datetime:
    last = until or since + LISTED
    if last <= since:
        raise Refused(422, "This time is none", field="query.until", expected="an instant after `from`")
    return last


async def _role(tx: Command, staff_id: str) -> Role:
    role = await store.role_of(tx, staff_id)
    if role is None:
        raise Refused(422, "Nobody of this id works here", field="body.staff_id", expected="a registered member of staff")
    return role  # type: ignore[return-value]
