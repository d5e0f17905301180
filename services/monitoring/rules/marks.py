"""Limits, compiled: is a value beyond one, or within its hysteresis."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from schemas.monitoring.alarms import Priority
from services.monitoring.rules.inputs import Override
from services.monitoring.rules.limits import RANK, Alarm, AlarmLimits, Limit

UPWARD, STRICT = (
    ("at_least", "above", "percent_over", "percent_above"),
    ("above", "below", "percent_above", "percent_below", "percent_under"),
)
MARKS = ("at_least", "above", "at_most", "below", "percent_over", "percent_under", "percent_above", "percent_below")

Rules = Mapping[str, Sequence["Rule"]]
"""The rules of each alarm, the most urgent first."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One mark: a value, or a percentage of baseline, and the side on which it is beyond."""

    value: float
    percent: bool
    up: bool
    strict: bool

    def at(self, baseline: float | None) -> float | None:
        """The mark in the unit of its code; None where a baseline is needed and not known."""
        if not self.percent:
            return self.value
        if baseline is None:
            return None
        return baseline * (1 + self.value / 100 if self.up else 1 - self.value / 100)


@dataclass(frozen=True, slots=True)
class Rule:
    """One limit of an alarm."""

    priority: Priority
    rank: int
    marks: tuple[Mark, ...]
    limit: Limit

    def beyond(self, value: float, baseline: float | None) -> bool:
        """Is the value beyond one of the marks."""
        for mark in self.marks:
            line = mark.at(baseline) if mark.percent else mark.value
            if line is None:
                continue
            if (value > line if mark.up else value < line) or (value == line and not mark.strict):
                return True
        return False

    def holds(self, value: float, baseline: float | None, alarm: Alarm) -> bool:
        """Is the value not far enough back yet for a condition that stands to be over."""
        for mark in self.marks:
            line = mark.at(baseline)
            if line is None:
                continue
            if mark.up and alarm.clear_below is not None:
                if value >= min(line, alarm.clear_below):
                    return True
            elif alarm.hysteresis == 0:
                if (value > line if mark.up else value < line) or (value == line and not mark.strict):
                    return True
            elif value > line - alarm.hysteresis if mark.up else value < line + alarm.hysteresis:
                return True
        return False

    def given(self, latest: Callable[[str], float | None]) -> bool:
        """Does the other code allow it."""
        limit = self.limit
        if not limit.given_code:
            return True
        other = latest(limit.given_code)
        if other is None:
            return False
        if limit.given_at_least is not None and other < limit.given_at_least:
            return False
        return limit.given_at_most is None or other <= limit.given_at_most


def compile_rules(limits: AlarmLimits, overrides: Iterable[Override] = ()) -> dict[str, tuple[Rule, ...]]:
    """The rules of each alarm, with a patient's own limits in place of the table's."""
    mine = {(override.alarm, override.priority): dict(override.marks) for override in overrides}
    found: dict[str, list[Rule]] = {alarm.id: [] for alarm in limits.alarm}
    for limit in limits.limit:
        own = mine.get((limit.alarm, limit.priority))
        named = {name: getattr(limit, name) for name in MARKS} if own is None else own
        marks = tuple(
            Mark(value, name.startswith("percent"), name in UPWARD, name in STRICT)
            for name, value in named.items()
            if value is not None
        )
        found[limit.alarm].append(Rule(limit.priority, RANK[limit.priority], marks, limit))
    return {alarm: tuple(sorted(rules, key=lambda rule: -rule.rank)) for alarm, rules in found.items()}
