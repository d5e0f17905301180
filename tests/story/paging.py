"""What notifications says of pages, in words that a story can be compared with."""

from schemas.event import Event
from schemas.notifications.pages import (
    AcknowledgementLapsed,
    PageAcknowledged,
    PageClosed,
    PageDeclined,
    PageDelivered,
    PageEscalated,
    PageFailed,
    PageJoined,
    PageOpened,
    PageResolved,
)

Told = tuple[float, str, str]
"""Seconds since the ward opened, who was told, and at what priority."""
Said = tuple[float, str]
"""Seconds since the ward opened, and what was said."""


def words(event: Event) -> str | None:
    """What an event of a page says; None for what a story reads elsewhere."""
    match event:
        case PageOpened():
            return f"opened {event.priority}"
        case PageJoined():
            return f"joined by {event.priority}"
        case PageEscalated():
            return f"step {event.step}: {', '.join(event.told) or 'nobody is there'}"
        case PageDeclined():
            return f"{event.staff_id} cannot come: {'passed on' if event.passed_on else 'others are asked'}"
        case PageAcknowledged():
            return f"{event.staff_id} answered by {event.via} for {_each(event)}"
        case AcknowledgementLapsed():
            return f"the answer for {event.priority} lapsed"
        case PageFailed():
            return f"{event.staff_id} not reached by {event.medium}"
        case PageDelivered():
            return f"{event.staff_id} reached by {event.medium}"
        case PageResolved():
            return f"resolved by {event.by}"
        case PageClosed():
            return f"closed: {event.reason}"
    return None


def _each(event: PageAcknowledged) -> str:
    return ", ".join(one.priority for one in event.alarms) or "what it asks"
