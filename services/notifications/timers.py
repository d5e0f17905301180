"""Climbing the ladder: each step is a timer, and so is an answer that grows old."""

from uuid import UUID

from kit.db import Tx
from kit.timers import Timer, Timers
from schemas.notifications.pages import AcknowledgementLapsed, PageEscalated
from services.notifications import tables
from services.notifications.jobs import tell
from services.notifications.rules.people import anybody, whom
from services.notifications.rules.policy import due, ladder_of, lapses_at, step_at
from services.notifications.store import pages, people, ways
from services.notifications.store.pages import Page


class Climb(Timer):
    """Nobody has answered by now: the next step."""

    page_id: UUID


class Lapse(Timer):
    """An answer is too old by now, if the condition still stands."""

    page_id: UUID
    answer_id: UUID


async def begin(page: Page, tx: Tx) -> None:
    """Begin, or begin again, at the foot of the page's ladder. Keeps the page."""
    page.state, page.step, page.since = "open", 0, tx.now
    page.answer_id = page.answered_by = page.answered_at = None
    tx.disarm(Lapse, key=str(page.page_id))
    await _tell_step(page, tx)


async def _tell_step(page: Page, tx: Tx) -> None:
    """Tell those of this step; when nobody of the kind is on duty, say so and go on to the next at once."""
    name = ladder_of(page.subject, page.priority)
    if name is None:
        return
    steps, staff = tables.escalation().ladder(name), await people.duty_book(tx)
    while True:
        step = step_at(steps, page.step)
        told = whom(step.tell, page.chair, staff)
        if not told and page.step >= len(steps) - 1:
            told = anybody(step.tell, staff)
        if page.step or not told:
            tx.emit(PageEscalated(**page.about(), priority=page.priority, step=page.step, told=tuple(told), escalated_at=tx.now))
        if told or page.step >= len(steps) - 1:
            break
        page.step += 1
    for staff_id in told:
        await tell(tx, page, staff_id, await ways.channels_of(tx, staff_id))
    at = due(steps, page.since, page.step + 1)
    while at <= tx.now:
        page.step += 1
        at = due(steps, page.since, page.step + 1)
    await pages.keep(tx, page)
    tx.arm(Climb(page_id=page.page_id), key=str(page.page_id), at=at)


def stop(page: Page, tx: Tx) -> None:
    """Climb no further."""
    tx.disarm(Climb, key=str(page.page_id))


def expect_lapse(page: Page, tx: Tx) -> None:
    """An answer to a high or emergency alarm holds for a while only; to one that is only medium now, for good."""
    tx.disarm(Lapse, key=str(page.page_id))
    if page.subject != "alarm" or page.answered_at is None or page.answer_id is None:
        return
    at = lapses_at(tables.escalation().lapse, page.priority, page.answered_at)
    if at is not None:
        tx.arm(Lapse(page_id=page.page_id, answer_id=page.answer_id), key=str(page.page_id), at=at)


async def climb(timer: Climb, tx: Tx) -> None:
    """The next step of a page that nobody has answered."""
    page = await pages.hold(tx, timer.page_id)
    if page is None or page.state != "open":
        return
    page.step += 1
    await _tell_step(page, tx)


async def lapse(timer: Lapse, tx: Tx) -> None:
    """The answer is too old and the alarm has not ended: say so, and begin again."""
    page = await pages.hold(tx, timer.page_id)
    if page is None or page.state != "answered" or page.answer_id != timer.answer_id or page.alarm_id is None:
        return
    tx.emit(
        AcknowledgementLapsed(
            **page.about(), answer_id=timer.answer_id, alarm_id=page.alarm_id, priority=page.priority, lapsed_at=tx.now
        )
    )
    await begin(page, tx)


TIMERS: Timers = {Climb: climb, Lapse: lapse}
