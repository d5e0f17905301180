"""Alarms: medium and above page people until somebody answers or the alarm ends."""

from kit.db import Tx
from kit.stream import Handlers
from schemas.monitoring.alarms import AlarmAcknowledged, AlarmEnded, AlarmPriorityChanged, AlarmRaised
from schemas.notifications.pages import PageClosed
from services.notifications.record import open_page
from services.notifications.rules.policy import RANK
from services.notifications.store import pages
from services.notifications.timers import Lapse, begin, expect_lapse, stop


async def page_for(event: AlarmRaised, tx: Tx) -> None:
    """Somebody has to be told, unless the alarm is an advisory."""
    if event.priority != "low":
        await _page(event, tx)


async def follow_priority(event: AlarmPriorityChanged, tx: Tx) -> None:
    """More urgent: begin anew by its ladder, whoever answered before. Less urgent: go on, or stop at an advisory."""
    page = await pages.hold_of(tx, f"alarm {event.alarm_id}")
    if page is None:
        if event.priority != "low":
            await _page(event, tx)
        return
    raised = RANK[event.priority] > RANK[page.priority]
    page.priority = event.priority
    if event.priority == "low":
        await _close(page, "lowered", tx)
    elif raised:
        await begin(page, tx)
    else:
        expect_lapse(page, tx)
        await pages.keep(tx, page)


async def note_answer(event: AlarmAcknowledged, tx: Tx) -> None:
    """An answer at the bedside stops the paging; one of our own links is known already."""
    page = await pages.hold_of(tx, f"alarm {event.alarm_id}")
    if page is None or page.answer_id == event.answer_id or RANK[event.priority] < RANK[page.priority]:
        return
    page.state, page.answer_id, page.answered_by, page.answered_at = "answered", event.answer_id, event.by, event.acknowledged_at
    stop(page, tx)
    expect_lapse(page, tx)
    await pages.keep(tx, page)


async def close_page(event: AlarmEnded, tx: Tx) -> None:
    """The alarm is over, and so is its paging."""
    page = await pages.hold_of(tx, f"alarm {event.alarm_id}")
    if page is not None:
        await _close(page, "ended", tx)


async def _page(event: AlarmRaised | AlarmPriorityChanged, tx: Tx) -> None:
    page = await open_page(
        tx,
        "alarm",
        f"alarm {event.alarm_id}",
        event.title,
        event.priority,
        alarm_id=event.alarm_id,
        session_id=event.session_id,
        device_id=event.device_id,
        chair=event.chair,
    )
    if page is not None:
        await begin(page, tx)


async def _close(page: pages.Page, reason: str, tx: Tx) -> None:
    page.state, page.closed_at = "closed", tx.now
    stop(page, tx)
    tx.disarm(Lapse, key=str(page.page_id))
    await pages.keep(tx, page)
    tx.emit(PageClosed(**page.about(), reason="lowered" if reason == "lowered" else "ended", closed_at=tx.now))


HANDLERS: Handlers = {
    AlarmRaised: page_for,
    AlarmPriorityChanged: follow_priority,
    AlarmAcknowledged: note_answer,
    AlarmEnded: close_page,
}
