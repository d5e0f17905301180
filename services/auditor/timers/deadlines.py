"""Deadlines: both topics are read up to here, so what was not said was not."""

from kit.db import Tx
from kit.timers import Timers
from schemas.monitoring.alarms import ALARMS
from services.auditor.record import Deadline, Forget, review
from services.auditor.store import faults, subjects


async def judge_silence(timer: Deadline, tx: Tx) -> None:
    """Judge an alarm or a page up to the instant that was due."""
    subject = await subjects.hold_known(tx, timer.subject_id)
    if subject is not None:
        subject.next_at = None
        await review(tx, subject, tx.due_at)


async def forget(timer: Forget, tx: Tx) -> None:
    """Forget what was said about it, and what was found as long ago."""
    await subjects.forget(tx, timer.subject_id)
    await faults.forget(tx, tx.now - ALARMS.retention)


TIMERS: Timers = {Deadline: judge_silence, Forget: forget}
