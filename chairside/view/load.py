"""The clinic's alarm load by hour, beside what it aims at: the numbers of trends' table, with their evidence."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from schemas.trends.trends import AlarmLoadComputed
from services.trends.rules.tables import LoadTargets, Target

HOUR = timedelta(hours=1)
COLUMNS = 6
"""Hours shown."""
UNSURE = {"K": "known, not looked up", "D": "a default of this product"}


def session_hours(load: Mapping[datetime, AlarmLoadComputed], hour: datetime, now: datetime) -> float:
    """Session-hours within an hour: of sessions that are over, and of those that run until now."""
    until = min(now, hour + HOUR)
    seconds = 0.0
    for begun, one in load.items():
        if begun == hour:
            seconds += one.session_seconds + one.running_seconds - one.running * (hour + HOUR - until).total_seconds()
        elif begun < hour:
            seconds += one.running * (until - hour).total_seconds()
    return max(seconds, 0.0) / 3600


def figures(load: Mapping[datetime, AlarmLoadComputed], hour: datetime, now: datetime) -> dict[str, float | None]:
    """An hour's figures by name, and None for what cannot be told."""
    one, watched = load[hour], session_hours(load, hour, now)
    told = {part.priority: part.told for part in one.alarms}
    everything = sum(told.values())
    high = next((part.median_seconds for part in one.alarms if part.priority == "high"), None)
    urgent = sum(count for priority, count in told.items() if priority != "low")

    def percent(part: float, whole: float) -> float | None:
        return 100 * part / whole if whole else None

    return {
        "session_hours": watched,
        **{priority: float(told.get(priority, 0)) for priority in ("low", "medium", "high", "emergency")},
        "urgent_per_session_hour": urgent / watched if watched else None,
        "high_median_seconds": high,
        "technical_percent": percent(one.technical, everything),
        "flood_percent": percent(one.flood_minutes, 60),
        "most_in_ten_minutes": float(one.most_in_ten_minutes),
        "chattering": float(one.chattering),
        "alarms_per_hour": float(everything),
        "medium_percent": percent(told.get("medium", 0), everything),
        "high_percent": percent(told.get("high", 0) + told.get("emergency", 0), everything),
    }


def as_json(load: Mapping[datetime, AlarmLoadComputed], now: datetime, targets: LoadTargets) -> dict[str, Any]:
    """All hours, and what is aimed at, as one object."""
    return {
        "time": now.isoformat(),
        "targets_version": targets.version,
        "targets": [target.model_dump(exclude={"title"}) for target in targets.target],
        "hours": [{"hour": hour.isoformat(), **figures(load, hour, now)} for hour in sorted(load)],
    }


def as_table(load: Mapping[datetime, AlarmLoadComputed], now: datetime, targets: LoadTargets) -> RenderableType:
    """The latest hours as columns, a figure a row."""
    if not load:
        return Text("no alarm and no session was counted yet")
    shown = sorted(load)[-COLUMNS:]
    found = [figures(load, hour, now) for hour in shown]
    table = Table("from (UTC)", "aim at most", *[f"{hour:%H:%M}" for hour in shown], box=None, padding=(0, 2, 0, 0))
    for name in ("session_hours", "low", "medium", "high", "emergency"):
        title = "session-hours" if name == "session_hours" else f"{name} alarms told"
        table.add_row(title, "", *[_number(one[name]) for one in found])
    for target in targets.target:
        aim = f"{target.most:g} {target.unit} ({target.evidence})".replace("  ", " ")
        table.add_row(target.title, aim, *[_judged(one[target.figure], target) for one in found])
    notes = [f"{mark}: {UNSURE[mark]}; a medical director must confirm it" for mark in _marks(targets.target)]
    return Group(table, Text("\n".join(["How many nurses are on duty is not known here.", *notes]), style="dim"))


def _marks(targets: Sequence[Target]) -> list[str]:
    return sorted({target.evidence for target in targets} & set(UNSURE))


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}".removesuffix(".0")


def _judged(value: float | None, target: Target) -> Text:
    beyond = value is not None and value > target.most
    return Text(_number(value) + (" !" if beyond else ""), style="bold red" if beyond else "")
