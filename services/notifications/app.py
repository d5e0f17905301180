"""Notifications, wired."""

from kit.db import Tx
from kit.deadletters import DeadLetter
from kit.service import Service
from schemas.intake.safety import SAFETY
from schemas.monitoring.alarms import ALARMS
from schemas.notifications.pages import PagingKept
from schemas.scheduling.staff import STAFF
from services.notifications import tables
from services.notifications.api import (
    answers,
    channels,
    contacts,
    covers,
    gaps,
    oncall,
    pages,
    policies,
    receipts,
    replies,
    rotations,
)
from services.notifications.jobs import JOBS, WAITING
from services.notifications.on import alarms, safety, staff
from services.notifications.record import open_page
from services.notifications.rules.texts import TITLES
from services.notifications.rules.urgency import URGENT
from services.notifications.settings import NotificationsSettings, settings_of
from services.notifications.store import pages as store_pages
from services.notifications.timers import TIMERS, follow


async def page_dead_letter(letter: DeadLetter, tx: Tx) -> None:
    """A fact that could not be handled may be about a patient: people are told, once per topic and source."""
    source = f"dead letters of {letter.topic} from {letter.source}"
    page, before = await open_page(
        tx, "dead letter", source, TITLES["dead letter"], "high", device_id=f"notifications {letter.topic}"
    )
    await follow(page, before, tx)


async def keep_paging(tx: Tx) -> None:
    """Say that notifications has read everything and pages, and which high alarms are in hand."""
    pages_open, open_high = await store_pages.paging(tx)
    tx.emit(PagingKept(clinic=tx.settings.prefix, pages_open=pages_open, open_high=open_high, kept_at=tx.now))


SERVICE = Service(
    name="notifications",
    settings=NotificationsSettings,
    consumes={ALARMS: alarms.HANDLERS, SAFETY: safety.HANDLERS, STAFF: staff.HANDLERS},
    routes=(
        contacts.routes,
        channels.routes,
        pages.routes,
        answers.links,
        receipts.routes,
        replies.routes,
        rotations.routes,
        covers.routes,
        oncall.routes,
        gaps.routes,
        policies.routes,
    ),
    timers={**TIMERS, **WAITING},
    jobs=JOBS,
    checks=(tables.escalation, tables.channels),
    urgent=URGENT,
    on_dead_letter=page_dead_letter,
    beat=keep_paging,
    public_port=lambda settings: settings_of(settings).public_port,
)
