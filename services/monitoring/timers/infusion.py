"""Pauses that are too many or too long: the session should be stopped, clinical 4.4."""

from datetime import timedelta
from uuid import UUID

from kit.db import Tx
from kit.timers import Timer, Timers
from services.monitoring import store, tables
from services.monitoring.record import Source, end_alarm, escalate
from services.monitoring.store import Session

TOO_LONG, TOO_LONG_TITLE = "PAUSE-LONG", "infusion paused for too long"
TOO_MANY, TOO_MANY_TITLE = "PAUSES", "infusion paused too often"


class PauseTooLong(Timer):
    """A paused infusion should have been resumed or stopped by now."""

    session_id: UUID


async def paused(tx: Tx, session: Session, count: int) -> None:
    """The infusion was paused, for the so-manieth time: watch how long, and tell when it is too often."""
    rule = tables.infusion().pauses
    due = tx.now + timedelta(minutes=rule.longest_minutes)
    tx.arm(PauseTooLong(session_id=session.session_id), key=str(session.session_id), at=due)
    if count > rule.most:
        await escalate(tx, Source.of(session), TOO_MANY, TOO_MANY_TITLE, rule.priority, advice=rule.advice)


async def pause_over(tx: Tx, session: Session) -> None:
    """It was resumed or stopped: somebody acted at the chair, which is the answer these alarms ask for."""
    tx.disarm(PauseTooLong, key=str(session.session_id))
    for code in (TOO_LONG, TOO_MANY):
        await end_alarm(tx, Source.of(session), code)


async def judge_pause(timer: PauseTooLong, tx: Tx) -> None:
    """Tell of a pause that still lasts. The timer goes with its pause, so what is due belongs to this one."""
    session = await store.hold(tx, timer.session_id)
    if session is None or session.phase != "PAUSED":
        return
    rule = tables.infusion().pauses
    await escalate(tx, Source.of(session), TOO_LONG, TOO_LONG_TITLE, rule.priority, advice=rule.advice)


TIMERS: Timers = {PauseTooLong: judge_pause}
