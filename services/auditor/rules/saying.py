"""Saying: which faults go outside now, and when the next must."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from services.auditor.rules.judge import Missed

MOST_LINES = 10
"""Lines of one message: whoever reads it on a telephone needs the worst, and how many more there are."""


def due_to_say(asked: Mapping[UUID, datetime | None], now: datetime, again: timedelta) -> tuple[list[UUID], datetime | None]:
    """Faults never said, or said so long ago that they are said again; and when to look next, None where nothing is wrong."""
    due = [fault_id for fault_id, at in asked.items() if at is None or at + again <= now]
    later = [at + again for at in asked.values() if at is not None and at + again > now]
    return due, min([*later, *([now + again] if due else [])], default=None)


def body(lines: Sequence[str]) -> str:
    """Lines as one message."""
    more = [f"and {len(lines) - MOST_LINES} more"] if len(lines) > MOST_LINES else []
    return "\n".join([*lines[:MOST_LINES], *more])


def changes(
    filed: Mapping[str, datetime | None], found: Sequence[Missed], now: datetime
) -> tuple[list[Missed], list[tuple[str, datetime]]]:
    """What a new verdict changes of what is filed: `filed` says when each key was mended, None while it is wrong.

    Returns what is newly wrong, and the keys of what is right again with since when: what the verdict no longer holds, since now.
    """
    wrong = {one.key: one for one in found}
    new = [one for one in found if one.key not in filed or (filed[one.key] is not None and one.mended_at is None)]
    mended = [
        (key, (wrong[key].mended_at if key in wrong else None) or now)
        for key, at in filed.items()
        if at is None and (key not in wrong or wrong[key].mended_at is not None)
    ]
    return new, mended
