"""What was found wrong, and how askings went."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from kit.db import Tx
from schemas.auditor.audits import FaultKind
from schemas.monitoring.alarms import Priority
from services.auditor.rules.judge import Audit
from services.auditor.store.named import queries

DAY = timedelta(hours=24)
"""Over which figures go where nobody asks for another time."""


@dataclass(frozen=True)
class Fault:
    """Something that is wrong, or was."""

    fault_id: UUID
    key: str
    source: str
    """What it was found about: an alarm, a page, a watcher, a topic."""
    kind: FaultKind
    alarm_id: UUID | None
    page_id: UUID | None
    session_id: UUID | None
    device_id: str | None
    chair: int | None
    title: str
    priority: Priority
    due_at: datetime
    found_at: datetime
    mended_at: datetime | None = None
    acknowledged_by: str | None = None
    acknowledged_at: datetime | None = None
    said_outside: int = 0
    asked_at: datetime | None = None
    """When it was last handed to the way out."""
    not_said: str | None = None

    def about(self) -> dict[str, Any]:
        """What every event about it carries."""
        names = ("fault_id", "kind", "alarm_id", "page_id", "session_id", "device_id", "chair")
        return {name: getattr(self, name) for name in names}

    @property
    def open(self) -> bool:
        """It is wrong still."""
        return self.mended_at is None

    @property
    def untended(self) -> bool:
        """It is wrong still, and nobody takes care of it."""
        return self.open and self.acknowledged_at is None


@dataclass(frozen=True)
class Figures:
    """What the auditor promises, counted since an instant."""

    judged: int
    kept: int
    unanswered: int
    told_p50: float | None
    told_p95: float | None
    told_max: float | None
    answered_p50: float | None
    answered_p95: float | None
    answered_max: float | None


async def find(tx: Tx, fault: Fault) -> Fault:
    """Write down what is wrong. Returns it as it stands: with the id it had, where it was found before."""
    given = ("fault_id", "key", "source", "kind", "alarm_id", "page_id", "session_id", "device_id", "chair", "title")
    fields = {name: getattr(fault, name) for name in (*given, "priority", "due_at", "found_at")}
    fault_id = await queries.find_fault(tx.db, **fields)
    return Fault(**{**fields, "fault_id": fault_id})


async def mend(tx: Tx, fault: Fault, at: datetime) -> None:
    """It is right again."""
    await queries.mend_fault(tx.db, fault_id=fault.fault_id, mended_at=at)


async def hold(tx: Tx, fault_id: UUID) -> Fault | None:
    """One fault, held until the transaction ends."""
    row = await queries.hold_fault(tx.db, fault_id=fault_id)
    return Fault(**dict(row)) if row else None


async def acknowledge(tx: Tx, fault: Fault, by: str, at: datetime) -> None:
    """Somebody takes care of it."""
    await queries.acknowledge_fault(tx.db, fault_id=fault.fault_id, by=by, at=at)


async def of(tx: Tx, source: str) -> list[Fault]:
    """Everything found about a source, the oldest first."""
    return [Fault(**dict(row)) async for row in queries.faults_of(tx.db, source=source)]


async def open_of(tx: Tx, kind: FaultKind) -> list[Fault]:
    """What is wrong of a kind."""
    return [Fault(**dict(row)) async for row in queries.open_faults_of(tx.db, kind=kind)]


async def see_all(tx: Tx, *, everything: bool) -> list[Fault]:
    """Faults, newest first, at most 500; those that are open unless everything is asked for."""
    return [Fault(**dict(row)) async for row in queries.faults(tx.db, everything=everything)]


async def count_open(tx: Tx) -> dict[FaultKind, tuple[int, int]]:
    """By kind, how many are open, and how many of them nobody takes care of."""
    return {row["kind"]: (row["open"], row["untended"]) async for row in queries.open_faults(tx.db)}


async def untended(tx: Tx) -> list[Fault]:
    """What is wrong and nobody takes care of, the oldest first."""
    return [Fault(**dict(row)) async for row in queries.untended_faults(tx.db)]


async def note_asked(tx: Tx, fault_ids: Iterable[UUID]) -> None:
    """They are handed to the way out."""
    await queries.note_asked(tx.db, fault_ids=sorted(fault_ids), at=tx.now)


async def note_said(tx: Tx, fault_ids: Iterable[UUID]) -> None:
    """They were said outside."""
    await queries.note_said(tx.db, fault_ids=sorted(fault_ids))


async def note_not_said(tx: Tx, fault_ids: Iterable[UUID], why: str) -> None:
    """They could not be said outside."""
    await queries.note_not_said(tx.db, fault_ids=sorted(fault_ids), why=why)


async def note_audit(tx: Tx, alarm_id: UUID, audit: Audit) -> bool:
    """How an asking went. False when that is known."""
    row = await queries.note_audit(
        tx.db,
        alarm_id=alarm_id,
        begins=audit.call.begins,
        priority=audit.call.priority,
        told_after=audit.told_after,
        answered_after=audit.answered_after,
        kept=audit.kept,
        audited_at=tx.now,
    )
    return row is not None


async def figures(tx: Tx, since: datetime) -> Figures:
    """What came of the askings since an instant."""
    return Figures(**dict(await queries.figures(tx.db, since=since)))


async def forget(tx: Tx, before: datetime) -> None:
    """Forget what is over since long."""
    await queries.forget_found(tx.db, before=before)
    await queries.forget_audits(tx.db, before=before)
