"""WFDB records are read as written, and beats and breaths are found in them."""

from pathlib import Path
from statistics import median

import numpy as np
import pytest

from chairside.replay.beats import beats, breaths_a_minute
from chairside.replay.heart import count_ecg, count_pulse
from chairside.replay.recording import recording
from chairside.replay.seconds import Second, seconds
from chairside.replay.wfdb import RecordRefused, Signal, read

RATE = 125.0


def wave(beats_a_minute: float, systolic: float, diastolic: float, length_s: float) -> np.ndarray:
    """An arterial pressure as a toy: a steep rise, then a decay."""
    phase = (np.arange(int(length_s * RATE)) / RATE * beats_a_minute / 60) % 1
    return diastolic + (systolic - diastolic) * np.where(phase < 0.15, phase / 0.15, (1 - phase) / 0.85)


def packed_212(samples: list[int]) -> bytes:
    out = bytearray()
    for first, second in zip(samples[::2], samples[1::2], strict=True):
        a, b = first & 0xFFF, second & 0xFFF
        out += bytes([a & 0xFF, (a >> 8) | ((b >> 8) << 4), b & 0xFF])
    return bytes(out)


def test_format_212_holds_twelve_bit_pairs_with_sign_gain_and_gaps(tmp_path: Path) -> None:
    (tmp_path / "r.hea").write_text("r 2 125 3\nr.dat 212 10(5)/mmHg 12 0 0 0 0 ABP\nr.dat 212:1 2 12 0 0 0 0 RESP\n")
    (tmp_path / "r.dat").write_bytes(packed_212([1205, -2, -2048, 7, -95, 2047]))
    pressure, breathing = read(tmp_path / "r")
    assert (pressure.name, pressure.unit, pressure.rate) == ("ABP", "mmHg", 125)
    np.testing.assert_equal(pressure.samples, [120.0, np.nan, -10.0])
    np.testing.assert_equal(breathing.samples, [3.5, 1023.5, np.nan])  # the skew moves it one frame up


def test_format_16_reads_after_its_offset(tmp_path: Path) -> None:
    (tmp_path / "r.hea").write_text("# a remark\nr 1 250 2\nr.mat 16+24 100/NU 16 0 0 0 0 PLETH\n")
    (tmp_path / "r.mat").write_bytes(b"h" * 24 + np.array([150, -50], "<i2").tobytes())
    (pleth,) = read(tmp_path / "r.hea")
    np.testing.assert_allclose(pleth.samples, [1.5, -0.5])


@pytest.mark.parametrize(
    ("header", "says"),
    [
        (None, "cannot be read"),
        ("", "no WFDB header"),
        ("r 1 125 9\nr.dat 80 10 12 0 0 0 0 ABP\n", "signal format 80"),
        ("r 1 125 9\nr.dat 212 10 12 0 0 0 0 ABP\n", "its header promises 9"),
        ("r/2 1 125 9\nr.dat 212 10 12 0 0 0 0 ABP\n", "several segments"),
        ("r 1 125 9\ngone.dat 212 10 12 0 0 0 0 ABP\n", "cannot be read"),
        ("r 0 125 9\n", "names no signal"),
    ],
)
def test_what_is_no_record_is_refused_clearly(tmp_path: Path, header: str | None, says: str) -> None:
    (tmp_path / "r.dat").write_bytes(packed_212([1, 2, 3, 4]))
    if header is not None:
        (tmp_path / "r.hea").write_text(header)
    with pytest.raises(RecordRefused, match=says):
        read(tmp_path / "r")


@pytest.mark.parametrize(("rate", "systolic", "diastolic"), [(60, 120, 80), (123, 45, 28), (48, 180, 110)])
def test_beats_are_counted_and_measured(rate: float, systolic: float, diastolic: float) -> None:
    found = beats(wave(rate, systolic, diastolic, 60), RATE)
    assert len(found) == pytest.approx(rate, abs=3)
    assert median(beat.systolic for beat in found) == pytest.approx(systolic, abs=2)
    assert median(beat.diastolic for beat in found) == pytest.approx(diastolic, abs=3)


def test_a_flat_line_has_no_beat_and_no_breath() -> None:
    flat = np.full(int(40 * RATE), 60.0)
    assert beats(flat, RATE) == []
    assert breaths_a_minute(flat, RATE) is None
    line = Signal("ABP", "mmHg", RATE, flat)
    assert set(seconds(40, pressure=line, breath=line)) == {Second(at) for at in range(1, 41)}


def test_breaths_are_the_strongest_rhythm() -> None:
    at = np.arange(int(30 * RATE)) / RATE
    assert breaths_a_minute(np.sin(2 * np.pi * at * 15 / 60), RATE) == pytest.approx(15, abs=0.3)


def test_a_gap_in_the_pressure_gives_no_numbers_there() -> None:
    pressure = wave(60, 120, 80, 60)
    pressure[int(20 * RATE) : int(40 * RATE)] = np.nan
    shown = seconds(60, pressure=Signal("ABP", "mmHg", RATE, pressure))
    assert shown[30].systolic is None
    assert shown[30].heart_rate is None
    assert shown[50].systolic == pytest.approx(120, abs=2)


