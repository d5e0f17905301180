"""Climbing the ladder: each step is a timer, and so is an answer that grows old."""

from datetime import datetime
from uuid import UUID

from kit.db import Tx
from kit.timers import Timer, Timers
from schemas.notifications.pages import AcknowledgementLapsed, PageClosed, PageEscalated
from services.notifications.jobs import tell
from services.notifications.record import PassOn
from services.notifications.rules.paging import Asking, Item, asked, asking, next_move
from services.notifications.rules.people import anybody, whom
from services.notifications.rules.policy import RANK, Ladder, Step, due, lapses_at, reached, step_at
from services.notifications.settings import policies_of
from services.notifications.store import pages, people, ways
from services.notifications.store.pages import Page


class Climb(Timer):
    """Nobody has answered by now: the next step."""

    page_id: UUID


class Lapse(Timer):
    """An answer is too old by now, if the alarm stands."""

    page_id: UUID
    alarm_id: UUID
    answer_id: UUID


async def follow(page: Page, before: Asking, tx: Tx, *, since: datetime | None = None, lowered: bool = False) -> None:
    """Do what a change of a held page asks for, and keep it. A climb that begins counts from `since`, where that is past."""
    move = next_move(before, asking(page.items))
    if move == "close":
        _close(page, tx, lowered=lowered)
    elif move == "rest":
        page.state, page.asking = "answered", []
        tx.disarm(Climb, key=str(page.page_id))
    elif move == "begin":
        page.state, page.step, page.since, page.told = "open", 0, min(since or tx.now, tx.now), []
        await _climb(page, tx)
    elif move == "tell again" and page.told:
        await _say(page, list(page.told), tx)
    elif move == "tell again":
        await _climb(page, tx)
    elif move == "go on":
        steps = _steps(_ladder(page, tx), tx)
        page.step = reached(steps, page.since, tx.now)
        _expect_next(page, steps, tx)
    await _keep(page, tx)


def expect_lapse(page: Page, item: Item, tx: Tx) -> None:
    """An answer to a high or emergency alarm holds for a while only; to one that is only medium now, for good."""
    key = str(item.alarm_id)
    tx.disarm(Lapse, key=key)
    if item.alarm_id is None or item.answered_at is None or item.answer_id is None:
        return
    at = lapses_at(policies_of(tx.settings).lapse, item.priority, item.answered_at)
    if at is not None:
        timer = Lapse(page_id=page.page_id, alarm_id=item.alarm_id, answer_id=item.answer_id)
        tx.arm(timer, key=key, at=at, priority=RANK[item.priority])


async def pass_on(page: Page, staff_id: str, tx: Tx) -> bool:
    """Somebody who is asked will not come; once nobody of the step is left, the next is told at once. Returns whether it was.

    Once nobody of the last step is left either, the ladder goes on by the clock, as if nothing had been passed on: who could not
    be reached may be by then.
    """
    if page.state != "open" or staff_id not in page.asking:
        return False
    page.asking.remove(staff_id)
    if page.asking:
        return False
    steps = _steps(_ladder(page, tx), tx)
    if page.step + 1 >= len(steps):
        page.step = reached(steps, page.since, tx.now)
        _expect_next(page, steps, tx)
        return False
    page.step += 1
    await _climb(page, tx)
    return True


async def _climb(page: Page, tx: Tx) -> None:
    """Tell those of this step and of those that are overdue with it. Where nobody of the kind is there, the next at once."""
    ladder = _ladder(page, tx)
    steps, staff = _steps(ladder, tx), await people.duty_book(tx)
    told: dict[str, None] = {}
    while True:
        step = step_at(steps, page.step)
        found = whom(step.tell, page.chair, staff)
        if not found and not told and page.step >= len(steps) - 1:
            found = anybody(step.tell, staff)
        told |= dict.fromkeys(found)
        if page.step or not found:
            about = page.about()
            tx.emit(PageEscalated(**about, priority=ladder.priority, step=page.step, told=tuple(found), escalated_at=tx.now))
        overdue = due(steps, page.since, page.step + 1) <= tx.now
        if page.step >= len(steps) - 1 or (told and not overdue):
            break
        page.step += 1
    page.asking = list(told)
    page.told = list(dict.fromkeys([*page.told, *told]))
    await _say(page, page.asking, tx)
    page.step = max(page.step, reached(steps, page.since, tx.now))
    _expect_next(page, steps, tx)


async def _say(page: Page, staff_ids: list[str], tx: Tx) -> None:
    """Have people told of all that the page asks about."""
    ladder = _ladder(page, tx)
    together, until = ladder.ways == "in parallel", due(_steps(ladder, tx), page.since, page.step + 1)
    for staff_id in staff_ids:
        await tell(tx, page, staff_id, await ways.channels_of(tx, staff_id), in_parallel=together, until=until)
    for item in asked(page.items):
        item.told = True


def _expect_next(page: Page, steps: list[Step], tx: Tx) -> None:
    rank = RANK[asked(page.items)[0].priority]
    tx.arm(Climb(page_id=page.page_id), key=str(page.page_id), at=due(steps, page.since, page.step + 1), priority=rank)


def _ladder(page: Page, tx: Tx) -> Ladder:
    top = asked(page.items)[0]
    ladder = policies_of(tx.settings).ladder_of(page.subject, top.priority, top.code)
    assert ladder is not None, "what has no ladder has no page"
    return ladder


def _steps(ladder: Ladder, tx: Tx) -> list[Step]:
    return policies_of(tx.settings).steps(ladder.name)


def _close(page: Page, tx: Tx, *, lowered: bool) -> None:
    page.state, page.closed_at, page.asking = "closed", tx.now, []
    tx.disarm(Climb, key=str(page.page_id))
    tx.emit(PageClosed(**page.about(), reason="lowered" if lowered else "ended", closed_at=tx.now))


async def _keep(page: Page, tx: Tx) -> None:
    top = next(iter(asked(page.items)), None)
    if top is not None:
        page.title, page.priority = top.title, top.priority
    await pages.keep(tx, page)


async def climb(timer: Climb, tx: Tx) -> None:
    """The next step of a page that nobody has answered."""
    page = await pages.hold(tx, timer.page_id)
    if page is None or page.state != "open":
        return
    page.step += 1
    await _climb(page, tx)
    await _keep(page, tx)


async def lapse(timer: Lapse, tx: Tx) -> None:
    """The answer is too old and the alarm has not ended: say so, and ask again."""
    page = await pages.hold(tx, timer.page_id)
    item = next((one for one in page.items if one.alarm_id == timer.alarm_id and not one.ended), None) if page else None
    if page is None or item is None or item.answer_id != timer.answer_id:
        return
    before = asking(page.items)
    tx.emit(
        AcknowledgementLapsed(
            **page.about(), answer_id=timer.answer_id, alarm_id=timer.alarm_id, priority=item.priority, lapsed_at=tx.now
        )
    )
    item.asks_again()
    await follow(page, before, tx)


async def tell_next(timer: PassOn, tx: Tx) -> None:
    """Nobody was reached at the other end: whoever is next."""
    page = await pages.hold(tx, timer.page_id)
    if page is not None:
        await pass_on(page, timer.staff_id, tx)
        await _keep(page, tx)


TIMERS: Timers = {Climb: climb, Lapse: lapse, PassOn: tell_next}
