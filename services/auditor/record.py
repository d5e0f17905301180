"""How a verdict becomes rows and events, whoever asked for it."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from kit.db import Tx
from kit.timers import Timer
from schemas.auditor.audits import AlarmAudited, AuditFaultFound, AuditFaultMended, FaultKind
from schemas.monitoring.alarms import ALARMS, Priority
from schemas.notifications.pages import PAGES
from services.auditor import tables
from services.auditor.rules.judge import Audit, Missed, Verdict, judge
from services.auditor.rules.paging import judge_page
from services.auditor.rules.saying import changes
from services.auditor.rules.words import SAID_OUTSIDE, WHAT
from services.auditor.store import faults, subjects
from services.auditor.store.faults import Fault
from services.auditor.store.subjects import Subject

NEVER = datetime.min.replace(tzinfo=UTC)
SAYING = "outside"
"""One timer says everything, so that a hundred faults are one message."""


class Deadline(Timer):
    """Something should have been said about an alarm or a page by now."""

    waits_for = (ALARMS, PAGES)

    subject_id: UUID


class Say(Timer):
    """Something is wrong that must be said outside, or said again."""


class Forget(Timer):
    """An alarm or a page is over, and its topics have forgotten it."""

    subject_id: UUID


async def review(tx: Tx, subject: Subject, until: datetime | None = None) -> None:
    """Judge an alarm or a page anew from everything known, and keep it; `until` where both topics were read up to there."""
    if not subject.high:
        await subjects.keep(tx, subject)
        return
    if until is not None:
        subject.judged_until = max(subject.judged_until or NEVER, until)
    verdict = await _verdict(tx, subject)
    await _file(tx, subject, verdict)
    for audit in verdict.audits:
        await _say_audited(tx, subject, audit)
    subject.stands_since = verdict.stands_since
    if verdict.next_at != subject.next_at:
        subject.next_at = verdict.next_at
        key = f"{subject.key}/{subject.id}"
        if subject.next_at is None:
            tx.disarm(Deadline, key=key)
        else:
            tx.arm(Deadline(subject_id=subject.id), key=key, at=subject.next_at)
    await subjects.keep(tx, subject)


async def _verdict(tx: Tx, subject: Subject) -> Verdict:
    known, until, table = await subjects.facts(tx, subject), subject.judged_until or NEVER, tables.ceilings()
    if subject.kind == "alarm":
        return judge(subject.id, known, table, until, rate=tx.rate)
    said = await subjects.said_of(tx, await subjects.named_by(tx, subject.id))
    return judge_page(subject.id, known, said, table, until, rate=tx.rate)


async def _file(tx: Tx, subject: Subject, verdict: Verdict) -> None:
    filed = {fault.key: fault for fault in await faults.of(tx, subject.source)}
    new, mended = changes({key: fault.mended_at for key, fault in filed.items()}, verdict.missed, tx.now)
    for missed in new:
        await _find(tx, subject, missed)
    for key, at in mended:
        await mend(tx, filed[key], at)


async def _find(tx: Tx, subject: Subject, missed: Missed) -> None:
    fault = fault_of(
        tx,
        missed.key,
        subject.source,
        missed.kind,
        missed.priority,
        missed.due_at,
        alarm_id=subject.id if subject.kind == "alarm" else None,
        page_id=subject.id if subject.kind == "page" else None,
        session_id=subject.session_id,
        device_id=subject.device_id,
        chair=subject.chair,
        title=subject.title,
    )
    found = await find(tx, fault)
    if missed.mended_at is not None:
        await mend(tx, found, missed.mended_at)


def fault_of(tx: Tx, key: str, source: str, kind: FaultKind, priority: Priority, due_at: datetime, **about: Any) -> Fault:
    """A fault, new."""
    where: dict[str, Any] = dict.fromkeys(("alarm_id", "page_id", "session_id", "device_id", "chair")) | {"title": ""} | about
    return Fault(tx.new_id(), key, source, kind, priority=priority, due_at=due_at, found_at=tx.now, **where)


async def find(tx: Tx, fault: Fault) -> Fault:
    """Something is wrong: write it down, say so, and have it said outside where a patient may have nobody."""
    found = await faults.find(tx, fault)
    tx.emit(
        AuditFaultFound(
            **found.about(),
            what=WHAT[found.kind],
            clinic=tx.settings.prefix,
            priority=found.priority,
            due_at=found.due_at,
            ceilings_version=tables.ceilings().version,
            found_at=tx.now,
        )
    )
    if found.kind in SAID_OUTSIDE:
        tx.arm(Say(), key=SAYING, at=tx.now)
    return found


async def mend(tx: Tx, fault: Fault, at: datetime) -> None:
    """It is right again."""
    await faults.mend(tx, fault, at)
    tx.emit(AuditFaultMended(**fault.about(), clinic=tx.settings.prefix, mended_at=at))


async def _say_audited(tx: Tx, subject: Subject, audit: Audit) -> None:
    call = audit.call
    if not await faults.note_audit(tx, subject.id, audit):
        return
    tx.emit(
        AlarmAudited(
            alarm_id=subject.id,
            session_id=subject.session_id,
            device_id=subject.device_id,
            chair=subject.chair,
            clinic=tx.settings.prefix,
            priority=call.priority,
            because=call.because,
            qualified_at=call.begins,
            late=call.late,
            told_after_seconds=audit.told_after,
            answered_after_seconds=audit.answered_after,
            passed_on=audit.passed_on,
            kept=audit.kept,
            ceilings_version=tables.ceilings().version,
            audited_at=tx.now,
        )
    )


def forget_later(tx: Tx, subject: Subject, over_at: datetime, kept: timedelta) -> None:
    """Forget it once its topics have."""
    tx.arm(Forget(subject_id=subject.id), key=str(subject.id), at=over_at + kept)
