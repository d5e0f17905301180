"""NEWS2, scale 1 (Royal College of Physicians 2017): a backstop, never the only reason of a page (clinical 2.5).

It misses what ketamine does to pressure (below 220 systolic nothing counts, diastolic never), and would read dissociation as new
confusion: consciousness counts as alert while MOAA/S says so.
"""

from bisect import bisect_right
from collections.abc import Mapping

from services.monitoring.rules.limits import MOAAS, News2
from services.monitoring.rules.tables import BREATHS, HEART_RATE, SATURATION, SYSTOLIC, TEMPERATURE

NEEDED = (BREATHS, SATURATION, SYSTOLIC, HEART_RATE)
"""Without these there is no score."""
OXYGEN = "oxygen"


class Score:
    """The chart, compiled."""

    def __init__(self, table: News2, alert_from_moaas: float) -> None:
        self._other = table.other
        self._alert_from = alert_from_moaas
        self._steps: dict[str, tuple[list[float], list[int]]] = {}
        for row in table.points:
            leasts, points = self._steps.setdefault(row.code, ([], []))
            leasts.append(row.least)
            points.append(row.points)

    def of(self, values: Mapping[str, float]) -> tuple[int, int] | None:
        """The total, and the highest single part without consciousness; None where a needed part is missing.

        Temperature, oxygen and MOAA/S count where they are known: a patient of whom nobody said so breathes air and is alert.
        """
        if any(code not in values for code in NEEDED):
            return None
        parts = [self._points(code, values[code]) for code in (*NEEDED, TEMPERATURE) if code in values]
        oxygen = self._other.oxygen_points if values.get(OXYGEN) else 0
        dull = self._other.consciousness_points if values.get(MOAAS, self._alert_from) < self._alert_from else 0
        return sum(parts) + oxygen + dull, max(parts)

    def _points(self, code: str, value: float) -> int:
        leasts, points = self._steps[code]
        return points[max(0, bisect_right(leasts, value) - 1)]
