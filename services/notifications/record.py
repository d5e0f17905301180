"""How a page is opened, whoever asks for it."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from kit.db import Tx
from schemas.monitoring.alarms import Priority
from schemas.notifications.pages import PageOpened
from services.notifications.store import pages
from services.notifications.store.pages import Page


async def open_page(
    tx: Tx,
    subject: Literal["alarm", "safety", "dead letter"],
    source: str,
    title: str,
    priority: Priority,
    *,
    alarm_id: UUID | None = None,
    signal_id: UUID | None = None,
    session_id: UUID | None = None,
    patient_id: UUID | None = None,
    device_id: str | None = None,
    chair: int | None = None,
) -> Page | None:
    """Open a page and say so. None when its source is told of already: that page counts up."""
    now: datetime = tx.now
    page = Page(
        page_id=tx.new_id(),
        subject=subject,
        source=source,
        alarm_id=alarm_id,
        signal_id=signal_id,
        session_id=session_id,
        patient_id=patient_id,
        device_id=device_id,
        chair=chair,
        title=title,
        priority=priority,
        state="open",
        step=0,
        count=1,
        opened_at=now,
        since=now,
        answer_id=None,
        answered_by=None,
        answered_at=None,
        closed_at=None,
    )
    if not await pages.open_page(tx, page):
        return None
    tx.emit(PageOpened(**page.about(), subject=subject, alarm_id=alarm_id, signal_id=signal_id, priority=priority, opened_at=now))
    return page
