"""What trends computes: pure functions over rows of state. Times are seconds since the epoch.

A row is a plain dict, because it travels as JSON through a changelog. Its figures are computed from event-time buckets, so that
neither the order of readings nor that of topics matters within the bounds that `vitals` names.
"""

from services.trends.rules.alarms import heard
from services.trends.rules.load import add, figures, fresh_hour, hour_of
from services.trends.rules.plain import Recomputed, recompute
from services.trends.rules.rows import Row, fresh, gone
from services.trends.rules.sessions import end, over_at, start
from services.trends.rules.summary import summary
from services.trends.rules.vitals import WINDOW_MINUTES, due, slope, take, trends

__all__ = [
    "WINDOW_MINUTES",
    "Recomputed",
    "Row",
    "add",
    "due",
    "end",
    "figures",
    "fresh",
    "fresh_hour",
    "gone",
    "heard",
    "hour_of",
    "over_at",
    "recompute",
    "slope",
    "start",
    "summary",
    "take",
    "trends",
]
