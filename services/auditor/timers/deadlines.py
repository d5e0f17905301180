"""Deadlines: both topics are read up to here, so what was not said was not."""

from kit.db import Tx
from kit.timers import Timers
from services.auditor.record import KEPT, Deadline, Forget, review
from services.auditor.store import faults, subjects


async def judge_silence(timer: Deadline, tx: Tx) -> None:
    """Judge an alarm or a page up to the instant that was due."""
    for subject in await subjects.hold(tx, [timer.subject_id]):
        subject.next_at = None
        await review(tx, subject, tx.due_at)


async def forget(timer: Forget, tx: Tx) -> None:
    """Forget what was said about it, and what was found as long ago."""
    await subjects.forget(tx, timer.subject_id)
    await faults.forget(tx, tx.now - KEPT)


TIMERS: Timers = {Deadline: judge_silence, Forget: forget}
