"""What people do about a page: answer it, pass it on, say what became of it. Every way of answering comes through here."""

from collections.abc import Sequence
from typing import Literal
from uuid import UUID

from kit.db import Tx
from schemas.notifications.pages import AnsweredAlarm, PageAcknowledged, PageDeclined, PageResolved
from services.notifications.rules.paging import Item, Refusal, asked, asking, covered, shown
from services.notifications.settings import policies_of
from services.notifications.store import pages, people
from services.notifications.store.pages import Answer, Page
from services.notifications.timers import expect_lapse, follow, pass_on

Via = Literal["link", "reply", "api"]
Outcome = Literal["answered", "passed on", "noted"] | Refusal


async def answer(
    tx: Tx, page_id: UUID, staff_id: str, seen: Sequence[AnsweredAlarm] | None, *, via: Via, came_from: str
) -> Outcome:
    """Answer a page for what the person was shown; None for all that it asks about. What was not shown is asked on."""
    page = await pages.hold(tx, page_id)
    if page is None:
        return "unknown"
    found = covered(page.items, seen)
    if found.refusal is not None:
        return found.refusal
    if not await may_answer(page, staff_id, tx):
        return "not yours"
    before, answer_id = asking(page.items), tx.new_id()
    for item in found.items:
        item.answered(answer_id, staff_id, tx.now)
        expect_lapse(page, item, tx)
    page.answer_id, page.answered_by, page.answered_at = answer_id, staff_id, tx.now
    alarms = shown(found.items)
    await pages.note_answer(tx, page, Answer(answer_id, staff_id, "answered", via, came_from, alarms))
    tx.emit(
        PageAcknowledged(
            **page.about(),
            answer_id=answer_id,
            staff_id=staff_id,
            alarms=alarms,
            waited_seconds=(tx.now - page.opened_at).total_seconds(),
            answered_at=tx.now,
            via=via,
        )
    )
    tx.audit("answer", f"page {page.page_id} by {staff_id}")
    await follow(page, before, tx)
    return "answered"


async def decline(tx: Tx, page_id: UUID, staff_id: str, *, via: Via, came_from: str) -> Outcome:
    """Somebody cannot come. The next are told at once, unless others of the step are still asked."""
    page = await pages.hold(tx, page_id)
    if page is None:
        return "unknown"
    if page.state != "open":
        return "over" if page.state == "closed" else "already answered"
    step, passed = page.step, await pass_on(page, staff_id, tx)
    await pages.note_answer(tx, page, Answer(tx.new_id(), staff_id, "declined", via, came_from))
    tx.emit(PageDeclined(**page.about(), staff_id=staff_id, step=step, passed_on=passed, declined_at=tx.now))
    tx.audit("decline", f"page {page.page_id} by {staff_id}")
    await pages.keep(tx, page)
    return "passed on" if passed else "noted"


async def resolve(tx: Tx, page: Page, by: str, what: str) -> None:
    """Somebody says what became of a page that no alarm's end closes."""
    before = asking(page.items)
    for item in page.items:
        item.ended = True
    page.resolved_by, page.resolution = by, what
    tx.emit(PageResolved(**page.about(), by=by, resolved_at=tx.now))
    tx.audit("resolve", f"page {page.page_id}")
    await follow(page, before, tx)


async def may_answer(page: Page, staff_id: str, tx: Tx, items: Sequence[Item] | None = None) -> bool:
    """Whether this person's word counts for these items; else for all that the page asks about, or once answered, that stands."""
    if items is None:
        items = asked(page.items) or [item for item in page.items if not item.ended]
    policies = policies_of(tx.settings)
    ladders = [policies.ladder_of(page.subject, item.priority, item.code) for item in items]
    wanted = [ladder.answered_by for ladder in ladders if ladder is not None and ladder.answered_by]
    if not wanted:
        return True
    role = next((member.role for member in await people.duty_book(tx) if member.staff_id == staff_id), None)
    return all(role in roles for roles in wanted)
