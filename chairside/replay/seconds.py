"""Seconds: what a monitor would show at each second of a recording."""

from dataclasses import dataclass

import numpy as np

from chairside.replay.beats import NEAR_S, Beat, beats, breaths_a_minute
from chairside.replay.heart import Count
from chairside.replay.wfdb import Signal

BREATH_WINDOW_S = 30.0


@dataclass(frozen=True)
class Second:
    """What a monitor shows at a second of a recording; None where the recording gives nothing to show."""

    at: int
    heart_rate: float | None = None
    """Of the ECG, else of the arterial pressure."""
    pulse_rate: float | None = None
    """Of the plethysmogram."""
    systolic: float | None = None
    diastolic: float | None = None
    mean: float | None = None
    respirations: float | None = None


def seconds(
    length: int,
    *,
    ecg: Count | None = None,
    pulse: Count | None = None,
    pressure: Signal | None = None,
    breath: Signal | None = None,
) -> list[Second]:
    """`length` seconds: rates as their counts have them, pressures as medians of the last 4 s, breaths of the last 30 s."""
    found = beats(pressure.samples, pressure.rate) if pressure else []
    times = np.array([beat.at for beat in found])
    shown = []
    for second in range(1, length + 1):
        last = found[np.searchsorted(times, second - NEAR_S) : np.searchsorted(times, second, "right")]
        shown.append(
            Second(
                at=second,
                heart_rate=ecg.rate(second) if ecg else _rate(last),
                pulse_rate=pulse.rate(second) if pulse else None,
                systolic=float(np.median([beat.systolic for beat in last])) if last else None,
                diastolic=float(np.median([beat.diastolic for beat in last])) if last else None,
                mean=float(np.median([beat.mean for beat in last])) if last else None,
                respirations=_breaths(breath, second) if breath else None,
            )
        )
    return shown


def _rate(last: list[Beat]) -> float | None:
    """Of pressures. A pressure without beats is more often a line that is flushed than a heart that stands: no number."""
    gaps = np.diff([beat.at for beat in last])
    return 60 / float(np.median(gaps)) if len(gaps) else None


def _breaths(breath: Signal, second: int) -> float | None:
    until = max(second, BREATH_WINDOW_S) * breath.rate
    return breaths_a_minute(breath.samples[int(until - BREATH_WINDOW_S * breath.rate) : int(until)], breath.rate)
