"""Recovery scores: Aldrete and PADSS, their totals, whether they fit, and what the vital signs say of a component."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from pydantic import model_validator

from kit.tables import Row, Table
from schemas.parts import GateFact
from services.monitoring.rules.gates import NEVER
from services.monitoring.rules.recovery_tables import Scoring
from services.monitoring.rules.tables import DIASTOLIC, HEART_RATE, SATURATION, SYSTOLIC

ScaleId = Literal["aldrete", "padss"]
OXYGEN = "oxygen"
BEST = 2
"""What a component may score at most."""


class Scale(Row):
    """A score, and from which total somebody may go."""

    id: ScaleId
    name: str
    fit: int


class Component(Row):
    """A part of a scale, and what each of its scores means."""

    scale: ScaleId
    id: str
    two: str
    one: str
    zero: str


class Circulation(Row):
    """How far pressure is off its baseline, in percent or in mmHg."""

    unit: Literal["percent", "mmHg"]
    near: float
    far: float


class VitalSigns(Row):
    """How far pressure and heart rate are off their baseline."""

    near_percent: float
    far_percent: float


class Saturation(Row):
    """Oxygen saturation, in percent, on room air and with oxygen."""

    room_air_above: float
    oxygen_above: float


class ScoreTable(Table):
    """The recovery scores."""

    scale: tuple[Scale, ...]
    component: tuple[Component, ...]
    circulation: Circulation
    vital_signs: VitalSigns
    saturation: Saturation

    @model_validator(mode="after")
    def _whole(self) -> "ScoreTable":
        for scale in self.scale:
            most = BEST * len(self.components(scale.id))
            if scale.fit > most:
                raise ValueError(f"{scale.id} cannot reach {scale.fit}: its components give {most} at most")
        return self

    def components(self, scale: ScaleId) -> tuple[Component, ...]:
        """The components of a scale."""
        return tuple(component for component in self.component if component.scale == scale)


@dataclass(frozen=True)
class Scored:
    """A score that staff gave."""

    scale: ScaleId
    total: int
    at: datetime
    by: str


def faults(table: ScoreTable, scale: ScaleId, given: Mapping[str, int]) -> list[tuple[str, str]]:
    """What is wrong with components as given: (component, what was expected). Empty when they make a score."""
    wanted = {component.id: component for component in table.components(scale)}
    found = [(name, f"one of: {', '.join(wanted)}") for name in given if name not in wanted]
    for name, row in wanted.items():
        if name not in given or not 0 <= given[name] <= BEST:
            found.append((name, f"2 ({row.two}), 1 ({row.one}) or 0 ({row.zero})"))
    return found


def judge_score(rule: Scoring, scale: Scale, scored: Sequence[Scored], ended_at: datetime | None, now: datetime) -> GateFact:
    """Whether a scale fits: its latest scores in recovery, without a bad one between, often enough and far enough apart."""
    good: list[Scored] = []
    last: Scored | None = None
    for score in scored:
        if score.scale == scale.id and ended_at is not None and score.at >= ended_at:
            last, good = score, [*good, score] if score.total >= scale.fit else []
    needed = f"{scale.fit} or more needed, {_times(rule.times)} {rule.apart_minutes:g} min apart"
    if last is None:
        return GateFact(id=scale.id, met=False, source=NEVER, detail=f"{scale.name} not scored: {needed}")
    apart = good[-1].at - good[0].at if good else timedelta()
    met = len(good) >= rule.times and apart >= timedelta(minutes=rule.apart_minutes)
    detail = f"{scale.name} {last.total}"
    if not good:
        detail += f": {needed}"
    elif not met:
        wait = timedelta(minutes=rule.apart_minutes) - (now - good[0].at)
        when = f"in {_minutes_up(wait)} min" if wait > timedelta() else "now"
        detail += f": {needed}; score again {when}"
    return GateFact(id=scale.id, met=met, source=f"scored by {last.by}", observed_at=last.at, detail=detail)


def suggest(table: ScoreTable, scale: ScaleId, baseline: Mapping[str, float], values: Mapping[str, float]) -> dict[str, int]:
    """What vital signs of one check say of components; those that they do not tell are left out."""
    if scale == "aldrete":
        circulation = _circulation(table.circulation, baseline, values)
        found = {"circulation": circulation, "saturation": _saturation(table.saturation, values)}
    else:
        found = {"vital_signs": _vital_signs(table.vital_signs, baseline, values)}
    return {name: score for name, score in found.items() if score is not None}


def _circulation(rule: Circulation, baseline: Mapping[str, float], values: Mapping[str, float]) -> int | None:
    codes = (SYSTOLIC, DIASTOLIC)
    if any(code not in values or not baseline.get(code) for code in codes):
        return None
    if rule.unit == "percent":
        off = max(abs(values[code] - baseline[code]) * 100 / baseline[code] for code in codes)
    else:
        off = max(abs(values[code] - baseline[code]) for code in codes)
    return 2 if off <= rule.near else 1 if off < rule.far else 0


def _vital_signs(rule: VitalSigns, baseline: Mapping[str, float], values: Mapping[str, float]) -> int | None:
    codes = (SYSTOLIC, DIASTOLIC, HEART_RATE)
    if any(code not in values or not baseline.get(code) for code in codes):
        return None
    off = max(abs(values[code] - baseline[code]) * 100 / baseline[code] for code in codes)
    return 2 if off <= rule.near_percent else 1 if off <= rule.far_percent else 0


def _saturation(rule: Saturation, values: Mapping[str, float]) -> int | None:
    if SATURATION not in values or OXYGEN not in values:
        return None
    if not values[OXYGEN]:
        return 2 if values[SATURATION] > rule.room_air_above else None
    if values[SATURATION] == rule.oxygen_above:
        return None
    return 1 if values[SATURATION] > rule.oxygen_above else 0


def _times(number: int) -> str:
    return {1: "once", 2: "twice"}.get(number, f"{number} times")


def _minutes_up(span: timedelta) -> int:
    """Whole minutes, rounded up."""
    return -int(-span.total_seconds() // 60)
