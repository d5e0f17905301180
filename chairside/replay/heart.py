"""Heart beats of an ECG lead and of a plethysmogram, found as published, and the rate that a monitor shows of them.

An ECG is counted after J. Pan and W. J. Tompkins, "A real-time QRS detection algorithm", IEEE Trans Biomed Eng 32(3), 1985,
230-236, doi:10.1109/TBME.1985.325532: the energy of slopes in the band of the QRS, over thresholds that follow the beats. As
published it can be deafened: a burst of artefact far above the beats lifts the thresholds, and beats that follow are not counted
until something as loud comes again. Real monitors call false asystoles for reasons of this kind, so it is left in.

A plethysmogram is counted after M. Elgendi and others, "Systolic peak detection in acceleration photoplethysmograms measured from
emergency responders in tropical conditions", PLoS ONE 8(10), 2013, e76585: where its energy over the length of a systolic peak is
above its energy over the length of a beat.

The numbers are properties of these methods. None of them is a clinical limit.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chairside.replay.wfdb import Samples, Signal

QRS_BAND_HZ, QRS_WINDOW_S, REFRACTORY_S, T_WAVE_S = (5.0, 15.0), 0.15, 0.2, 0.36
LEARN_S, NEW_SHARE, BACK_SHARE, ABOVE_NOISE, SEARCH_BACK, RECENT = 2.0, 0.125, 0.25, 0.25, 1.66, 8
"""Pan and Tompkins: seconds to learn from, weights of a new peak, the threshold between noise and signal, when to search back."""
LEAST_QRS_MV = 0.15
"""IEC 60601-2-27: monitors of adults do not count what is smaller (as a manufacturer's manual quotes it)."""
PULSE_BAND_HZ, PEAK_S, BEAT_S, OFFSET = (0.5, 8.0), 0.111, 0.667, 0.02
"""Elgendi: the band, the lengths of a peak and of a beat, and the share of the mean energy that is no pulse."""
SILENT_S = 4.0
"""Without a beat for so long the rate is 0: the asystole of the PhysioNet/CinC Challenge 2015 (Clifford and others, 2015)."""
AVERAGED = 12
"""Intervals whose median is the rate; bedside monitors average about so many (recalled from a manual, not looked up)."""


@dataclass(frozen=True)
class Count:
    """The beats found in one signal."""

    name: str
    times: Samples
    """Their instants, in seconds from the beginning."""
    known: NDArray[np.bool_]
    """Of each second, whether the signal was there."""

    def rate(self, second: int) -> float | None:
        """Beats a minute at the end of a second; 0 without a beat for 4 s, None where the signal was not there, or too little."""
        if not self.known[max(0, int(second - SILENT_S)) : second].any():
            return None
        last = int(np.searchsorted(self.times, second, "right"))
        if second - (self.times[last - 1] if last else 0.0) >= SILENT_S:
            return 0.0
        gaps = np.diff(self.times[max(0, last - AVERAGED - 1) : last])[::-1]
        silences = np.flatnonzero(gaps >= SILENT_S)
        if len(silences):
            gaps = gaps[: max(1, int(silences[0]))]
        return 60 / float(np.median(gaps)) if len(gaps) else None

    @property
    def silence(self) -> tuple[float, float]:
        """The longest time without a beat: from which second, and how many seconds."""
        edges = np.concatenate([[0.0], self.times, [float(len(self.known))]])
        longest = int(np.argmax(np.diff(edges)))
        return float(edges[longest]), float(edges[longest + 1] - edges[longest])


def count_ecg(lead: Signal) -> Count:
    """The beats of an ECG lead."""
    return Count(lead.name, _qrs(lead.samples, lead.rate, lead.unit.lower() == "mv") / lead.rate, _known(lead))


def count_pulse(pleth: Signal) -> Count:
    """The beats of a plethysmogram."""
    return Count(pleth.name, _pulses(pleth.samples, pleth.rate) / pleth.rate, _known(pleth))


def _known(found: Signal) -> NDArray[np.bool_]:
    whole, each = int(len(found.samples) / found.rate), int(found.rate)
    starts = (np.arange(whole) * found.rate).astype(int)
    return np.array([not np.isnan(found.samples[at : at + each]).all() for at in starts], dtype=np.bool_)


def _filled(samples: Samples) -> Samples:
    """Around zero, and zero where the recording has nothing."""
    return np.zeros_like(samples) if np.isnan(samples).all() else np.nan_to_num(samples - np.nanmedian(samples))


def _qrs(samples: Samples, rate: float, millivolts: bool) -> NDArray[np.intp]:
    from scipy import ndimage, signal  # here, since it takes a second to import and only `replay` needs it

    ecg = _filled(samples)
    band = signal.sosfiltfilt(signal.butter(1, QRS_BAND_HZ, "bandpass", fs=rate, output="sos"), ecg)
    slope = np.abs(np.gradient(band) * rate)
    energy = ndimage.uniform_filter1d(slope**2, round(QRS_WINDOW_S * rate))
    peaks, _ = signal.find_peaks(energy, distance=round(REFRACTORY_S * rate))
    half = round(QRS_WINDOW_S / 2 * rate)
    around = [slice(max(0, peak - half), peak + half + 1) for peak in peaks]
    steep = np.array([slope[near].max() for near in around])
    small = np.array([millivolts and np.ptp(ecg[near]) < LEAST_QRS_MV for near in around], dtype=np.bool_)
    learned = energy[: round(LEARN_S * rate)]
    levels = float(learned.max()) / 3, float(learned.mean()) / 2
    return peaks[_choose(peaks, energy[peaks], np.where(small, 0.0, steep), rate, levels)]


def _choose(peaks: NDArray[np.intp], energy: Samples, steep: Samples, rate: float, learned: tuple[float, float]) -> list[int]:
    """Which peaks of energy are beats: those above a threshold between the running levels of beats and of noise.

    `steep` is the steepest slope at each peak, 0 where the peak is too small to be a beat.
    """
    signal_level, noise_level = learned
    beats: list[int] = []
    passed: list[int] = []
    for now, peak in enumerate(peaks):
        threshold = noise_level + ABOVE_NOISE * (signal_level - noise_level)
        while (missed := _missed(peaks, energy, beats, passed, peak, threshold / 2, rate)) is not None:
            beats.append(missed)
            passed = [one for one in passed if one > missed]
            signal_level += BACK_SHARE * (energy[missed] - signal_level)
            threshold = noise_level + ABOVE_NOISE * (signal_level - noise_level)
        since = (peak - peaks[beats[-1]]) / rate if beats else np.inf
        t_wave = since < T_WAVE_S and steep[now] < steep[beats[-1]] / 2
        if energy[now] > threshold and steep[now] > 0 and not t_wave:
            beats.append(now)
            passed = []
            signal_level += NEW_SHARE * (energy[now] - signal_level)
        else:
            noise_level += NEW_SHARE * (energy[now] - noise_level)
            if steep[now] > 0 and not t_wave:
                passed.append(now)
    return beats


def _missed(
    peaks: NDArray[np.intp],
    energy: Samples,
    beats: Sequence[int],
    passed: Sequence[int],
    now: int,
    threshold: float,
    rate: float,
) -> int | None:
    """When a beat is overdue, the highest of the peaks that were passed over and reach half of the threshold."""
    if len(beats) < 2:
        return None
    usual = float(np.mean(np.diff(peaks[beats[-RECENT - 1 :]])))
    if now - peaks[beats[-1]] <= SEARCH_BACK * usual:
        return None
    likely = [one for one in passed if peaks[one] - peaks[beats[-1]] >= T_WAVE_S * rate and energy[one] > threshold]
    return max(likely, key=lambda one: float(energy[one]), default=None)


def _pulses(samples: Samples, rate: float) -> NDArray[np.intp]:
    from scipy import ndimage, signal

    wave = signal.sosfiltfilt(signal.butter(2, PULSE_BAND_HZ, "bandpass", fs=rate, output="sos"), _filled(samples))
    energy = np.maximum(wave, 0) ** 2
    least = round(PEAK_S * rate)
    peak, beat = ndimage.uniform_filter1d(energy, least), ndimage.uniform_filter1d(energy, round(BEAT_S * rate))
    above = np.concatenate([[False], peak > beat + OFFSET * float(energy.mean()), [False]])
    edges = np.flatnonzero(np.diff(above.astype(np.int8))).reshape(-1, 2)
    return np.array([begin + int(np.argmax(wave[begin:end])) for begin, end in edges if end - begin >= least], dtype=np.intp)
