"""What a page says: clinic, chair, priority, alarm class in words, since when (clinical 6.3). Nothing else."""

from datetime import datetime

from schemas.monitoring.alarms import Priority

TITLES = {
    "safety": "a patient's answer needs a prescriber now",
    "dead letter": "a message could not be read; a patient may be concerned",
}


def page_text(clinic: str, chair: int | None, priority: Priority, title: str, since: datetime) -> str:
    """The one line of a page."""
    where = f" chair {chair}" if chair is not None else ""
    return f"{clinic}{where}: {priority.upper()} {title}, since {since:%H:%M} UTC"
