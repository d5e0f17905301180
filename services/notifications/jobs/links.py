"""Answer links: signed, and good for one person and one page."""

from datetime import timedelta
from uuid import UUID

from pydantic import BaseModel

from kit.auth import sign_link
from kit.clock import wall
from schemas.monitoring.alarms import Priority
from services.notifications.settings import NotificationsSettings

LINK_LASTS = timedelta(hours=12)


class AnswerLink(BaseModel):
    """What an answer link carries: which page, whose answer, and the priority that the page told of."""

    page_id: UUID
    staff_id: str
    priority: Priority


def link_of(page_id: UUID, staff_id: str, priority: Priority, settings: NotificationsSettings) -> str:
    """Where this person answers this page, for as long as the wall clock allows."""
    carried = AnswerLink(page_id=page_id, staff_id=staff_id, priority=priority)
    token = sign_link(settings.link_secret.get_secret_value(), carried, wall() + LINK_LASTS)
    return f"{settings.public_url.rstrip('/')}/answer/{token}"
