"""Outside: what is wrong and nobody takes care of leaves by the auditor's own way out, again and again."""

from datetime import timedelta

from kit.db import Tx
from kit.timers import Timers
from services.auditor import tables
from services.auditor.jobs import Line, say_outside
from services.auditor.record import SAYING, Say
from services.auditor.rules.ceilings import RANK
from services.auditor.rules.saying import due_to_say
from services.auditor.rules.words import SAID_OUTSIDE, message
from services.auditor.settings import settings_of
from services.auditor.store import faults
from services.auditor.store.faults import Fault


async def say(timer: Say, tx: Tx) -> None:
    """Say what is due, the most urgent first, in one message."""
    again = timedelta(seconds=tables.ceilings().way_out.again_seconds * max(1.0, tx.rate))
    wrong = {fault.fault_id: fault for fault in await faults.untended(tx) if fault.kind in SAID_OUTSIDE}
    due, next_at = due_to_say({fault.fault_id: fault.asked_at for fault in wrong.values()}, tx.now, again)
    if due:
        await faults.note_asked(tx, due)
        say_outside(tx, [_line(tx, wrong[fault_id]) for fault_id in sorted(due, key=lambda one: _urgency(wrong[one]))])
    if next_at is not None:
        tx.arm(Say(), key=SAYING, at=next_at)


def _urgency(fault: Fault) -> tuple[int, object, str]:
    return -RANK[fault.priority], fault.due_at, fault.key


def _line(tx: Tx, fault: Fault) -> Line:
    clinic = settings_of(tx.settings).clinic_name
    return Line(
        fault_id=fault.fault_id,
        kind=fault.kind,
        priority=fault.priority,
        chair=fault.chair,
        since=fault.due_at,
        text=message(clinic, fault.priority, fault.chair, fault.title, fault.due_at, fault.kind),
    )


TIMERS: Timers = {Say: say}
