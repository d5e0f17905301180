"""The clinic's alarm load, an hour a row: counters that only grow, and how far each source has been counted."""

from collections.abc import Iterable
from datetime import datetime

from schemas.trends.trends import AlarmLoadComputed, LoadCount
from services.trends.rules.alarms import delayed, loads
from services.trends.rules.rows import Row
from services.trends.rules.sessions import HOUR, instant
from services.trends.rules.tables import Counting

FLOOD_MINUTES = 10
"""The length of a window, by the definition of a flood."""


def fresh_hour() -> Row:
    """An hour in which nothing has happened."""
    return {
        "tally": {"technical": 0},
        "windows": [0] * (HOUR // 60 // FLOOD_MINUTES),
        "watched": 0.0,
        "running": 0,
        "running_seconds": 0.0,
        "chattering": 0,
        "facts": 0,
    }


def hour_of(at: datetime) -> int:
    """The beginning of the hour that holds an instant."""
    seconds = at.timestamp()
    return int(seconds - seconds % HOUR)


def add(row: Row, hour: int, counts: Iterable[LoadCount]) -> Row:
    """An hour with more counted in it; counts of other hours are left out."""
    new = {**row, "tally": {name: _copy(one) for name, one in row["tally"].items()}, "windows": list(row["windows"])}
    for count in counts:
        if hour_of(count.at) != hour:
            continue
        new["facts"] += 1
        into = count.at.timestamp() - hour
        if count.what == "alarm":
            new["tally"].setdefault(count.priority, {"told": 0, "delays": {}})["told"] += 1
            new["tally"]["technical"] += count.technical
            new["windows"][int(into // (FLOOD_MINUTES * 60))] += 1
        elif count.what == "answer":
            delayed(new["tally"].setdefault(count.priority, {"told": 0, "delays": {}})["delays"], count.seconds)
        elif count.what == "chatter":
            new["chattering"] += 1
        elif count.what == "watched":
            new["watched"] += count.seconds
        else:
            sign = 1 if count.what == "start" else -1
            new["running"] += sign
            new["running_seconds"] += sign * (HOUR - into)
    return new


def _copy(one: object) -> object:
    return {"told": one["told"], "delays": dict(one["delays"])} if isinstance(one, dict) else one


def figures(row: Row, hour: int, clinic: str, now: datetime, counting: Counting) -> AlarmLoadComputed:
    """An hour as it is said."""
    return AlarmLoadComputed(
        clinic=clinic,
        hour=instant(hour),
        alarms=loads(row["tally"]),
        technical=row["tally"]["technical"],
        session_seconds=round(row["watched"], 3),
        running=row["running"],
        running_seconds=round(row["running_seconds"], 3),
        most_in_ten_minutes=max(row["windows"]),
        flood_minutes=FLOOD_MINUTES * sum(count > counting.flood_over for count in row["windows"]),
        chattering=row["chattering"],
        facts=row["facts"],
        computed_at=now,
    )
