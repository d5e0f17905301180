"""Pages: who was told, by what, and who answered."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from kit.http import Command, Refused, Routes, needs
from schemas.monitoring.alarms import Priority
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


class Telling(BaseModel):
    """Somebody was told, or could not be."""

    staff_id: str
    step: int
    channel: str
    outcome: str
    told_at: datetime


class PageWhole(PageShown):
    """A page with everybody who was told of it."""

    tellings: list[Telling] = []


@routes.get("/pages", dependencies=[needs("pages.read")])
async def list_pages(tx: Command, all: bool = False) -> list[PageShown]:
    """Pages, newest first; closed ones too when asked."""
    return [PageShown.model_validate(page) for page in await pages.see_all(tx, everything=all)]


@routes.get("/pages/{page_id}", dependencies=[needs("pages.read")])
async def show_page(page_id: UUID, tx: Command) -> PageWhole:
    """One page, with everybody who was told."""
    page = await pages.see(tx, page_id)
    if page is None:
        raise Refused(404, "No such page", f"notifications knows no page {page_id}")
    whole = PageWhole.model_validate(page)
    whole.tellings = [Telling(**dict(row)) async for row in queries.tellings(tx.db, page_id=page_id)]
    return whole
