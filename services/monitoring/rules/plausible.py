"""Is a measurement one at all: a known code, its unit, and a value a body or a scale can have."""

from collections.abc import Mapping, Sequence

from services.monitoring.rules.tables import DIASTOLIC, SYSTOLIC, Vital, Vitals

Measured = tuple[str, float | None, str]
"""Code, value (none while the probe is off), UCUM unit."""


class Plausible:
    """The vital signs, by code."""

    def __init__(self, table: Vitals) -> None:
        self.vital: Mapping[str, Vital] = {vital.code: vital for vital in table.vital}
        self._units = {vital.code: vital.unit for vital in table.vital}
        self._bounds = {vital.code: (vital.least, vital.most) for vital in table.vital}

    def sort(self, measurements: Sequence[Measured]) -> tuple[dict[str, float | None], dict[str, str]]:
        """Values by code that can be judged, sorted by code; and by code what is wrong with the others."""
        good: dict[str, float | None] = {}
        aside: dict[str, str] = {}
        for code, value, unit in sorted(measurements, key=_code):
            fault = self.fault(code, value, unit)
            if fault is None:
                good[code] = value
            else:
                aside[code] = fault
        systolic, diastolic = good.get(SYSTOLIC), good.get(DIASTOLIC)
        if systolic is not None and diastolic is not None and diastolic >= systolic:
            for code in (SYSTOLIC, DIASTOLIC):
                aside[code] = f"diastolic {diastolic:g} is not below systolic {systolic:g}"
                del good[code]
        return good, aside

    def fault(self, code: str, value: float | None, unit: str) -> str | None:
        """What is wrong with one measurement, in words; None where nothing is."""
        bounds = self._bounds.get(code)
        if bounds is None:
            return "no code that is known here"
        if unit != self._units[code]:
            return f"unit {unit[:20]} where {self._units[code]} was expected"
        if value is not None and not bounds[0] <= value <= bounds[1]:
            return f"{value:g} is not from {bounds[0]:g} to {bounds[1]:g}"
        return None


def _code(measured: Measured) -> str:
    return measured[0]
