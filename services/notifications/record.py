"""How a page is opened and joined, whoever asks for it."""

from datetime import datetime
from uuid import UUID

from kit.db import Tx
from kit.timers import Timer
from schemas.monitoring.alarms import Priority
from schemas.notifications.pages import PageJoined, PageOpened
from services.notifications.rules.paging import Asking, Item, asking
from services.notifications.rules.policy import RANK, Subject
from services.notifications.store import pages
from services.notifications.store.pages import Page


class PassOn(Timer):
    """Somebody who is asked cannot be reached, or will not come: whoever is next."""

    page_id: UUID
    staff_id: str


def nobody_reached(tx: Tx, page_id: UUID, staff_id: str) -> None:
    """None of a person's channels took a page: it is passed on at once."""
    tx.arm(PassOn(page_id=page_id, staff_id=staff_id), key=f"{page_id}/{staff_id}", at=tx.now, priority=RANK["high"])


async def open_page(
    tx: Tx,
    subject: Subject,
    source: str,
    title: str,
    priority: Priority,
    *,
    item: str | None = None,
    code: str = "",
    begun: datetime | None = None,
    alarm_id: UUID | None = None,
    signal_id: UUID | None = None,
    session_id: UUID | None = None,
    patient_id: UUID | None = None,
    device_id: str | None = None,
    chair: int | None = None,
) -> tuple[Page, Asking]:
    """Open the page of a source, or join the one it has, and say so. Returns it, held, and what it asked for before.

    `item` is what it asks about, where that is not the source itself: one alarm of a session. One that it has
    already changes nothing.
    """
    page = await pages.open_page(
        tx,
        Page(
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
            opened_at=tx.now,
            since=tx.now,
        ),
    )
    before = asking(page.items)
    name = item or source
    if any(one.source == name and not one.ended for one in page.items):
        return page, before
    opened = not page.items
    page.items = [one for one in page.items if one.source != name]
    page.items.append(Item(name, alarm_id, code, title, priority, begun or tx.now))
    about = page.about() | {"chair": chair}
    if opened:
        tx.emit(PageOpened(**about, subject=subject, alarm_id=alarm_id, signal_id=signal_id, priority=priority, opened_at=tx.now))
    elif alarm_id is not None:
        tx.emit(PageJoined(**about, alarm_id=alarm_id, priority=priority, joined_at=tx.now))
    return page, before
