"""What a page says: clinic, chair, and of each alarm priority, class in words and since when (clinical 6.3). Nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from schemas.monitoring.alarms import Priority

TITLES = {
    "safety": "a patient's answer needs a prescriber now",
    "dead letter": "a message could not be read; a patient may be concerned",
}
LONGEST = 150
"""Characters of a page: a text message holds 160, and a reply code goes with it."""


@dataclass(frozen=True)
class Line:
    """One alarm on a page."""

    priority: Priority
    title: str
    since: datetime
    """In UTC."""


def page_text(clinic: str, chair: int | None, lines: Sequence[Line]) -> str:
    """The text of a page, the most urgent alarm first."""
    where = f" chair {chair}" if chair is not None else ""
    said = "; ".join(f"{line.priority.upper()} {line.title}, since {line.since:%H:%M}" for line in lines)
    return f"{clinic}{where}: {said} UTC"


def fitting(clinic: str, chair: int | None, lines: Sequence[Line], room: int = LONGEST) -> int:
    """How many of the lines a page of so many characters holds: at least the first."""
    return max((n for n in range(2, len(lines) + 1) if len(page_text(clinic, chair, lines[:n])) <= room), default=1)
