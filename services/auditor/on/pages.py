"""Pages: what notifications says of them is noted, and the alarms they name are judged anew."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from kit.clock import wall
from kit.db import Tx
from kit.stream import Handlers
from schemas.monitoring.alarms import Priority
from schemas.notifications.pages import (
    PAGES,
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
from services.auditor.record import forget_later, review
from services.auditor.rules.beats import said_on_the_wall
from services.auditor.rules.ceilings import RANK
from services.auditor.rules.facts import Fact
from services.auditor.store import beats, subjects
from services.auditor.store.subjects import Subject

Shown = tuple[tuple[UUID, Priority], ...]


async def note_opening(event: PageOpened, tx: Tx) -> None:
    """Somebody has to be told."""
    alarms: Shown = ((event.alarm_id, event.priority),) if event.alarm_id is not None else ()
    fact = Fact(what="opened", at=event.opened_at, priority=event.priority, subject=event.subject, alarms=alarms)
    await _note(event, fact, tx)


async def note_joining(event: PageJoined, tx: Tx) -> None:
    """Of another alarm too."""
    alarms = ((event.alarm_id, event.priority),)
    await _note(event, Fact(what="joined", at=event.joined_at, priority=event.priority, alarms=alarms), tx)


async def note_telling(event: PageSent, tx: Tx) -> None:
    """A channel took it. Where it does not say which alarms it showed, it showed those that its page is known to hold."""
    alarms = _shown(event.alarms) or tuple((one, event.priority) for one in await subjects.named_by(tx, event.page_id))
    told = Fact(
        what="sent",
        at=event.sent_at,
        priority=event.priority,
        step=event.step,
        staff_id=event.staff_id,
        medium=event.medium or event.channel,
        alarms=alarms,
    )
    await _note(event, told, tx)


async def note_receipt(event: PageDelivered, tx: Tx) -> None:
    """It reached the person's device."""
    fact = Fact(what="delivered", at=event.delivered_at, step=event.step, staff_id=event.staff_id, medium=event.medium)
    await _note(event, fact, tx)


async def note_failure(event: PageFailed, tx: Tx) -> None:
    """A channel did not take it, or says later that it did not arrive."""
    fact = Fact(what="failed", at=event.failed_at, step=event.step, staff_id=event.staff_id, medium=event.medium)
    await _note(event, fact, tx)


async def note_step(event: PageEscalated, tx: Tx) -> None:
    """The next people are to be told."""
    fact = Fact(what="escalated", at=event.escalated_at, priority=event.priority, step=event.step, told=len(event.told))
    await _note(event, fact, tx)


async def note_decline(event: PageDeclined, tx: Tx) -> None:
    """Somebody cannot come."""
    await _note(event, Fact(what="declined", at=event.declined_at, step=event.step, staff_id=event.staff_id), tx)


async def note_answer(event: PageAcknowledged, tx: Tx) -> None:
    """Somebody answered, for the alarms it names."""
    await _note(event, Fact(what="taken", at=event.answered_at, staff_id=event.staff_id, alarms=_shown(event.alarms)), tx)


async def note_lapse(event: AcknowledgementLapsed, tx: Tx) -> None:
    """An answer is too old. It is a fact about the alarm."""
    assert tx.cause is not None
    alarm = await subjects.hold(tx, event.alarm_id, "alarm", tx.cause.subject)
    await subjects.note(tx, tx.cause.id, alarm.id, Fact(what="lapsed", at=event.lapsed_at, priority=event.priority))
    await review(tx, alarm)


async def note_closing(event: PageClosed, tx: Tx) -> None:
    """The paging is over, says notifications."""
    page = await _note(event, Fact(what="closed", at=event.closed_at), tx)
    forget_later(tx, page, event.closed_at, PAGES.retention)


async def note_paging(event: PagingKept, tx: Tx) -> None:
    """Notifications lives."""
    said_at = said_on_the_wall(event.kept_at, tx.now, wall(), tx.rate)
    await beats.note(tx, "notifications", kept_at=event.kept_at, said_at=said_at, open_high=event.open_high)


def _shown(alarms: Sequence[AnsweredAlarm]) -> Shown:
    return tuple((one.alarm_id, one.priority) for one in alarms)


async def _note(event: Any, fact: Fact, tx: Tx) -> Subject:
    """Note a fact about a page; judge the alarms it ever named, then the page."""
    assert tx.cause is not None
    key, page_id = tx.cause.subject, event.page_id
    fact = fact.model_copy(update={"page_id": page_id})
    await subjects.name_alarms(tx, page_id, [alarm_id for alarm_id, _ in fact.alarms])
    await subjects.note(tx, tx.cause.id, page_id, fact)
    high = {alarm_id for alarm_id, priority in fact.alarms if RANK[priority] >= RANK["high"]}
    for alarm_id in await subjects.named_by(tx, page_id):
        alarm = await subjects.hold(tx, alarm_id, "alarm", key)
        alarm.high = alarm.high or alarm_id in high
        await review(tx, alarm)
    page = await subjects.hold(tx, page_id, "page", key)
    page.said = page.said or fact.what == "opened"
    page.high = page.high or RANK[fact.priority or "low"] >= RANK["high"] or not page.said
    page.session_id, page.device_id, page.chair = event.session_id, event.device_id, event.chair
    await review(tx, page)
    return page


HANDLERS: Handlers = {
    PageOpened: note_opening,
    PageJoined: note_joining,
    PageSent: note_telling,
    PageDelivered: note_receipt,
    PageFailed: note_failure,
    PageEscalated: note_step,
    PageDeclined: note_decline,
    PageAcknowledged: note_answer,
    AcknowledgementLapsed: note_lapse,
    PageClosed: note_closing,
    PagingKept: note_paging,
}
