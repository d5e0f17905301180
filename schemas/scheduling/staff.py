"""Staff: who works here, when, and who has which chair."""

from typing import Literal
from uuid import UUID

from schemas.event import Event, Instant
from schemas.personal import Personal
from schemas.topic import Topic

Role = Literal["nurse", "charge nurse", "prescriber", "medical director"]


class StaffIdentity(Personal):
    """The name a colleague is called by."""

    display_name: str


class StaffMemberRegistered(Event):
    """Somebody works here."""

    staff_id: str
    identity: StaffIdentity
    role: Role
    registered_at: Instant


class ShiftPlanned(Event):
    """A member of staff is on duty for this time."""

    shift_id: UUID
    staff_id: str
    role: Role
    starts_at: Instant
    ends_at: Instant


class ChairAssigned(Event):
    """A nurse has a chair for this time."""

    assignment_id: UUID
    staff_id: str
    chair: int
    starts_at: Instant
    ends_at: Instant


STAFF = Topic("staff", "scheduling", (StaffMemberRegistered, ShiftPlanned, ChairAssigned), key=("staff_id",))
