"""Alarms: what monitoring says of them is noted, many at once, and the high ones are judged."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from kit.clock import wall
from kit.db import Tx
from kit.stream import Handlers, batch
from schemas.event import Event
from schemas.monitoring.alarms import (
    AlarmAcknowledged,
    AlarmConditionCleared,
    AlarmConditionReturned,
    AlarmEnded,
    AlarmPriorityChanged,
    AlarmRaised,
    WatchKept,
)
from services.auditor.record import hear
from services.auditor.rules.beats import said_on_the_wall
from services.auditor.rules.ceilings import RANK
from services.auditor.rules.facts import Fact
from services.auditor.store import beats
from services.auditor.store.subjects import Heard, Met


async def judge_alarms(events: Sequence[Event], tx: Tx) -> None:
    """Note what was said, and judge each alarm once."""
    for event in events:
        if isinstance(event, WatchKept):
            said_at = said_on_the_wall(event.kept_at, tx.now, wall(), tx.rate)
            await beats.note(tx, "monitoring", kept_at=event.kept_at, said_at=said_at, open_high=event.open_high)
    await hear(tx, [_heard(event, tx) for event in events if type(event) in FACTS])


def _heard(event: Any, tx: Tx) -> Heard:
    envelope, fact = tx.envelope_of(event), FACTS[type(event)](event)
    about = Met(
        event.alarm_id,
        "alarm",
        envelope.subject,
        event.session_id,
        event.device_id,
        event.chair,
        title=getattr(event, "title", ""),
        said=fact.what == "urgent",
        high=fact.what == "urgent" and RANK[event.priority] >= RANK["high"],
    )
    return Heard(envelope.id, about, fact)


def _urgent(event: Any, at: Any, subject: str) -> Fact:
    return Fact(what="urgent", at=at, since=event.qualified_at, late=event.late, priority=event.priority, subject=subject)


FACTS: Mapping[type[Event], Callable[[Any], Fact]] = {
    AlarmRaised: lambda e: _urgent(e, e.raised_at, "raised"),
    AlarmPriorityChanged: lambda e: _urgent(e, e.changed_at, "changed"),
    AlarmAcknowledged: lambda e: Fact(what="answered", at=e.acknowledged_at, priority=e.priority),
    AlarmConditionCleared: lambda e: Fact(what="cleared", at=e.cleared_at),
    AlarmConditionReturned: lambda e: Fact(what="returned", at=e.returned_at),
    AlarmEnded: lambda e: Fact(what="ended", at=e.ended_at),
}
"""What each event says of its alarm."""
TOGETHER = batch(judge_alarms)
HANDLERS: Handlers = dict.fromkeys((*FACTS, WatchKept), TOGETHER)
