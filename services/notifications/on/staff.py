"""Staff: the duty book."""

from kit.db import Tx
from kit.stream import Handlers
from schemas.scheduling.staff import ChairAssigned, ChairUnassigned, ShiftCancelled, ShiftPlanned, StaffMemberRegistered
from services.notifications.store import queries


async def remember_member(event: StaffMemberRegistered, tx: Tx) -> None:
    """Somebody works here."""
    await queries.hear_member(tx.db, staff_id=event.staff_id, role=event.role)


async def remember_shift(event: ShiftPlanned, tx: Tx) -> None:
    """Somebody is on duty."""
    await queries.hear_shift(
        tx.db,
        shift_id=event.shift_id,
        staff_id=event.staff_id,
        role=event.role,
        starts_at=event.starts_at,
        ends_at=event.ends_at,
    )


async def remember_cancellation(event: ShiftCancelled, tx: Tx) -> None:
    """Somebody is not on duty after all, or no longer; also where the shift itself is read later."""
    await queries.hear_cancelled_shift(
        tx.db,
        shift_id=event.shift_id,
        staff_id=event.staff_id,
        role=event.role,
        starts_at=event.starts_at,
        ends_at=event.ends_at,
        cancelled_at=event.cancelled_at,
    )


async def remember_assignment(event: ChairAssigned, tx: Tx) -> None:
    """Somebody has a chair."""
    await queries.hear_assignment(
        tx.db,
        assignment_id=event.assignment_id,
        staff_id=event.staff_id,
        chair=event.chair,
        starts_at=event.starts_at,
        ends_at=event.ends_at,
    )


async def remember_withdrawal(event: ChairUnassigned, tx: Tx) -> None:
    """A chair is somebody's no longer; also where the assignment itself is read later."""
    await queries.hear_unassigned_chair(
        tx.db,
        assignment_id=event.assignment_id,
        staff_id=event.staff_id,
        chair=event.chair,
        starts_at=event.starts_at,
        ends_at=event.ends_at,
        unassigned_at=event.unassigned_at,
    )


HANDLERS: Handlers = {
    StaffMemberRegistered: remember_member,
    ShiftPlanned: remember_shift,
    ShiftCancelled: remember_cancellation,
    ChairAssigned: remember_assignment,
    ChairUnassigned: remember_withdrawal,
}
