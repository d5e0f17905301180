"""Vital signs: buckets of event time, from which baseline, course and time beyond limits are computed.

Order does not matter within three bounds: a reading may be `WINDOW_MINUTES` late, a duplicate is known among the last `SEEN`
readings, and the infusion's start may be heard of `PENDING_MINUTES` of readings late (topics are read in any order).
"""

import math
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Any

from services.trends.rules.rows import SEEN, Row, noted
from services.trends.rules.tables import Limit, Limits

WINDOW_MINUTES = 10
"""How far back a slope looks, and how late a reading may be: a design choice of this view, no clinical number."""
SAY_EVERY_SECONDS = 60
BUCKET_SECONDS = 10
"""Readings are averaged into buckets, so that a row stays small however fast a monitor is."""
MINUTE = 60
PENDING_MINUTES = 240
"""While no start was heard of, whole minutes are kept: which of them are baseline is not known yet."""
SCALE = 300
"""Time is counted by whole units from 0 to this; a value outside counts at the end of the scale, beyond every limit there."""

Point = tuple[float, float]
Stretch = list[float]
"""Sum, count, least and its instant, most and its instant."""


def take(row: Row, at: float, values: Mapping[str, tuple[float, str]], identity: str, limits: Limits) -> Row:
    """Take one reading in, whatever its order; `identity` tells a duplicate."""
    if identity in row["seen"]:
        return row
    signs = dict(row["signs"])
    for code, (value, unit) in values.items():
        sign = {**signs.get(code, _fresh()), "unit": unit}
        _into_window(sign, at, value, limits.gap.most_seconds if code in limits.by_code else None)
        _into_course(sign, at, value, row["started"])
        signs[code] = sign
    return noted({**row, "signs": signs, "seen": [*row["seen"][1 - SEEN :], identity]}, at)


def _fresh() -> dict[str, Any]:
    return {"unit": "", "window": [], "held": {}, "pending": {}, "base": [0.0, 0], "first": None, "course": None}


def _into_window(sign: dict[str, Any], at: float, value: float, gap: float | None) -> None:
    window = list(sign["window"])
    begun = int(at - at % BUCKET_SECONDS)
    if window and begun <= _horizon(window):
        return
    place = bisect_left(window, begun, key=lambda bucket: bucket[0])
    if place < len(window) and window[place][0] == begun:
        window[place] = [begun, window[place][1] + value, window[place][2] + 1]
    else:
        window.insert(place, [begun, value, 1])
    horizon, held = _horizon(window), dict(sign["held"])
    while len(window) > 1 and window[1][0] <= horizon:  # the next one is settled too: nothing can come between them any more
        if gap is not None:
            level = str(level_of(window[0][1] / window[0][2]))
            held[level] = held.get(level, 0) + min(window[1][0] - window[0][0], gap)
        window.pop(0)
    sign["window"], sign["held"] = window, held


def _horizon(window: list[list[float]]) -> float:
    return window[-1][0] - WINDOW_MINUTES * 60


def level_of(value: float) -> int:
    """A value in whole units, within the scale."""
    return min(max(math.floor(value + 0.5), 0), SCALE)


def _into_course(sign: dict[str, Any], at: float, value: float, started: float | None) -> None:
    minute, stretch = int(at - at % MINUTE), [value, 1, value, at, value, at]
    if started is not None:
        settle(sign, minute, stretch, started)
        return
    pending = dict(sign["pending"])
    pending[str(minute)] = joined(pending.get(str(minute)), stretch)
    if len(pending) > PENDING_MINUTES:
        oldest = pending.pop(min(pending, key=int))
        sign["base"] = [sign["base"][0] + oldest[0], sign["base"][1] + oldest[1]]
    sign["pending"] = pending


