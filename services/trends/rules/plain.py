"""The same figures without rows, order or memory: every event at once. Tests compare what the stream says with this."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from statistics import fmean
from typing import Any
from uuid import UUID

from schemas.event import Envelope, Event
from schemas.monitoring.alarms import AlarmAcknowledged, AlarmPriorityChanged, AlarmRaised
from schemas.monitoring.sessions import InfusionStarted
from schemas.monitoring.vitals import VitalsMeasured
from schemas.trends.trends import AlarmLoadComputed, LoadCount, SessionSummarised
from services.trends.rules.alarms import at_of, loads, tallied, told
from services.trends.rules.load import add, figures, fresh_hour, hour_of
from services.trends.rules.sessions import instant, over_at, watched
from services.trends.rules.summary import sign_summary
from services.trends.rules.tables import Counting, Limits
from services.trends.rules.vitals import BUCKET_SECONDS, MINUTE, beyond_of, level_of


@dataclass(frozen=True)
class Recomputed:
    """What all events come to; `facts` is 0 in each, and an hour's `computed_at` is its beginning."""

    summaries: dict[UUID, SessionSummarised]
    hours: dict[datetime, AlarmLoadComputed]


def recompute(events: Iterable[tuple[Envelope, Event]], limits: Limits, counting: Counting) -> Recomputed:
    """Compute summaries and alarm load from vitals, sessions and alarms, in any order of topics; what is said twice is one."""
    starts: dict[str, float] = {}
    overs: dict[str, float] = {}
    readings: dict[str, list[VitalsMeasured]] = defaultdict(list)
    alarms: dict[str, dict[UUID, list[Any]]] = defaultdict(lambda: defaultdict(list))
    for envelope, event in {envelope.id: (envelope, event) for envelope, event in events}.values():
        if isinstance(event, InfusionStarted):
            starts[envelope.subject] = event.started_at.timestamp()
        elif ended := over_at(event, envelope.time):
            overs[envelope.subject] = ended.timestamp()
        elif isinstance(event, VitalsMeasured) and event.session_id is not None:
            readings[envelope.subject].append(event)
        elif hasattr(event, "alarm_id"):
            alarms[envelope.subject][event.alarm_id].append(event)
    all_counts = [count for each in alarms.values() for count in _counts(each.values(), counting)]
    for key, started in starts.items():
        all_counts.append(LoadCount(what="start", at=instant(started)))
        if key in overs:
            all_counts += [LoadCount(what="over", at=instant(started)), *watched(started, overs[key])]
    summaries = {}
    for key, over in overs.items():
        tally = tallied({}, [_alarm(each) for each in alarms[key].values()])
        begun = starts.get(key)
        summaries[UUID(key)] = SessionSummarised(
            session_id=UUID(key),
            started_at=None if begun is None else instant(begun),
            over_at=instant(over),
            minutes=0.0 if begun is None else round((over - begun) / 60, 2),
            signs=tuple(_signs(readings[key], begun, limits)),
            alarms=loads(tally),
            technical=tally["technical"],
            limits_version=limits.version,
            facts=0,
        )
    return Recomputed(summaries, _hours(all_counts, counting))


def _hours(counts: Sequence[LoadCount], counting: Counting) -> dict[datetime, AlarmLoadComputed]:
    found = {}
    for hour in {hour_of(count.at) for count in counts}:
        row = add(fresh_hour(), hour, counts)
        found[instant(hour)] = figures(row | {"facts": 0}, hour, "clinic", instant(hour), counting)
    return found


def _signs(readings: Sequence[VitalsMeasured], started: float | None, limits: Limits) -> Iterable[Any]:
    found: dict[str, list[tuple[float, float]]] = defaultdict(list)
    units = {}
    for reading in readings:
        for one in reading.measurements:
            if one.value is not None:
                found[one.code].append((reading.measured_at.timestamp(), one.value))
                units[one.code] = one.unit
    for code in sorted(found):
        points = sorted(found[code])
        before = [value for at, value in points if started is None or at - at % MINUTE <= started]
        since = [(at, value) for at, value in points if started is None or at - at % MINUTE > started]
        course = since if started is not None else points
        if not course:
            continue
        first = course[0][0] - course[0][0] % MINUTE
        base = fmean(before or [value for at, value in course if at - at % MINUTE == first])
        values = [value for _, value in course]
        least, most = min(values), max(values)
        least_at = next(at for at, value in course if value == least)
        most_at = next(at for at, value in course if value == most)
        stretch = [sum(values), len(values), least, least_at, most, most_at]
        held = _held(points, limits.gap.most_seconds)
        yield sign_summary(code, units[code], base, stretch, beyond_of(held, base, limits.by_code.get(code, ())))


def _held(points: Sequence[tuple[float, float]], gap: float) -> dict[int, float]:
    buckets: dict[int, list[float]] = defaultdict(list)
    for at, value in points:
        buckets[int(at - at % BUCKET_SECONDS)].append(value)
    held: dict[int, float] = defaultdict(float)
    begun = sorted(buckets)
    for this, following in pairwise(begun):
        held[level_of(fmean(buckets[this]))] += min(following - this, gap)
    return held


def _alarm(events: Sequence[Any]) -> dict[str, Any]:
    """An alarm's tellings and first answers, as `tallied` reads them."""
    answered: dict[str, float] = {}
    for event in events:
        if isinstance(event, AlarmAcknowledged):
            answered.setdefault(event.priority, at_of(event))
    raised = [event for event in events if isinstance(event, AlarmRaised)]
    return {
        "technical": any(event.kind == "technical" for event in raised),
        "told": [[priority, at_of(event)] for event in events if (priority := told(event))],
        "answered": answered,
    }


def _counts(alarms: Iterable[Sequence[Any]], counting: Counting) -> Iterable[LoadCount]:
    begun: dict[str, list[float]] = defaultdict(list)
    for events in alarms:
        alarm = _alarm(events)
        for event in events:
            if isinstance(event, AlarmRaised | AlarmPriorityChanged) and (priority := told(event)):
                technical = alarm["technical"]
                yield LoadCount(what="alarm", at=instant(at_of(event)), priority=priority, technical=technical)
            if isinstance(event, AlarmRaised):
                begun[event.code].append(at_of(event))
        for priority, at in alarm["answered"].items():
            since = min((told_at for p, told_at in alarm["told"] if p == priority), default=None)
            if since is not None:
                yield LoadCount(what="answer", at=instant(since), priority=priority, seconds=max(0.0, at - since))
    for instants in begun.values():
        for number, at in enumerate(sorted(instants)):
            if sum(at - counting.chatter_seconds < one for one in sorted(instants)[:number]) + 1 >= counting.chatter_times:
                yield LoadCount(what="chatter", at=instant(at))
