"""Pages: what notifications says of them is noted, many at once; they and the alarms they name are judged."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from kit.clock import wall
from kit.db import Tx
from kit.stream import Handlers, batch
from schemas.event import Event
from schemas.monitoring.alarms import Priority
from schemas.notifications.pages import (
    AcknowledgementLapsed,
    AnsweredAlarm,
    PageAcknowledged,
    PageClosed,
    PageDeclined,
    PageDelivered,
    PageEscalated,
    PageFailed,
    PageJoined,
    PageOpened,
    PageSent,
    PagingKept,
)
from services.auditor.record import hear
from services.auditor.rules.beats import said_on_the_wall
from services.auditor.rules.ceilings import RANK
from services.auditor.rules.facts import Fact
from services.auditor.store import beats, subjects
from services.auditor.store.subjects import Heard, Met

Shown = tuple[tuple[UUID, Priority], ...]


async def judge_pages(events: Sequence[Event], tx: Tx) -> None:
    """Note what was said, and judge each page and each alarm once."""
    heard: list[Heard] = []
    for event in events:
        if isinstance(event, PagingKept):
            said_at = said_on_the_wall(event.kept_at, tx.now, wall(), tx.rate)
            await beats.note(tx, "notifications", kept_at=event.kept_at, said_at=said_at, open_high=event.open_high)
        elif isinstance(event, AcknowledgementLapsed):
            heard.append(_lapsed(event, tx))
        else:
            heard.append(await _heard(event, heard, tx))
    await hear(tx, heard)


def _lapsed(event: AcknowledgementLapsed, tx: Tx) -> Heard:
    """It is a fact about the alarm."""
    envelope = tx.envelope_of(event)
    about = Met(event.alarm_id, "alarm", envelope.subject, event.session_id, event.device_id, event.chair)
    return Heard(envelope.id, about, Fact(what="lapsed", at=event.lapsed_at, priority=event.priority))


async def _heard(event: Any, before: Sequence[Heard], tx: Tx) -> Heard:
    envelope, fact = tx.envelope_of(event), FACTS[type(event)](event)
    alarms = fact.alarms
    if isinstance(event, PageSent) and not alarms:
        alarms = await _known(event, before, tx)
    fact = fact.model_copy(update={"page_id": event.page_id, "alarms": alarms})
    where = (event.session_id, event.device_id, event.chair)
    about = Met(event.page_id, "page", envelope.subject, *where, said=isinstance(event, PageOpened), high=_is_high(fact.priority))
    named = tuple(Met(one, "alarm", envelope.subject, *where, high=True) for one, shown in alarms if _is_high(shown))
    return Heard(envelope.id, about, fact, named)


async def _known(event: PageSent, before: Sequence[Heard], tx: Tx) -> Shown:
    """Where a telling does not say which alarms it showed, it showed those that its page is known to hold."""
    mine = [one.fact for one in before if one.about.id == event.page_id]
    known = {alarm_id for fact in mine for alarm_id, _ in fact.alarms} | set(await subjects.named_by(tx, event.page_id))
    return tuple((alarm_id, event.priority) for alarm_id in sorted(known))


def _is_high(priority: Priority | None) -> bool:
    return RANK[priority or "low"] >= RANK["high"]


def _shown(alarms: Sequence[AnsweredAlarm]) -> Shown:
    return tuple((one.alarm_id, one.priority) for one in alarms)


def _opened(event: PageOpened) -> Fact:
    alarms: Shown = ((event.alarm_id, event.priority),) if event.alarm_id is not None else ()
    return Fact(what="opened", at=event.opened_at, priority=event.priority, subject=event.subject, alarms=alarms)


def _sent(event: PageSent) -> Fact:
    return Fact(
        what="sent",
        at=event.sent_at,
        priority=event.priority,
        step=event.step,
        staff_id=event.staff_id,
        medium=event.medium or event.channel,
        alarms=_shown(event.alarms),
    )


FACTS: Mapping[type[Event], Callable[[Any], Fact]] = {
    PageOpened: _opened,
    PageJoined: lambda e: Fact(what="joined", at=e.joined_at, priority=e.priority, alarms=((e.alarm_id, e.priority),)),
    PageSent: _sent,
    PageDelivered: lambda e: Fact(what="delivered", at=e.delivered_at, step=e.step, staff_id=e.staff_id, medium=e.medium),
    PageFailed: lambda e: Fact(what="failed", at=e.failed_at, step=e.step, staff_id=e.staff_id, medium=e.medium),
    PageEscalated: lambda e: Fact(what="escalated", at=e.escalated_at, priority=e.priority, step=e.step, told=len(e.told)),
    PageDeclined: lambda e: Fact(what="declined", at=e.declined_at, step=e.step, staff_id=e.staff_id),
    PageAcknowledged: lambda e: Fact(what="taken", at=e.answered_at, staff_id=e.staff_id, alarms=_shown(e.alarms)),
    PageClosed: lambda e: Fact(what="closed", at=e.closed_at),
}
"""What each event says of its page."""
TOGETHER = batch(judge_pages)
HANDLERS: Handlers = dict.fromkeys((*FACTS, AcknowledgementLapsed, PagingKept), TOGETHER)
