"""What trends computes: pure functions over a session's row of state. Times are seconds since the epoch."""

from collections.abc import Mapping
from typing import Any

WINDOW_MINUTES = 10
"""How far back a slope looks: a design choice of this view, no clinical number. A trend informs; nobody is paged by it."""
SAY_EVERY_SECONDS = 60
BUCKET_SECONDS = 10
"""Readings are averaged into buckets, so that a row stays small however fast a monitor is."""

Row = dict[str, Any]


def fresh() -> Row:
    """A session nobody has seen: no offset, no baseline, no buckets."""
    return {"offset": -1, "started": None, "base": {}, "buckets": {}, "units": {}, "said": 0.0}


def start(row: Row, at: float) -> Row:
    """The infusion started: what was measured until now is the baseline."""
    base = dict(row["base"])
    for code, buckets in row["buckets"].items():
        before = [(total, count) for begun, total, count in buckets if begun <= at]
        if before:
            base[code] = [sum(total for total, _ in before), sum(count for _, count in before)]
    return {**row, "started": at, "base": base}


def take(row: Row, at: float, values: Mapping[str, tuple[float, str]]) -> Row:
    """Take one reading in, whatever its order. Until the infusion starts, readings make the baseline too."""
    buckets = {code: list(kept) for code, kept in row["buckets"].items()}
    base, units = dict(row["base"]), dict(row["units"])
    begun = at - at % BUCKET_SECONDS
    for code, (value, unit) in values.items():
        kept = buckets.setdefault(code, [])
        place = next((number for number, bucket in enumerate(kept) if bucket[0] == begun), None)
        if place is None:
            kept.append([begun, value, 1])
            kept.sort()
        else:
            kept[place] = [begun, kept[place][1] + value, kept[place][2] + 1]
        horizon = kept[-1][0] - WINDOW_MINUTES * 60
        buckets[code] = [bucket for bucket in kept if bucket[0] > horizon]
        units[code] = unit
        if row["started"] is None or code not in base:
            total, count = base.get(code, (0.0, 0))
            base[code] = [total + value, count + 1]
    return {**row, "buckets": buckets, "base": base, "units": units}


def due(row: Row, at: float) -> bool:
    """Whether it is time to say something again."""
    return bool(at - row["said"] >= SAY_EVERY_SECONDS)


def trends(row: Row) -> list[dict[str, Any]]:
    """The course of each vital sign: baseline, latest, change and least-squares slope a minute."""
    found = []
    for code, buckets in sorted(row["buckets"].items()):
        points = [(begun / 60, total / count) for begun, total, count in buckets]
        total, count = row["base"][code]
        baseline, latest = total / count, points[-1][1]
        found.append(
            {
                "code": code,
                "unit": row["units"][code],
                "baseline": round(baseline, 2),
                "latest": round(latest, 2),
                "change": round(latest - baseline, 2),
                "slope_per_minute": round(slope(points), 4),
                "samples": sum(bucket[2] for bucket in buckets),
            }
        )
    return found


def slope(points: list[tuple[float, float]]) -> float:
    """Least-squares slope of (minute, value) points; 0 where there are fewer than two minutes."""
    n = len(points)
    mean_x, mean_y = sum(x for x, _ in points) / n, sum(y for _, y in points) / n
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    return 0.0 if spread == 0 else sum((x - mean_x) * (y - mean_y) for x, y in points) / spread
