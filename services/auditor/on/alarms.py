"""Alarms: what monitoring says of them is noted, and the high ones are judged."""

from datetime import datetime
from uuid import UUID

from kit.clock import wall
from kit.db import Tx
from kit.stream import Handlers
from schemas.monitoring.alarms import (
    ALARMS,
    AlarmAcknowledged,
    AlarmConditionCleared,
    AlarmConditionReturned,
    AlarmEnded,
    AlarmPriorityChanged,
    AlarmRaised,
    WatchKept,
)
from services.auditor.record import forget_later, review
from services.auditor.rules.beats import said_on_the_wall
from services.auditor.rules.ceilings import RANK
from services.auditor.rules.facts import AlarmWhat, Fact
from services.auditor.store import beats, subjects
from services.auditor.store.subjects import Subject


async def expect_telling(event: AlarmRaised, tx: Tx) -> None:
    """An alarm began."""
    await _urgent(event, event.raised_at, "raised", tx)


async def expect_telling_anew(event: AlarmPriorityChanged, tx: Tx) -> None:
    """An alarm is more, or less, urgent."""
    await _urgent(event, event.changed_at, "changed", tx)


async def note_answer(event: AlarmAcknowledged, tx: Tx) -> None:
    """Somebody answered."""
    await _note(event.alarm_id, Fact(what="answered", at=event.acknowledged_at, priority=event.priority), tx)


async def note_clear(event: AlarmConditionCleared, tx: Tx) -> None:
    """Its condition is over."""
    await _plain(event.alarm_id, "cleared", event.cleared_at, tx)


async def note_return(event: AlarmConditionReturned, tx: Tx) -> None:
    """Its condition is there again."""
    await _plain(event.alarm_id, "returned", event.returned_at, tx)


async def note_end(event: AlarmEnded, tx: Tx) -> None:
    """It is over."""
    subject = await _plain(event.alarm_id, "ended", event.ended_at, tx)
    forget_later(tx, subject, event.ended_at, ALARMS.retention)


async def note_watch(event: WatchKept, tx: Tx) -> None:
    """Monitoring lives."""
    said_at = said_on_the_wall(event.kept_at, tx.now, wall(), tx.rate)
    await beats.note(tx, "monitoring", kept_at=event.kept_at, said_at=said_at, open_high=event.open_high)


async def _urgent(event: AlarmRaised | AlarmPriorityChanged, at: datetime, subject: str, tx: Tx) -> None:
    fact = Fact(what="urgent", at=at, since=event.qualified_at, late=event.late, priority=event.priority, subject=subject)
    alarm = await _noted(event.alarm_id, fact, tx)
    news = not alarm.said
    alarm.session_id, alarm.device_id, alarm.chair = event.session_id, event.device_id, event.chair
    alarm.title, alarm.said, alarm.high = event.title, True, alarm.high or RANK[event.priority] >= RANK["high"]
    await review(tx, alarm)
    for page_id in await subjects.naming(tx, alarm.id) if news else ():
        if page := await subjects.hold_known(tx, page_id):
            await review(tx, page)


async def _plain(alarm_id: UUID, what: AlarmWhat, at: datetime, tx: Tx) -> Subject:
    return await _note(alarm_id, Fact(what=what, at=at), tx)


async def _note(alarm_id: UUID, fact: Fact, tx: Tx) -> Subject:
    alarm = await _noted(alarm_id, fact, tx)
    await review(tx, alarm)
    return alarm


async def _noted(alarm_id: UUID, fact: Fact, tx: Tx) -> Subject:
    assert tx.cause is not None
    alarm = await subjects.hold(tx, alarm_id, "alarm", tx.cause.subject)
    await subjects.note(tx, tx.cause.id, alarm_id, fact)
    return alarm


HANDLERS: Handlers = {
    AlarmRaised: expect_telling,
    AlarmPriorityChanged: expect_telling_anew,
    AlarmAcknowledged: note_answer,
    AlarmConditionCleared: note_clear,
    AlarmConditionReturned: note_return,
    AlarmEnded: note_end,
    WatchKept: note_watch,
}
