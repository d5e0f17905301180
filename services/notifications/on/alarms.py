"""Alarms: medium and above page people until somebody answers or the alarm ends. A session's alarms share a page."""

from datetime import datetime

from kit.db import Tx
from kit.stream import Handlers
from schemas.monitoring.alarms import AlarmAcknowledged, AlarmEnded, AlarmPriorityChanged, AlarmRaised
from services.notifications.moving.pages import may_answer
from services.notifications.record import open_page
from services.notifications.rules.paging import Item, asking
from services.notifications.rules.policy import RANK
from services.notifications.settings import policies_of
from services.notifications.store import pages
from services.notifications.store.pages import Page
from services.notifications.timers import expect_lapse, follow


async def page_for(event: AlarmRaised, tx: Tx) -> None:
    """Somebody has to be told, unless the alarm is an advisory."""
    if event.priority != "low":
        await _ask(event, tx)


async def follow_priority(event: AlarmPriorityChanged, tx: Tx) -> None:
    """More urgent: an answer from before no longer holds. Less urgent: it does; an advisory asks nobody any more."""
    page, item = await _find(event.alarm_id, tx)
    if page is None or item is None:
        if event.priority != "low":
            await _ask(event, tx)
        return
    before = asking(page.items)
    if RANK[event.priority] > RANK[item.priority]:
        item.asks_again()
    item.priority, item.code, item.title = event.priority, event.code, event.title
    item.ended = event.priority == "low"
    expect_lapse(page, item, tx)
    await follow(page, before, tx, since=_counted_from(event), lowered=item.ended)


async def note_answer(event: AlarmAcknowledged, tx: Tx) -> None:
    """An answer at the bedside stops the paging for this alarm, if it is of a role that may.

    One of our own is known already, also once it holds no longer, and an older one than that which holds changes nothing.
    """
    page, item = await _find(event.alarm_id, tx)
    if page is None or item is None or item.answer_id == event.answer_id or RANK[event.priority] < RANK[item.priority]:
        return
    older = item.answered_at is not None and event.acknowledged_at < item.answered_at
    if older or await pages.given_here(tx, event.answer_id) or not await may_answer(page, event.by, tx, [item]):
        return
    before = asking(page.items)
    item.answered(event.answer_id, event.by, event.acknowledged_at)
    page.answer_id, page.answered_by, page.answered_at = event.answer_id, event.by, event.acknowledged_at
    expect_lapse(page, item, tx)
    await follow(page, before, tx)


async def end_paging(event: AlarmEnded, tx: Tx) -> None:
    """The alarm is over, and nobody is asked about it any more."""
    page, item = await _find(event.alarm_id, tx)
    if page is None or item is None:
        return
    before = asking(page.items)
    item.ended, item.answered_at = True, None
    expect_lapse(page, item, tx)
    await follow(page, before, tx)


async def _ask(event: AlarmRaised | AlarmPriorityChanged, tx: Tx) -> None:
    """A session's alarms share a page; those with a ladder of their own, and those of no session, have one each."""
    own = event.session_id is None or policies_of(tx.settings).alone(event.code)
    name = f"alarm {event.alarm_id}"
    page, before = await open_page(
        tx,
        "alarm",
        name if own else f"session {event.session_id}",
        event.title,
        event.priority,
        item=name,
        code=event.code,
        begun=event.raised_at if isinstance(event, AlarmRaised) else event.changed_at,
        alarm_id=event.alarm_id,
        session_id=event.session_id,
        device_id=event.device_id,
        chair=event.chair,
    )
    await follow(page, before, tx, since=_counted_from(event))


def _counted_from(event: AlarmRaised | AlarmPriorityChanged) -> datetime:
    """A ladder counts from when the alarm's delay or confirmation was complete; of late readings, from when they told of it."""
    at = event.raised_at if isinstance(event, AlarmRaised) else event.changed_at
    return at if event.late or event.qualified_at is None else min(event.qualified_at, at)


async def _find(alarm_id: object, tx: Tx) -> tuple[Page | None, Item | None]:
    name = f"alarm {alarm_id}"
    page = await pages.hold_of(tx, name)
    return page, next((item for item in page.items if item.source == name and not item.ended), None) if page else None


HANDLERS: Handlers = {
    AlarmRaised: page_for,
    AlarmPriorityChanged: follow_priority,
    AlarmAcknowledged: note_answer,
    AlarmEnded: end_paging,
}
