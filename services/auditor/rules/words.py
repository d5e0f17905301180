"""Words: what is wrong, as a person is told of it. No value, name, drug or score."""

from collections.abc import Mapping
from datetime import datetime

from schemas.auditor.audits import FaultKind
from schemas.monitoring.alarms import Priority

WHAT: Mapping[FaultKind, str] = {
    "nobody told": "nobody was told in time",
    "not passed on": "nobody answered and the next people were not told in time",
    "unanswered": "everybody was told and nobody answered",
    "not paged again": "the answer is too old and nobody was told again",
    "answered for less": "somebody answered when it was less urgent and the paging stopped",
    "closed too soon": "its page was closed while it stands",
    "no such alarm": "a page is about an alarm that was never raised",
    "no such page": "somebody was told of a page that was never opened",
    "told nobody": "a step was due and no channel took it for anybody",
    "delivery unproven": "a page was sent and its channel gave no receipt",
    "never published": "monitoring knows of an open alarm that it never said",
    "never paged": "notifications does not know of an alarm that stands",
    "monitoring silent": "monitoring gives no sign of life",
    "notifications silent": "notifications gives no sign of life",
    "auditor blind": "the auditor cannot read what is said",
    "unreadable": "the auditor cannot read something that was said",
}
SAID_OUTSIDE: frozenset[FaultKind] = frozenset(WHAT) - {"no such alarm", "no such page", "told nobody", "delivery unproven"}
"""A patient may have nobody: told by the second way. The others are faults of the paging that its alarms show if they matter."""
SILENCE: frozenset[FaultKind] = frozenset(
    {"monitoring silent", "notifications silent", "auditor blind", "never published", "never paged"}
)
"""Something died without a word: no heartbeat leaves the house while nobody takes care of it."""


def message(clinic: str, priority: Priority, chair: int | None, title: str, since: datetime, kind: FaultKind) -> str:
    """What goes outside: `North: HIGH chair 3, systolic pressure high, since 08:00 UTC: nobody was told in time`."""
    where = f" chair {chair}" if chair is not None else ""
    about = ", ".join(part for part in (f"{priority.upper()}{where}", title, f"since {since:%H:%M} UTC") if part)
    return f"{clinic}: {about}: {WHAT[kind]}"
