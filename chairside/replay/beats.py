"""Beats and breaths: pressures and rates derived from an arterial pressure and a respiration signal."""

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chairside.replay.wfdb import Samples

STEEPEST_SHARE, LEAST_RISE = 0.4, 30.0
"""A beat rises at 40 % or more of the steepest rises near it, and by 30 mmHg/s or more."""
NEAR_S, REFRACTORY_S, FOOT_S = 4.0, 0.27, 0.15
SLOWEST_BREATH, FASTEST_BREATH = 6.0, 70.0
"""Breaths a minute that a line of the spectrum can mean."""
LEAST_KNOWN = 0.98
"""A skewed signal lacks its last samples; more than that is a gap."""


@dataclass(frozen=True)
class Beat:
    """One heart beat: its instant in seconds from the beginning, and its pressures in mmHg."""

    at: float
    systolic: float
    diastolic: float
    mean: float


def beats(pressure: Samples, rate: float) -> list[Beat]:
    """The beats of an arterial pressure in mmHg: where it rises steeply, a systole until the next rise follows."""
    rises = _rises(pressure, rate)
    found = []
    for begin, end in itertools.pairwise(rises):
        foot, whole = pressure[max(0, begin - round(FOOT_S * rate)) : begin + 1], pressure[begin:end]
        if np.isnan(foot).all() or np.isnan(whole).all():
            continue
        found.append(Beat(float(begin / rate), float(np.nanmax(whole)), float(np.nanmin(foot)), float(np.nanmean(whole))))
    return found


def _rises(pressure: Samples, rate: float) -> NDArray[np.intp]:
    from scipy import signal  # here, since it takes a second to import and only `replay` needs it

    slope = np.convolve(np.nan_to_num(np.gradient(pressure) * rate), np.ones(5) / 5, "same")
    block = max(1, round(NEAR_S * rate))
    edges = range(0, len(slope), block)
    steep = np.array([np.percentile(slope[max(0, at - block) : at + 2 * block], 98) for at in edges])
    threshold = np.maximum(np.repeat(steep, block)[: len(slope)] * STEEPEST_SHARE, LEAST_RISE)
    rises, _ = signal.find_peaks(slope, height=threshold, distance=max(1, round(REFRACTORY_S * rate)))
    return rises


def breaths_a_minute(window: Samples, rate: float) -> float | None:
    """The strongest rhythm of a respiration signal; None when it is flat or much of it is missing."""
    known = window[~np.isnan(window)]
    if len(known) < rate * 10 or len(known) < len(window) * LEAST_KNOWN or np.ptp(known) == 0:
        return None
    from scipy import signal

    rhythms, strength = signal.periodogram(known, rate, window="hann", nfft=8 * len(known))
    possible = (rhythms * 60 >= SLOWEST_BREATH) & (rhythms * 60 <= FASTEST_BREATH)
    return float(rhythms[possible][np.argmax(strength[possible])] * 60)
