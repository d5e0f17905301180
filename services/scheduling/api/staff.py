"""Staff: who works here, when, and who has which chair."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from kit.fields import Instant, WholeNumber
from kit.http import Command, Refused, Routes, needs
from schemas.scheduling.staff import ChairAssigned, Role, ShiftPlanned, StaffIdentity, StaffMemberRegistered
from services.scheduling import store
from services.scheduling.settings import settings_of

routes = Routes(tags=["staff"])
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


@routes.get("/staff/on-duty", dependencies=[needs("appointments.read")])
async def on_duty(tx: Command, at: Instant | None = None) -> list[OnDuty]:
    """Who is on duty now, or at an instant."""
    instant: datetime = at or tx.now
    return [OnDuty(staff_id=who, role=role, chairs=chairs) for who, role, chairs in await store.on_duty(tx, instant)]


async def _role(tx: Command, staff_id: str) -> Role:
    role = await store.role_of(tx, staff_id)
    if role is None:
        raise Refused(422, "Nobody of this id works here", field="body.staff_id", expected="a registered member of staff")
    return role  # type: ignore[return-value]
