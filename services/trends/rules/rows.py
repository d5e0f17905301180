"""The row of a session, or of a device or chair that an alarm names instead."""

from typing import Any

Row = dict[str, Any]
KEEP_SECONDS = 6 * 3600
"""A session's row goes this long after its end, once every topic has moved on as far: a design choice, no clinical number."""
KEEP_SILENT_SECONDS = 7 * 24 * 3600
"""The row of what never ends (a device, an abandoned session) goes this long after its last fact."""
SEEN = 512
"""A reading that comes again is known among as many: more than one request may bring."""


def fresh() -> Row:
    """A session nobody has seen."""
    return {
        "started": None,
        "over": None,
        "said": 0.0,
        "facts": 0,
        "latest": 0.0,
        "signs": {},
        "seen": [],
        "alarms": {},
        "tally": {},
        "done": [],
    }


def gone(row: Row, passed: float) -> bool:
    """Whether a row may be dropped, now that all topics have passed an instant."""
    if row["over"] is not None:
        return bool(passed > row["over"] + KEEP_SECONDS)
    return bool(passed > row["latest"] + KEEP_SILENT_SECONDS)


def noted(row: Row, at: float) -> Row:
    """One fact more, of that instant."""
    return {**row, "facts": row["facts"] + 1, "latest": max(row["latest"], at)}
