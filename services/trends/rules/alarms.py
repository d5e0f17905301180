"""Alarms of a session, device or chair: when each was told at which priority, and when somebody answered.

The events of one alarm come in order, because one producer says them under one key. Any of them may come twice.
"""

from collections.abc import Iterable, Mapping, Sequence
from statistics import median
from typing import Any, get_args

from schemas.monitoring.alarms import AlarmAcknowledged, AlarmEnded, AlarmPriorityChanged, AlarmRaised, Priority
from schemas.trends.trends import LoadCount, PriorityLoad
from services.trends.rules.rows import Row, noted
from services.trends.rules.sessions import instant
from services.trends.rules.tables import Counting

ORDER: tuple[Priority, ...] = get_args(Priority)
CLOSED_SECONDS = 900
"""An alarm that ended so long ago is added up and forgotten, but for its id: a design choice that keeps rows small."""
DONE = 256
FINE_SECONDS, COARSE_SECONDS = 120, 10
MOST_SECONDS = 3600
AlarmFact = AlarmRaised | AlarmPriorityChanged | AlarmAcknowledged | AlarmEnded


def heard(row: Row, event: AlarmFact, counting: Counting) -> tuple[Row, tuple[LoadCount, ...]]:
    """Take a fact about an alarm in; returns what it adds to the clinic's load."""
    name, at = str(event.alarm_id), at_of(event)
    if name[:8] in row["done"]:
        return row, ()
    old = row["alarms"].get(name, {"code": "", "technical": False, "told": [], "answered": {}, "paired": [], "ended": None})
    alarm = {**old, "told": list(old["told"]), "answered": dict(old["answered"])}
    found: list[LoadCount] = []
    if isinstance(event, AlarmRaised):
        alarm |= {"code": event.code, "technical": event.kind == "technical"}
    if (priority := told(event)) and [priority, at] not in alarm["told"]:
        alarm["told"].append([priority, at])
        found.append(LoadCount(what="alarm", at=instant(at), priority=priority, technical=alarm["technical"]))
        if isinstance(event, AlarmRaised) and chatters(row["alarms"].values(), event.code, at, counting):
            found.append(LoadCount(what="chatter", at=instant(at)))
    if isinstance(event, AlarmAcknowledged):
        alarm["answered"].setdefault(event.priority, at)
    if isinstance(event, AlarmEnded):
        alarm["ended"] = at if alarm["ended"] is None else alarm["ended"]
    pairs = [pair for pair in paired(alarm) if pair[0] not in alarm["paired"]]
    alarm["paired"] = [*alarm["paired"], *[priority for priority, _, _ in pairs]]
    found += [LoadCount(what="answer", at=instant(since), priority=p, seconds=seconds) for p, since, seconds in pairs]
    if alarm == old:
        return row, ()
    return _forgetting(noted({**row, "alarms": {**row["alarms"], name: alarm}}, at), at), tuple(found)


def at_of(event: AlarmFact) -> float:
    """When it happened."""
    if isinstance(event, AlarmRaised):
        return event.raised_at.timestamp()
    if isinstance(event, AlarmPriorityChanged):
        return event.changed_at.timestamp()
    if isinstance(event, AlarmAcknowledged):
        return event.acknowledged_at.timestamp()
    return event.ended_at.timestamp()


def told(event: AlarmFact) -> Priority | None:
    """The priority that people are told of: when an alarm begins, and when it rises; never when it falls."""
    if isinstance(event, AlarmRaised):
        return event.priority
    if isinstance(event, AlarmPriorityChanged) and ORDER.index(event.priority) > ORDER.index(event.previous):
        return event.priority
    return None


def paired(alarm: Mapping[str, Any]) -> list[tuple[Priority, float, float]]:
    """Priorities that were told and answered: since when, and after how many seconds. The first telling and answer count."""
    first: dict[Priority, float] = {}
    for priority, at in sorted(alarm["told"], key=lambda pair: pair[1]):
        first.setdefault(priority, at)
    return [(p, first[p], max(0.0, at - first[p])) for p, at in alarm["answered"].items() if p in first]


def chatters(others: Iterable[Mapping[str, Any]], code: str, at: float, counting: Counting) -> bool:
    """Whether an alarm that begins now began so often of late that it chatters."""
    begun = [alarm["told"][0][1] for alarm in others if alarm["code"] == code and alarm["told"]]
    recent: int = sum(at - counting.chatter_seconds < one <= at for one in begun)
    return recent + 1 >= counting.chatter_times


def _forgetting(row: Row, now: float) -> Row:
    """Add up what ended long ago."""
    old = [name for name, alarm in row["alarms"].items() if alarm["ended"] is not None and now - alarm["ended"] > CLOSED_SECONDS]
    if not old:
        return row
    return {
        **row,
        "tally": tallied(row["tally"], [row["alarms"][name] for name in old]),
        "alarms": {name: alarm for name, alarm in row["alarms"].items() if name not in old},
        "done": [*row["done"], *[name[:8] for name in old]][-DONE:],
    }


def tallied(tally: Mapping[str, Any], alarms: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """A tally with more alarms in it: by priority how many were told, and how many were answered after how long."""
    new: dict[str, Any] = {p: {"told": one["told"], "delays": dict(one["delays"])} for p, one in tally.items() if p in ORDER}
    technical = tally.get("technical", 0)
    for alarm in alarms:
        for priority, _ in alarm["told"]:
            technical += alarm["technical"]
            new.setdefault(priority, {"told": 0, "delays": {}})["told"] += 1
        for priority, _, seconds in paired(alarm):
            delayed(new[priority]["delays"], seconds)
    return new | {"technical": technical}


def delayed(delays: dict[str, int], seconds: float) -> None:
    """Count one delay: exact to a second below two minutes and to ten above, so that a tally never grows for ever."""
    whole = round(min(seconds, MOST_SECONDS))
    level = str(whole if whole < FINE_SECONDS else round(whole / COARSE_SECONDS) * COARSE_SECONDS)
    delays[level] = delays.get(level, 0) + 1


def loads(tally: Mapping[str, Any]) -> tuple[PriorityLoad, ...]:
    """A tally as it is said."""
    return tuple(
        _load(priority, tally[priority]["told"], sorted(tally[priority]["delays"].items(), key=lambda pair: int(pair[0])))
        for priority in ORDER
        if priority in tally
    )


def _load(priority: Priority, count: int, delays: Sequence[tuple[str, int]]) -> PriorityLoad:
    each = [int(level) for level, times in delays for _ in range(times)]
    return PriorityLoad(
        priority=priority,
        told=count,
        answered=len(each),
        median_seconds=float(median(each)) if each else None,
        longest_seconds=float(each[-1]) if each else None,
    )
