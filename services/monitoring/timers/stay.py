"""Stay: a patient who is not ready to go home long after the infusion ended."""

from uuid import UUID

from kit.db import Tx
from kit.timers import Timer, Timers
from services.monitoring import store, tables
from services.monitoring.record import Source, end_alarm, escalate
from services.monitoring.rules.aftercare import stay_passed
from services.monitoring.store import Session

MAX_STAY, MAX_STAY_TITLE = "MAX-STAY", "stay longer than planned"


class DischargeDue(Timer):
    """The patient should have been ready to go home by now."""

    session_id: UUID


def expect_discharge(tx: Tx, session: Session) -> None:
    """Begin to watch how long a patient stays, from the infusion's end; again when somebody ready to go no longer is."""
    if session.ended_at is None:
        return
    passed, coming = stay_passed(tables.discharge_gate().stay, session.ended_at, tx.now)
    at = tx.now if passed or coming is None else coming
    tx.arm(DischargeDue(session_id=session.session_id), key=str(session.session_id), at=at)


async def end_stay(tx: Tx, session: Session) -> None:
    """The patient is gone, whichever way."""
    tx.disarm(DischargeDue, key=str(session.session_id))
    await end_alarm(tx, Source.of(session), MAX_STAY)


async def judge_stay(timer: DischargeDue, tx: Tx) -> None:
    """Raise the alarm of a stay that is too long; then look again when it passes the next limit."""
    session = await store.hold(tx, timer.session_id)
    if session is None or session.ended_at is None or session.phase not in ("RECOVERY", "DISCHARGE_READY"):
        return
    passed, coming = stay_passed(tables.discharge_gate().stay, session.ended_at, tx.now)
    if passed is not None and session.phase == "RECOVERY":
        await escalate(tx, Source.of(session), MAX_STAY, MAX_STAY_TITLE, passed.priority, advice=passed.advice)
    if coming is not None:
        tx.arm(DischargeDue(session_id=session.session_id), key=str(session.session_id), at=coming)


TIMERS: Timers = {DischargeDue: judge_stay}
