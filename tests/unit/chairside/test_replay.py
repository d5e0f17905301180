"""WFDB records are read as written, and beats and breaths are found in them."""

from pathlib import Path
from statistics import median

import numpy as np
import pytest

from chairside.replay.beats import beats, breaths_a_minute, seconds
from chairside.replay.recording import recording
from chairside.replay.wfdb import RecordRefused, read

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
    assert all(second.systolic is None and second.heart_rate is None for second in seconds(flat, RATE, flat, RATE))


def test_breaths_are_the_strongest_rhythm() -> None:
    at = np.arange(int(30 * RATE)) / RATE
    assert breaths_a_minute(np.sin(2 * np.pi * at * 15 / 60), RATE) == pytest.approx(15, abs=0.3)


def test_a_gap_in_the_pressure_gives_no_numbers_there() -> None:
    pressure = wave(60, 120, 80, 60)
    pressure[int(20 * RATE) : int(40 * RATE)] = np.nan
    shown = seconds(pressure, RATE, None, RATE)
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
        assert None not in values
        assert median(values) == pytest.approx(expected, abs=1), name


def test_a_record_without_arterial_pressure_is_refused(waveforms: Path) -> None:
    with pytest.raises(RecordRefused, match="no arterial pressure"):
        recording(waveforms / "a103l")
