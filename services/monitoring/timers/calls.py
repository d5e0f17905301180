"""Calls: somebody who went home is called, as long as nobody was reached."""

from datetime import datetime
from uuid import UUID

from kit.db import Tx
from kit.timers import Timer, Timers
from schemas.monitoring.sessions import FollowUpCallDue
from services.monitoring import store, tables
from services.monitoring.rules.aftercare import calls_after
from services.monitoring.rules.recovery_tables import Leaving
from services.monitoring.store import Session, recovery


class FollowUpCall(Timer):
    """A call is due."""

    session_id: UUID
    number: int


async def expect_calls(tx: Tx, session: Session, leaving: Leaving) -> list[datetime]:
    """Expect the calls that follow on leaving. Returns when each is due."""
    due = calls_after(tables.discharge_gate().call, leaving, tx.now)
    for number, at in enumerate(due, start=1):
        await recovery.expect_call(tx, session.session_id, number, leaving, at)
        tx.arm(FollowUpCall(session_id=session.session_id, number=number), key=f"{session.session_id}/{number}", at=at)
    return due


async def tell_call(timer: FollowUpCall, tx: Tx) -> None:
    """Say that a call is due, unless it was made before."""
    session = await store.see(tx, timer.session_id)
    call = await recovery.hold_call(tx, timer.session_id, timer.number)
    if session is None or call is None or call.reached:
        return
    tx.emit(
        FollowUpCallDue(
            session_id=session.session_id,
            chair=session.chair,
            number=call.number,
            after=call.after_leaving,
            due_at=call.due_at,
        )
    )


TIMERS: Timers = {FollowUpCall: tell_call}
