"""Answer links: signed, and good for one person, one page and the alarms it showed."""

from datetime import timedelta
from uuid import UUID

from pydantic import BaseModel

from kit.auth import sign_link
from kit.clock import wall
from schemas.notifications.pages import AnsweredAlarm
from services.notifications.settings import NotificationsSettings

LINK_LASTS = timedelta(hours=12)


class AnswerLink(BaseModel):
    """What an answer link carries: which page, whose answer, and the alarms that the page showed, with their priorities."""

    page_id: UUID
    staff_id: str
    alarms: tuple[AnsweredAlarm, ...] = ()


def link_of(carried: AnswerLink, settings: NotificationsSettings) -> str:
    """Where this person answers this page, for as long as the wall clock allows."""
    token = sign_link(settings.link_secret.get_secret_value(), carried, wall() + LINK_LASTS)
    return f"{settings.public_url.rstrip('/')}/answer/{token}"