def settle(sign: dict[str, Any], minute: int, stretch: Stretch, started: float) -> None:
    """Put a minute, or a part of one, where it belongs: until the start to the baseline, and after it to the course."""
    if minute <= started:
        sign["base"] = [sign["base"][0] + stretch[0], sign["base"][1] + stretch[1]]
        return
    sign["course"] = joined(sign["course"], stretch)
    first = sign["first"]
    if first is None or minute < first[0]:
        sign["first"] = [minute, stretch[0], stretch[1]]
    elif minute == first[0]:
        sign["first"] = [minute, first[1] + stretch[0], first[2] + stretch[1]]


def joined(one: Stretch | None, other: Stretch) -> Stretch:
    """Two stretches as one; of equal extremes the earlier stands."""
    if one is None:
        return other
    least, least_at = min((one[2], one[3]), (other[2], other[3]))
    most, most_at = min((one[4], one[5]), (other[4], other[5]), key=lambda pair: (-pair[0], pair[1]))
    return [one[0] + other[0], one[1] + other[1], least, least_at, most, most_at]


def baseline(sign: Mapping[str, Any]) -> float:
    """The mean before the infusion; while no start is known, of all; where nothing was measured before, of the first minute."""
    total, count = sign["base"]
    for stretch in sign["pending"].values():
        total, count = total + stretch[0], count + stretch[1]
    if not count:
        _, total, count = sign["first"]
    return float(total / count)


def course(sign: Mapping[str, Any]) -> Stretch | None:
    """What was measured since the start; while none is known, all of it. None where nothing was measured since."""
    found: Stretch | None = sign["course"]
    for stretch in sign["pending"].values():
        found = joined(found, stretch)
    return found


def beyond(sign: Mapping[str, Any], limits: Iterable[Limit], gap: float) -> list[dict[str, Any]]:
    """Seconds beyond each limit; those that were never crossed are left out."""
    held = {int(level): seconds for level, seconds in sign["held"].items()}
    window = sign["window"]
    for bucket, following in pairwise(window):
        level = level_of(bucket[1] / bucket[2])
        held[level] = held.get(level, 0) + min(following[0] - bucket[0], gap)
    return beyond_of(held, baseline(sign), limits)


def beyond_of(held: Mapping[int, float], base: float, limits: Iterable[Limit]) -> list[dict[str, Any]]:
    """The same from seconds by level."""
    found = [
        {
            "alarm": limit.alarm,
            "priority": limit.priority,
            "direction": limit.direction,
            "seconds": float(sum(seconds for level, seconds in held.items() if limit.crossed(level, base))),
        }
        for limit in limits
    ]
    return [one for one in found if one["seconds"]]


def due(row: Row, at: float) -> bool:
    """Whether it is time to say something again."""
    return bool(at - row["said"] >= SAY_EVERY_SECONDS)


def trends(row: Row, limits: Limits) -> list[dict[str, Any]]:
    """The course of each vital sign: baseline, latest, change, least-squares slope a minute, and time beyond limits."""
    found = []
    for code, sign in sorted(row["signs"].items()):
        horizon = _horizon(sign["window"])
        recent = [bucket for bucket in sign["window"] if bucket[0] > horizon]
        points = [(begun / 60, total / count) for begun, total, count in recent]
        base, latest = baseline(sign), points[-1][1]
        found.append(
            {
                "code": code,
                "unit": sign["unit"],
                "baseline": round(base, 2),
                "latest": round(latest, 2),
                "change": round(latest - base, 2),
                "slope_per_minute": round(slope(points), 4),
                "samples": sum(bucket[2] for bucket in recent),
                "beyond": beyond(sign, limits.by_code.get(code, ()), limits.gap.most_seconds),
            }
        )
    return found


def slope(points: list[Point]) -> float:
    """Least-squares slope of (minute, value) points; 0 where there are fewer than two minutes."""
    n = len(points)
    mean_x, mean_y = sum(x for x, _ in points) / n, sum(y for _, y in points) / n
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    return 0.0 if spread == 0 else sum((x - mean_x) * (y - mean_y) for x, y in points) / spread
