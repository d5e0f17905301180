"""Pages as they stand."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from kit.db import Tx
from schemas.monitoring.alarms import Priority
from schemas.notifications.pages import AnsweredAlarm
from services.notifications.rules.paging import Item
from services.notifications.rules.policy import Subject
from services.notifications.store.named import queries


@dataclass
class Page:
    """A page as it stands. What a handler changes of it, and of what it asks about, is kept by `keep`."""

    page_id: UUID
    subject: Subject
    source: str
    alarm_id: UUID | None
    """The first alarm it was opened for."""
    signal_id: UUID | None
    session_id: UUID | None
    patient_id: UUID | None
    device_id: str | None
    chair: int | None
    title: str
    priority: Priority
    """Title and priority of the most urgent that it asks about."""
    opened_at: datetime
    since: datetime
    """When this climb began."""
    state: Literal["open", "answered", "closed"] = "open"
    step: int = 0
    count: int = 1
    asking: list[str] = field(default_factory=list)
    """Whom it asks at this step, but for those who declined or cannot be reached."""
    told: list[str] = field(default_factory=list)
    """Everybody told in this climb."""
    answer_id: UUID | None = None
    answered_by: str | None = None
    answered_at: datetime | None = None
    """The last answer."""
    closed_at: datetime | None = None
    resolved_by: str | None = None
    resolution: str | None = None
    items: list[Item] = field(default_factory=list)

    def about(self) -> dict[str, Any]:
        """What every event about it carries."""
        return {
            "page_id": self.page_id,
            "session_id": self.session_id,
            "patient_id": self.patient_id,
            "device_id": self.device_id,
            "chair": self.chair,
        }


async def open_page(tx: Tx, page: Page) -> Page:
    """Open a page, held. Where its source has one already, that one is returned, counted up."""
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
    return await _whole(tx, row) if row["page_id"] != page.page_id else page


async def hold(tx: Tx, page_id: UUID) -> Page | None:
    """A page, held until the transaction ends."""
    row = await queries.hold_page(tx.db, page_id=page_id)
    return await _whole(tx, row) if row else None


async def hold_of(tx: Tx, source: str) -> Page | None:
    """The page that asks about a source, held until the transaction ends; None when that is over, or never was."""
    row = await queries.hold_page_of(tx.db, source=source)
    return await _whole(tx, row) if row else None


async def see(tx: Tx, page_id: UUID) -> Page | None:
    """A page, to be read."""
    row = await queries.see_page(tx.db, page_id=page_id)
    return await _whole(tx, row) if row else None


async def see_all(tx: Tx, *, everything: bool) -> list[Page]:
    """Pages, newest first, without what they ask about."""
    return [Page(**dict(row)) async for row in queries.see_pages(tx.db, everything=everything)]


async def keep(tx: Tx, page: Page) -> None:
    """Keep what changed of a page."""
    await queries.keep_page(
        tx.db,
        page_id=page.page_id,
        title=page.title,
        priority=page.priority,
        state=page.state,
        step=page.step,
        since=page.since,
        asking=page.asking,
        told=page.told,
        answer_id=page.answer_id,
        answered_by=page.answered_by,
        answered_at=page.answered_at,
        closed_at=page.closed_at,
        resolved_by=page.resolved_by,
        resolution=page.resolution,
    )
    items = page.items
    await queries.keep_items(
        tx.db,
        page_id=page.page_id,
        sources=[i.source for i in items],
        alarm_ids=[i.alarm_id for i in items],
        codes=[i.code for i in items],
        titles=[i.title for i in items],
        priorities=[i.priority for i in items],
        sinces=[i.since for i in items],
        tolds=[i.told for i in items],
        answer_ids=[i.answer_id for i in items],
        answered_bys=[i.answered_by for i in items],
        answered_ats=[i.answered_at for i in items],
        endeds=[i.ended for i in items],
    )


@dataclass(frozen=True)
class Answer:
    """Somebody answered or declined: who, by what, and from where."""

    answer_id: UUID
    staff_id: str
    what: Literal["answered", "declined"]
    via: str
    came_from: str
    alarms: Sequence[AnsweredAlarm] = ()


async def note_answer(tx: Tx, page: Page, answer: Answer) -> None:
    """Keep who answered or declined."""
    alarms = json.dumps([one.model_dump(mode="json") for one in answer.alarms])
    await queries.note_answer(
        tx.db,
        answer_id=answer.answer_id,
        page_id=page.page_id,
        staff_id=answer.staff_id,
        what=answer.what,
        via=answer.via,
        came_from=answer.came_from,
        alarms=alarms,
        answered_at=tx.now,
    )


async def given_here(tx: Tx, answer_id: UUID) -> bool:
    """Whether an answer was given to us."""
    return bool(await queries.given_here(tx.db, answer_id=answer_id))


async def paging(tx: Tx) -> tuple[int, tuple[UUID, ...]]:
    """How many pages nobody has answered, and which high and emergency alarms are in hand."""
    row = await queries.paging(tx.db)
    return row["open"], tuple(row["open_high"])


async def _whole(tx: Tx, row: Any) -> Page:
    page = Page(**dict(row))
    page.items = [Item(**dict(item)) async for item in queries.items(tx.db, page_id=page.page_id)]
    return page
