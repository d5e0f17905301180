"""Blood pressure before the start, clinical 4.2: what a mean of seated readings asks for, and how long it has done so."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Literal

from services.monitoring.rules.checklist import StartGate
from services.monitoring.rules.tables import DIASTOLIC, SYSTOLIC

Level = Literal["GO", "RE-MEASURE", "HOLD", "CANCEL TODAY"]
SEVERITY: tuple[Level, ...] = ("GO", "RE-MEASURE", "HOLD", "CANCEL TODAY")


@dataclass(frozen=True)
class Reading:
    """Vital signs of one instant, by LOINC code."""

    at: datetime
    values: Mapping[str, float]


@dataclass(frozen=True)
class Pressure:
    """What the pressures since check-in amount to."""

    level: Level | None
    """None while too few of them are fresh."""
    taken: int
    """How many are fresh."""
    at: datetime | None = None
    """The last one."""
    means: Mapping[str, float] = field(default_factory=dict)
    remeasured: int = 0
    """How often it was taken again, each time after a rest, since it was first found raised."""
    held_minutes: float = 0
    """For how long it has been a hold."""
    low: bool = False
    emergency: bool = False
    """So high that symptoms call for an ambulance."""


def judge_pressure(gate: StartGate, readings: Sequence[Reading], now: datetime) -> Pressure:
    """Judge the mean of the last readings, which must be fresh, and how often and for how long it has been as it is."""
    rule = gate.pressure
    whole = [reading for reading in readings if SYSTOLIC in reading.values and DIASTOLIC in reading.values]
    fresh = [reading for reading in whole if now - timedelta(minutes=rule.fresh_minutes) <= reading.at <= now]
    if len(fresh) < rule.readings:
        return Pressure(None, len(fresh), fresh[-1].at if fresh else None)
    levels = [
        (whole[end - 1].at, _level(gate, _means(whole[end - rule.readings : end])))
        for end in range(rule.readings, len(whole) + 1)
    ]
    means = _means(fresh[-rule.readings :])
    level = levels[-1][1]
    held = _run(levels, lambda level: level == "HOLD")
    raised = _run(levels, lambda level: level != "GO")
    return Pressure(
        level,
        len(fresh),
        fresh[-1].at,
        means,
        remeasured=_rests([at for at, _ in raised], timedelta(minutes=rule.rest_least_minutes)),
        held_minutes=(now - held[0][0]).total_seconds() / 60 if held else 0,
        low=means[SYSTOLIC] < gate.vitals.least_systolic,
        emergency=means[SYSTOLIC] >= rule.emergency_systolic or means[DIASTOLIC] >= rule.emergency_diastolic,
    )


def _means(readings: Sequence[Reading]) -> dict[str, float]:
    return {code: sum(reading.values[code] for reading in readings) / len(readings) for code in (SYSTOLIC, DIASTOLIC)}


def _level(gate: StartGate, means: Mapping[str, float]) -> Level:
    rule, systolic, diastolic = gate.pressure, means[SYSTOLIC], means[DIASTOLIC]
    if systolic >= rule.cancel_systolic or diastolic >= rule.cancel_diastolic:
        return "CANCEL TODAY"
    if systolic >= rule.hold_systolic or diastolic >= rule.hold_diastolic or systolic < gate.vitals.least_systolic:
        return "HOLD"
    if systolic >= rule.go_systolic or diastolic >= rule.go_diastolic:
        return "RE-MEASURE"
    return "GO"


def _run(levels: Sequence[tuple[datetime, Level]], wanted: Callable[[Level], bool]) -> list[tuple[datetime, Level]]:
    """The last levels in a row that are as wanted, oldest first."""
    run = list(takewhile(lambda one: wanted(one[1]), reversed(levels)))
    return run[::-1]


def _rests(instants: Sequence[datetime], rest: timedelta) -> int:
    """How many came after a rest, counted from the first on."""
    count, last = 0, instants[0] if instants else None
    for at in instants[1:]:
        if last is not None and at - last >= rest:
            count, last = count + 1, at
    return count
