"""The shapes of trends' tables."""

from collections.abc import Mapping
from functools import cached_property
from typing import Literal

from pydantic import model_validator

from kit.tables import Row, Table
from schemas.monitoring.alarms import Priority


class Limit(Row):
    """One limit of a vital sign: an absolute value, a distance from baseline, or whichever of both is crossed first."""

    alarm: str
    code: str
    priority: Priority
    at_least: float | None = None
    above: float | None = None
    at_most: float | None = None
    below: float | None = None
    percent_over: float | None = None
    percent_under: float | None = None

    @property
    def direction(self) -> Literal["high", "low"]:
        """Which way is beyond."""
        return "high" if (self.at_least, self.above, self.percent_over) != (None, None, None) else "low"

    def crossed(self, value: float, baseline: float | None) -> bool:
        """Whether a value is beyond; without a baseline only the absolute limit is judged."""
        return (
            (self.at_least is not None and value >= self.at_least)
            or (self.above is not None and value > self.above)
            or (self.at_most is not None and value <= self.at_most)
            or (self.below is not None and value < self.below)
            or (baseline is not None and self.percent_over is not None and value >= baseline * (1 + self.percent_over / 100))
            or (baseline is not None and self.percent_under is not None and value <= baseline * (1 - self.percent_under / 100))
        )

    @model_validator(mode="after")
    def _one_way(self) -> "Limit":
        high = [self.at_least, self.above, self.percent_over]
        low = [self.at_most, self.below, self.percent_under]
        if (high == [None] * 3) == (low == [None] * 3):
            raise ValueError(f"{self.alarm} {self.priority} must look either up or down")
        return self


class Gap(Row):
    """How long a value stands for what was not measured after it."""

    most_seconds: float


class Limits(Table):
    """The limits that time is counted beyond."""

    gap: Gap
    limit: tuple[Limit, ...]

    @cached_property
    def by_code(self) -> Mapping[str, tuple[Limit, ...]]:
        """The limits of each vital sign."""
        return {code: tuple(one for one in self.limit if one.code == code) for code in {one.code for one in self.limit}}


class Counting(Row):
    """When alarms chatter and when they flood."""

    chatter_times: int
    chatter_seconds: float
    flood_over: int


class Target(Row):
    """What a clinic aims at: `most` of a figure."""

    figure: str
    title: str
    most: float
    unit: str


class LoadTargets(Table):
    """How alarm load is counted, and what is aimed at."""

    counting: Counting
    target: tuple[Target, ...]
