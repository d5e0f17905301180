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


class ShiftCancelled(Event):
    """A shift will not be, or ends now: from `cancelled_at` on the member of staff is not on duty by it."""

    shift_id: UUID
    staff_id: str
    role: Role
    starts_at: Instant
    """As it was planned, like its end: the event is whole, whether or not its shift was read before."""
    ends_at: Instant
    cancelled_at: Instant


class ChairAssigned(Event):
    """A nurse has a chair for this time."""

    assignment_id: UUID
    staff_id: str
    chair: int
    starts_at: Instant
    ends_at: Instant


class ChairUnassigned(Event):
    """A nurse has a chair no longer: from `unassigned_at` on it may be another's."""

    assignment_id: UUID
    staff_id: str
    chair: int
    starts_at: Instant
    """As it was planned, like its end."""
    ends_at: Instant
    unassigned_at: Instant


STAFF = Topic(
    "staff",
    "scheduling",
    (StaffMemberRegistered, ShiftPlanned, ShiftCancelled, ChairAssigned, ChairUnassigned),
    key=("staff_id",),
)
