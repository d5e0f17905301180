"""How what the engine found becomes rows and events, whichever room asked it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from kit.db import Tx
from kit.timers import Timer
from schemas.event import Event
from schemas.monitoring.alarms import AlarmAcknowledged, AlarmEnded, AlarmKind, AlarmPriorityChanged, AlarmRaised, Priority
from schemas.monitoring.vitals import VITALS
from services.monitoring import tables
from services.monitoring.rules.alarms import Change, Engine, Pending, acknowledge
from services.monitoring.store import Session, queries

UNBOUND = "UNBOUND"
"""A monitor that watches no session; ends when it is bound."""


class ConfirmationDue(Timer):
    """A pressure beyond its limit should have been measured again by now."""

    waits_for = (VITALS,)

    session_id: UUID
    code: str
    priority: Priority


@dataclass(frozen=True)
class Source:
    """What an alarm is about."""

    key: str
    """One open alarm per source and code: a session, a device, or monitoring itself."""
    session_id: UUID | None = None
    chair: int | None = None
    device_id: str | None = None

    @classmethod
    def of(cls, session: Session) -> "Source":
        """A session."""
        return cls(str(session.session_id), session.session_id, session.chair)


async def raise_alarm(
    tx: Tx,
    source: Source,
    code: str,
    title: str,
    priority: Priority,
    *,
    kind: AlarmKind = "technical",
    confirmed: bool = True,
    advice: str = "",
    cause: Event | None = None,
) -> None:
    """Raise an alarm, or count up the one that is open for this source and code."""
    row = await queries.raise_alarm(
        tx.db,
        alarm_id=tx.new_id(),
        code=code,
        session_id=source.session_id,
        source=source.key,
        chair=source.chair,
        device_id=source.device_id,
        priority=priority,
        confirmed=confirmed,
        raised_at=tx.now,
    )
    if row["count"] > 1:
        return
    raised = AlarmRaised(
        alarm_id=row["alarm_id"],
        code=code,
        title=title,
        kind=kind,
        priority=priority,
        session_id=source.session_id,
        device_id=source.device_id,
        chair=source.chair,
        confirmed=confirmed,
        advice=advice,
        limits_version=tables.alarm_limits().version,
        raised_at=tx.now,
    )
    tx.emit(raised, cause=cause)


async def escalate(tx: Tx, source: Source, code: str, title: str, priority: Priority, *, advice: str = "") -> None:
    """Raise an alarm, or bring the open one to this priority."""
    row = await queries.open_alarm(tx.db, source=source.key, code=code)
    if row is None:
        await raise_alarm(tx, source, code, title, priority, advice=advice)
    elif row["priority"] != priority:
        await _reprioritise(tx, source, row, code, title, priority, advice)


async def end_alarm(tx: Tx, source: Source, code: str, *, cause: Event | None = None) -> None:
    """End the open alarm of a source and code, if there is one."""
    row = await queries.open_alarm(tx.db, source=source.key, code=code)
    if row is None:
        return
    await queries.end_alarm(tx.db, alarm_id=row["alarm_id"], ended_at=tx.now)
    where: dict[str, Any] = {"session_id": source.session_id, "device_id": source.device_id, "chair": source.chair}
    tx.emit(AlarmEnded(alarm_id=row["alarm_id"], code=code, ended_at=tx.now, **where), cause=cause)


async def record(tx: Tx, session: Session, engine: Engine, changes: Sequence[Change], *, cause: Event | None = None) -> None:
    """Write and say what changed about a session's alarms."""
    source = Source.of(session)
    for change in changes:
        advice, title = engine.advice(change.code, change.priority), engine.title(change.code)
        if change.what == "raised":
            kind = engine.alarm[change.code].kind if change.code in engine.alarm else "technical"
            await raise_alarm(
                tx,
                source,
                change.code,
                title,
                change.priority,
                kind=kind,
                confirmed=change.confirmed,
                advice=advice,
                cause=cause,
            )
        elif change.what == "ended":
            await end_alarm(tx, source, change.code, cause=cause)
        else:
            row = await queries.open_alarm(tx.db, source=source.key, code=change.code)
            if row is not None:
                await _reprioritise(tx, source, row, change.code, title, change.priority, advice, cause=cause)


async def _reprioritise(
    tx: Tx, source: Source, row: Any, code: str, title: str, priority: Priority, advice: str, *, cause: Event | None = None
) -> None:
    await queries.set_priority(tx.db, alarm_id=row["alarm_id"], priority=priority)
    changed = AlarmPriorityChanged(
        alarm_id=row["alarm_id"],
        code=code,
        title=title,
        session_id=source.session_id,
        device_id=source.device_id,
        chair=source.chair,
        previous=row["priority"],
        priority=priority,
        advice=advice,
        changed_at=tx.now,
    )
    tx.emit(changed, cause=cause)


def expect(tx: Tx, session: Session, pending: Sequence[Pending]) -> None:
    """Arm a timer for each confirmation that is due."""
    for due in pending:
        timer = ConfirmationDue(session_id=session.session_id, code=due.code, priority=due.priority)
        tx.arm(timer, key=f"{session.session_id}/{due.code}/{due.priority}", at=datetime.fromtimestamp(due.due, UTC))


async def answer(
    tx: Tx,
    session: Session | None,
    alarm: Any,
    *,
    answer_id: UUID,
    priority: Priority,
    by: str,
    via: str,
    at: datetime,
) -> list[Change]:
    """Record an answer to an alarm, once; returns what ends by it. The session, where there is one, must be kept afterwards."""
    first = await queries.answer(
        tx.db, answer_id=answer_id, alarm_id=alarm["alarm_id"], priority=priority, answered_by=by, via=via, answered_at=at
    )
    if first is None:
        return []
    await queries.set_acknowledged(tx.db, alarm_id=alarm["alarm_id"], priority=priority)
    tx.emit(
        AlarmAcknowledged(
            alarm_id=alarm["alarm_id"],
            session_id=alarm["session_id"],
            device_id=alarm["device_id"],
            chair=alarm["chair"],
            priority=priority,
            by=by,
            via="link" if via == "link" else "bedside",
            answer_id=answer_id,
            acknowledged_at=at,
        )
    )
    kept = session.engine.alarms.get(alarm["code"]) if session is not None else None
    return acknowledge(alarm["code"], kept, priority) if kept is not None else []