def test_the_real_hypotensive_record(waveforms: Path) -> None:
    """The reference's own figures: 1,219 beats, rate 123, pressures 45/29, breaths 18, and no second empty."""
    real = recording(waveforms / "03700181")
    pressure = next(signal for signal in read(waveforms / "03700181") if signal.name == "ABP")
    assert len(beats(pressure.samples, pressure.rate)) == 1219
    assert len(real.seconds) == 600
    for name, expected in (("heart_rate", 123), ("systolic", 45), ("diastolic", 28.7), ("respirations", 18.1)):
        values = [getattr(second, name) for second in real.seconds]
        assert None not in values, name
        assert median(values) == pytest.approx(expected, abs=1), name


def electrical(beats_a_minute: float, length_s: float, *, until_s: float = 1e9, noise_mv: float = 0.02) -> Signal:
    """An ECG as a toy: spikes of 1 mV with rounder waves after them, until it stops; noise goes on."""
    at = np.arange(int(length_s * RATE)) / RATE
    phase = (at * beats_a_minute / 60) % 1 * 60 / beats_a_minute
    beat = np.exp(-(((phase - 0.1) / 0.012) ** 2)) + 0.25 * np.exp(-(((phase - 0.35) / 0.05) ** 2))
    noise = np.random.default_rng(1).normal(0, noise_mv, len(at))
    return Signal("II", "mV", RATE, np.where(at < until_s, beat, 0) + noise)


@pytest.mark.parametrize("rate", [30, 48, 72, 127, 180])
def test_beats_of_an_ecg_are_counted_and_rounder_waves_are_not(rate: float) -> None:
    found = count_ecg(electrical(rate, 60))
    assert len(found.times) == pytest.approx(rate, abs=1)
    assert found.rate(60) == pytest.approx(rate, rel=0.02)


def test_a_heart_that_stops_shows_no_beat_after_four_seconds() -> None:
    found = count_ecg(electrical(75, 40, until_s=20))
    last = found.times[-1]
    shown = [found.rate(second) for second in range(1, 41)]
    assert last == pytest.approx(19.3, abs=0.2)
    assert all(rate == 0 for rate in shown[24:])
    assert shown[22] == pytest.approx(75, abs=1)
    assert found.silence == (last, 40 - last)


def test_an_ecg_that_is_flat_or_noise_below_what_a_monitor_counts_has_no_beat() -> None:
    flat = count_ecg(Signal("II", "mV", RATE, np.zeros(int(20 * RATE))))
    hiss = count_ecg(electrical(60, 20, until_s=0, noise_mv=0.015))
    for found in (flat, hiss):
        assert len(found.times) == 0
        assert [found.rate(second) for second in (1, 3, 4, 20)] == [None, None, 0, 0]


def test_an_electrode_that_is_off_shows_no_rate_instead_of_an_asystole() -> None:
    lead = electrical(60, 40)
    lead.samples[int(20 * RATE) :] = np.nan
    assert [count_ecg(lead).rate(second) for second in (25, 40)] == [None, None]


@pytest.mark.parametrize("rate", [45, 72, 127])
def test_a_plethysmogram_is_counted_whatever_its_scale_and_a_flat_one_is_not(rate: float) -> None:
    for scale in (0.01, 500.0):
        found = count_pulse(Signal("PLETH", "NU", RATE, wave(rate, scale, 0, 60)))
        assert found.rate(60) == pytest.approx(rate, rel=0.02)
    assert count_pulse(Signal("PLETH", "NU", RATE, np.ones(int(20 * RATE)))).rate(20) == 0


def test_the_real_false_asystole(waveforms: Path) -> None:
    """At 5:00, when the bedside monitor called it: one lead deaf, the other and the plethysmogram at 127."""
    deaf, hears = recording(waveforms / "a103l"), recording(waveforms / "a103l", "ii")
    assert len(deaf.seconds) == 330
    for real in (deaf, hears):
        quiet = real.seconds[3:260]
        assert median(s.heart_rate or 0 for s in quiet) == pytest.approx(127, abs=1)
        assert median(s.pulse_rate or 0 for s in quiet) == pytest.approx(127, abs=1)
        assert all(s.systolic is None and s.respirations is None for s in real.seconds)
        assert min(s.pulse_rate for s in real.seconds if s.pulse_rate is not None) > 70
    assert [s.heart_rate for s in deaf.seconds[297:301]] == [0, 0, 0, 0]
    assert min(s.heart_rate for s in hears.seconds if s.heart_rate is not None) > 70
    assert deaf.derived[0].startswith("heart rate: ECG V, ")
    assert hears.derived[1].startswith("not counted: ECG V, ")
    assert "pressures: none, without an arterial pressure in mmHg" in deaf.derived


@pytest.mark.parametrize(
    ("signals", "says"), [("RESP", "no ECG lead"), ("ABP", "No heart beat was found"), ("II", "no ECG lead V")]
)
def test_a_record_with_nothing_to_show_is_refused(tmp_path: Path, signals: str, says: str) -> None:
    (tmp_path / "r.hea").write_text(f"r 1 125 2000\nr.dat 16 10/mmHg 16 0 0 0 0 {signals}\n")
    (tmp_path / "r.dat").write_bytes(bytes(4000))
    with pytest.raises(RecordRefused, match=says):
        recording(tmp_path / "r", "V" if signals == "II" else None)
