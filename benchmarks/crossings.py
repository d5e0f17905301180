"""How often simulated sessions cross a pressure limit, by the definition of clinical 7.4, beside what the reference computed."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chairside.simulator.body import mixing
from chairside.simulator.presets import Preset, Presets

Numbers = NDArray[np.float64]
MINUTES = (10, 20, 30, 40)
"""Clinical 7.4: a reading every 10 minutes of an infusion of 40."""
RATES = {"rise_20": "over_20pct", "rise_30": "over_30pct", "above_165_100": "over_165_100", "above_180_110": "over_180_110"}
"""The reference's own names of the rates, and ours."""
RISES = ("systolic_rise_at_peak", "diastolic_rise_at_peak", "systolic_highest_rise", "diastolic_highest_rise")
SESSION = (*MINUTES, 50, 60)
"""The same interval through the first of recovery."""
Z = 1.96
BOTH = 2**0.5
"""By how much the error of a difference of two samples of one size is more than one's."""


@dataclass(frozen=True)
class Share:
    """A percentage of sessions, and its 95 % confidence interval (Wilson)."""

    percent: float
    low: float
    high: float

    @classmethod
    def of(cls, count: int, total: int) -> "Share":
        """So many of so many."""
        if total == 0:
            return cls(0.0, 0.0, 100.0)
        p, z = count / total, Z * Z / total
        middle, half = (p + z / 2) / (1 + z), Z / (1 + z) * (p * (1 - p) / total + z / (4 * total)) ** 0.5
        return cls(100 * p, max(0.0, 100 * (middle - half)), min(100.0, 100 * (middle + half)))

    def __str__(self) -> str:
        return f"{self.percent:.1f} ({self.low:.1f} to {self.high:.1f})"


@dataclass(frozen=True)
class Crossings:
    """What the readings of many sessions come to: shares of sessions, and mean rises in mmHg with their standard errors."""

    shares: dict[str, Share]
    rises: dict[str, tuple[float, float]]


def crowd(preset: Preset, table: Presets, random: np.random.Generator, people: int) -> Numbers:
    """Systolic and diastolic base, systolic and diastolic rise of many people of a cohort: four rows."""
    about = (preset.systolic.base, preset.diastolic.base, preset.systolic.rise, preset.diastolic.rise)
    drawn = mixing(table.correlations) @ random.standard_normal((4, people))
    return np.array([[one.mean] for one in about]) + np.array([[one.sd] for one in about]) * drawn


def crossings(
    people: Numbers, table: Presets, random: np.random.Generator, *, minutes: tuple[int, ...] = MINUTES, whole: bool = True
) -> Crossings:
    """Readings of people (rows as of `crowd`) at these minutes, as whole numbers as a cuff shows them, and what they cross.

    The marks are the columns of the reference's table (clinical 4.3, 7.4): percent over the systolic base, and pairs in mmHg.
    """
    systolic, diastolic = people[0], people[1]
    level = np.interp(minutes, table.shape.minutes, table.shape.level)[:, None]
    noise = random.standard_normal((2, len(minutes), people.shape[1]))
    shown = np.round if whole else np.asarray
    high = shown(systolic + people[2] * level + noise[0] * table.pressure_noise.systolic)
    low = shown(diastolic + people[3] * level + noise[1] * table.pressure_noise.diastolic)
    total = people.shape[1]
    found = {
        "over_20pct": high >= 1.2 * systolic,
        "over_30pct": high >= 1.3 * systolic,
        "over_165_100": (high >= 165) | (low >= 100),
        "over_180_110": (high >= 180) | (low >= 110),
    }
    peak = minutes.index(MINUTES[-1])
    rises = (high[peak] - systolic, low[peak] - diastolic, high.max(axis=0) - systolic, low.max(axis=0) - diastolic)
    return Crossings(
        {name: Share.of(int(crossed.any(axis=0).sum()), total) for name, crossed in found.items()},
        {name: (float(rise.mean()), float(rise.std() / max(1, total) ** 0.5)) for name, rise in zip(RISES, rises, strict=True)},
    )


def missed(preset: Preset, found: Crossings) -> list[str]:
    """Which of the reference's figures lie outside what was found and its error, in words.

    `found` must be of as many people as the reference drew, 40,000: its own sampling error is as large as ours. It rounds: half a
    unit of its last digit (a tenth of a mmHg; of percentages as written) counts too.
    """
    strange: list[str] = []
    for name, expected in preset.expected.model_dump(exclude_none=True).items():
        half = 0.05 if name in RISES else 0.5 * 10 ** -len(f"{expected:g}".partition(".")[2])
        if name in RATES:
            share = found.shares[RATES[name]]
            if abs(share.percent - expected) > BOTH * (share.high - share.low) / 2 + half:
                strange.append(f"{RATES[name]}: {share} %, the reference has {expected:g} %")
        elif abs(found.rises[name][0] - expected) > BOTH * Z * found.rises[name][1] + half:
            strange.append(f"{name}: {found.rises[name][0]:.2f} mmHg, the reference has {expected:g}")
    return strange
