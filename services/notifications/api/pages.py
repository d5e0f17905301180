"""Pages: what they ask about, who was told by what, who answered; and answering without a link."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field

from kit.http import Caller, Command, Refused, Routes, needs
from schemas.monitoring.alarms import Priority
from schemas.notifications.pages import AnsweredAlarm
from services.notifications.moving.pages import Outcome, answer, decline, may_answer, resolve
from services.notifications.store import pages, queries

routes = Routes(tags=["pages"])


class PageShown(BaseModel):
    """A page as it stands."""

    model_config = ConfigDict(from_attributes=True)

    page_id: UUID
    subject: str
    alarm_id: UUID | None
    chair: int | None
    title: str
    priority: Priority
    state: str
    step: int
    count: int
    opened_at: datetime
    answered_by: str | None
    answered_at: datetime | None
    closed_at: datetime | None
    resolved_by: str | None


class ItemShown(BaseModel):
    """An alarm that a page asks about."""

    model_config = ConfigDict(from_attributes=True)

    alarm_id: UUID | None
    title: str
    priority: Priority
    since: datetime
    answered_by: str | None
    answered_at: datetime | None
    ended: bool


class Telling(BaseModel):
    """Somebody was told, or could not be."""

    staff_id: str
    step: int
    channel: str
    outcome: str
    told_at: datetime


class AnswerShown(BaseModel):
    """Somebody answered or declined, by what, and from where."""

    answer_id: UUID
    staff_id: str
    what: str
    via: str
    came_from: str
    answered_at: datetime


class PageWhole(PageShown):
    """A page with what it asks about, everybody who was told of it, and who answered."""

    asking: list[str] = []
    items: list[ItemShown] = []
    tellings: list[Telling] = []
    answers: list[AnswerShown] = []


class Answered(BaseModel):
    """What somebody was shown, and answers for."""

    model_config = ConfigDict(extra="forbid")

    alarms: Annotated[list[AnsweredAlarm], Field(max_length=50)] = []


class Resolution(BaseModel):
    """What became of it."""

    model_config = ConfigDict(extra="forbid")

    what: Annotated[str, Field(min_length=3, max_length=500)]


class Done(BaseModel):
    """What came of it."""

    outcome: Outcome


@routes.get("/pages", dependencies=[needs("pages.read")])
async def list_pages(tx: Command, all: bool = False) -> list[PageShown]:
    """Pages, newest first; closed ones too when asked."""
    return [PageShown.model_validate(page) for page in await pages.see_all(tx, everything=all)]


@routes.get("/pages/{page_id}", dependencies=[needs("pages.read")])
async def show_page(page_id: UUID, tx: Command) -> PageWhole:
    """One page, with what it asks about, everybody who was told, and who answered."""
    page = await pages.see(tx, page_id)
    if page is None:
        raise _unknown(page_id)
    whole = PageWhole.model_validate(page)
    whole.tellings = [Telling(**dict(row)) async for row in queries.tellings(tx.db, page_id=page_id)]
    whole.answers = [AnswerShown(**dict(row)) async for row in queries.answers(tx.db, page_id=page_id)]
    return whole


@routes.post("/pages/{page_id}/answer", dependencies=[needs("pages.answer")])
async def answer_page(page_id: UUID, body: Answered, request: Request, tx: Command, caller: Caller) -> Done:
    """Answer a page for the alarms you were shown: the token's subject answers."""
    came_from = request.client.host if request.client else ""
    return _done(page_id, await answer(tx, page_id, caller.subject, body.alarms, via="api", came_from=came_from))


@routes.post("/pages/{page_id}/pass-on", dependencies=[needs("pages.answer")])
async def pass_page_on(page_id: UUID, request: Request, tx: Command, caller: Caller) -> Done:
    """Say that you cannot come: the next are told at once, unless others of the step are still asked."""
    came_from = request.client.host if request.client else ""
    return _done(page_id, await decline(tx, page_id, caller.subject, via="api", came_from=came_from))


@routes.post("/pages/{page_id}/resolution", dependencies=[needs("pages.answer")], status_code=204)
async def resolve_page(page_id: UUID, body: Resolution, tx: Command, caller: Caller) -> None:
    """Close an answered page that no alarm's end closes: a suicide-risk signal, or a fact that cannot be read."""
    page = await pages.hold(tx, page_id)
    if page is None:
        raise _unknown(page_id)
    if page.subject == "alarm":
        raise Refused(409, "The alarm closes it", "This page is over when its alarm is.", todo="Answer it; see to the alarm.")
    if page.state == "closed":
        raise Refused(409, "It is over", f"{page.resolved_by} resolved it.")
    if page.state == "open":
        raise Refused(409, "Nobody has answered it", "Only what was answered can be resolved.", todo="Answer it first.")
    if not await may_answer(page, caller.subject, tx):
        raise _not_yours()
    await resolve(tx, page, caller.subject, body.what)


def _done(page_id: UUID, outcome: Outcome) -> Done:
    if outcome == "unknown":
        raise _unknown(page_id)
    if outcome == "not yours":
        raise _not_yours()
    if outcome == "more urgent now":
        title = "There is more than you were shown"
        raise Refused(409, title, todo="Read the page again and answer for what it shows.", field="body.alarms")
    return Done(outcome=outcome)


def _unknown(page_id: UUID) -> Refused:
    return Refused(404, "No such page", f"notifications knows no page {page_id}")


def _not_yours() -> Refused:
    return Refused(403, "Somebody of another role must answer", todo="Find a prescriber: they are being paged.")
