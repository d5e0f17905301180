"""Pages as they stand."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from kit.db import Tx
from schemas.monitoring.alarms import Priority
from services.notifications.store.named import queries


@dataclass
class Page:
    """A page as it stands. What a handler changes of it is kept by `keep`."""

    page_id: UUID
    subject: Literal["alarm", "safety", "dead letter"]
    source: str
    alarm_id: UUID | None
    signal_id: UUID | None
    session_id: UUID | None
    patient_id: UUID | None
    device_id: str | None
    chair: int | None
    title: str
    priority: Priority
    state: Literal["open", "answered", "closed"]
    step: int
    count: int
    opened_at: datetime
    since: datetime
    answer_id: UUID | None
    answered_by: str | None
    answered_at: datetime | None
    closed_at: datetime | None

    def about(self) -> dict[str, Any]:
        """What every event about it carries."""
        return {
            "page_id": self.page_id,
            "session_id": self.session_id,
            "patient_id": self.patient_id,
            "device_id": self.device_id,
            "chair": self.chair,
        }


def _page(row: Any) -> Page | None:
    return Page(**dict(row)) if row else None


async def open_page(tx: Tx, page: Page) -> bool:
    """Open a page. False when its source is told of already: that page counts up."""
    row = await queries.open_page(
        tx.db,
        page_id=page.page_id,
        subject=page.subject,
        source=page.source,
        alarm_id=page.alarm_id,
        signal_id=page.signal_id,
        session_id=page.session_id,
        patient_id=page.patient_id,
        device_id=page.device_id,
        chair=page.chair,
        title=page.title,
        priority=page.priority,
        opened_at=page.opened_at,
    )
    return bool(row["page_id"] == page.page_id)


async def hold(tx: Tx, page_id: UUID) -> Page | None:
    """A page, held until the transaction ends."""
    return _page(await queries.hold_page(tx.db, page_id=page_id))


async def hold_of(tx: Tx, source: str) -> Page | None:
    """The page about a source, held until the transaction ends; closed ones are not found."""
    return _page(await queries.hold_page_of(tx.db, source=source))


async def see(tx: Tx, page_id: UUID) -> Page | None:
    """A page, to be read."""
    return _page(await queries.see_page(tx.db, page_id=page_id))


async def see_all(tx: Tx, *, everything: bool) -> list[Page]:
    """Pages, newest first."""
    return [Page(**dict(row)) async for row in queries.see_pages(tx.db, everything=everything)]


async def keep(tx: Tx, page: Page) -> None:
    """Keep what changed of a page."""
    await queries.keep_page(
        tx.db,
        page_id=page.page_id,
        priority=page.priority,
        state=page.state,
        step=page.step,
        since=page.since,
        answer_id=page.answer_id,
        answered_by=page.answered_by,
        answered_at=page.answered_at,
        closed_at=page.closed_at,
    )
