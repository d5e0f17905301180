"""A simulated body: how its vital signs answer to an infusion. Pure; randomness comes in as a generator."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from random import Random

import numpy as np
from numpy.typing import NDArray

from chairside.simulator.presets import Correlations, Limb, Preset, Presets, Script, Shape, Surge, Vital

LOWEST_HEART_RATE = 45.0
STEP_MINUTES = 0.1


@dataclass(frozen=True)
class Dip:
    """Saturation falls by `depth` percent for `lasts` minutes."""

    minute: float
    lasts: float
    depth: float


@dataclass(frozen=True)
class Body:
    """What a person is like: vital signs at rest, and how far each moves when the effect is at its peak."""

    base: Mapping[Vital, float]
    rise: Mapping[Vital, float]
    noise: Mapping[Vital, float]
    dip: Dip | None = None
    surges: tuple[Surge, ...] = ()


@dataclass
class Course:
    """How far an infusion and its effect have come. `level` is 0 to 1; `minute` counts from the start of the infusion."""

    shape: Shape
    duration: float
    minute: float = 0.0
    level: float = 0.0
    percent: float = 100.0
    """The rate it runs at, of the ordered one."""
    ended_early: float | None = None
    """The minute at which the infusion came down to its lowest rate, before its end."""
    lowest_percent: float = 100.0

    def run(self, minutes: float, percent: float) -> None:
        """Go on for some minutes at a rate: the effect rises with what runs in and falls with what does not."""
        if percent < self.lowest_percent and self.minute < self.duration:
            self.lowest_percent, self.ended_early = percent, self.minute
        self.percent = percent
        for _ in range(steps := max(1, round(minutes / STEP_MINUTES))):
            self.level = _moved(self.shape, self.level, minutes / steps, percent / 100, self.duration)
        self.minute += minutes


def _moved(shape: Shape, level: float, minutes: float, part: float, duration: float) -> float:
    """The level a little later, at a part of the ordered rate."""
    rising, falling = shape.limbs()
    up = _slope(rising, level) * shape.peak_minute / duration
    return min(1.0, max(0.0, level + minutes * (part * up + (1 - part) * _slope(falling, level))))


def _slope(limb: Limb, level: float) -> float:
    """The slope, per minute, where a limb has this level; 0 at its end."""
    for (m0, l0), (m1, l1) in pairwise(limb):
        if l0 <= level < l1 or l0 >= level > l1:
            return (l1 - l0) / (m1 - m0)
    return 0.0


def mixing(links: Correlations) -> NDArray[np.float64]:
    """Turns four independent numbers into correlated ones: systolic and diastolic base, systolic and diastolic rise."""
    return np.linalg.cholesky(
        np.array(
            [
                [1, links.bases, links.base_and_rise, links.across],
                [links.bases, 1, links.across, links.base_and_rise],
                [links.base_and_rise, links.across, 1, links.rises],
                [links.across, links.base_and_rise, links.rises, 1],
            ]
        )
    )


def drawn(preset: Preset, table: Presets, random: Random) -> Body:
    """A person of a cohort."""
    correlated = mixing(table.correlations) @ np.array([random.gauss() for _ in range(4)])
    pressure = (preset.systolic.base, preset.diastolic.base, preset.systolic.rise, preset.diastolic.rise)
    values = [float(about.mean + about.sd * z) for about, z in zip(pressure, correlated, strict=True)]
    base: dict[Vital, float] = {"systolic": values[0], "diastolic": values[1]}
    rise: dict[Vital, float] = {"systolic": values[2], "diastolic": values[3]}
    for vital, about in table.steady.items():
        base[vital] = random.gauss(about.base.mean, about.base.sd)
        rise[vital] = random.gauss(about.rise.mean, about.rise.sd)
    dip = None
    if random.random() < table.dips.sessions_percent / 100:
        lasts, depth = random.uniform(*table.dips.seconds) / 60, random.uniform(*table.dips.depth)
        dip = Dip(random.uniform(5, table.shape.peak_minute), lasts, depth)
    return Body(base, rise, noise_of(table), dip)


def scripted(script: Script, table: Presets) -> Body:
    """A person whose session goes as written."""
    return Body(script.base, script.rise, noise_of(table), surges=script.surge)


def noise_of(table: Presets) -> dict[Vital, float]:
    """The standard deviation of a reading of each vital sign."""
    pressure: dict[Vital, float] = {"systolic": table.pressure_noise.systolic, "diastolic": table.pressure_noise.diastolic}
    return pressure | {vital: about.noise for vital, about in table.steady.items()}


def reading(body: Body, course: Course, vital: Vital, random: Random) -> float | None:
    """What a device would read now, rounded as devices do; None from a probe that is off."""
    value = body.base[vital] + body.rise[vital] * course.level
    noise = body.noise[vital]
    if vital == "spo2" and body.dip and body.dip.minute <= course.minute < body.dip.minute + body.dip.lasts:
        value -= body.dip.depth
    for surge in body.surges:
        if surge.vital != vital or (weight := weight_of(surge, course)) == 0:
            continue
        if surge.value is None:
            return None
        value = value * (1 - weight) + surge.value * weight
        noise *= 1 - weight
    value += random.gauss(0, noise)
    if vital == "spo2":
        value = min(100.0, value)
    if vital == "heart_rate":
        value = max(LOWEST_HEART_RATE, value)
    return float(round(value))


def weight_of(surge: Surge, course: Course) -> float:
    """How much of a surge stands at a minute, 0 to 1."""
    over = surge.minute + surge.lasts
    if course.ended_early is not None and course.lowest_percent <= surge.ends_at_percent:
        over = min(over, course.ended_early)
    reached = min(course.minute, over) - (surge.minute - surge.rises)
    if reached < 0:
        return 0.0
    risen = min(1.0, reached / surge.rises) if surge.rises else 1.0
    if course.minute < over:
        return risen
    left = 1 - (course.minute - over) / surge.fades if surge.fades else 0.0
    return risen * max(0.0, left)
