"""Recording: the second-by-second vital signs of a WFDB record with an ECG, a plethysmogram or an arterial pressure."""

from dataclasses import dataclass
from pathlib import Path

from chairside.replay.heart import Count, count_ecg, count_pulse
from chairside.replay.seconds import Second, seconds
from chairside.replay.wfdb import RecordRefused, Signal, read

LEADS = ("I", "II", "III", "AVR", "AVL", "AVF", "V", "V1", "V2", "V3", "V4", "V5", "V6", "MCL", "MCL1", "MCL6", "ECG")
PLETH = ("PLETH", "PPG")
PRESSURE = ("ABP", "ART", "AOBP", "UAP", "BP")
RESPIRATION = ("RESP", "IMP")


@dataclass(frozen=True)
class Recording:
    """A real bedside monitor, as it was recorded."""

    name: str
    seconds: tuple[Second, ...]
    signals: tuple[str, ...]
    derived: tuple[str, ...]
    """In words: what each vital sign was derived from, and which could not be."""

    @property
    def minutes(self) -> float:
        """How long it is."""
        return len(self.seconds) / 60


def recording(record: Path, lead: str | None = None) -> Recording:
    """Read a record, and count the heart rate in one ECG lead.

    Without a name it is the lead that goes longest without a beat being found: the one that would raise an alarm, which is what a
    recording is played for. Raises RecordRefused when the record cannot be read, has no such lead, or nothing to show.
    """
    signals = read(record)
    names = tuple(signal.name for signal in signals)
    counts = [count_ecg(signal) for signal in signals if signal.name.upper() in LEADS]
    ecg = _lead(counts, lead, record, names)
    pleth = _one(signals, PLETH)
    pulse = count_pulse(pleth) if pleth else None
    pressure = _one(signals, PRESSURE)
    if pressure is not None and pressure.unit.lower() not in ("mmhg", "mm[hg]"):
        pressure = None
    if ecg is None and pulse is None and pressure is None:
        missing = f"{record.name} has no ECG lead, no plethysmogram and no arterial pressure in mmHg"
        raise RecordRefused(f"{missing}; its signals: {', '.join(names)}")
    breath = _one(signals, RESPIRATION)
    length = int(min(len(signal.samples) / signal.rate for signal in signals))
    shown = tuple(seconds(length, ecg=ecg, pulse=pulse, pressure=pressure, breath=breath))
    if not any(second.systolic or second.heart_rate or second.pulse_rate for second in shown):
        raise RecordRefused(f"No heart beat was found in {record.name}")
    derived = (
        *_heart(counts, ecg, pressure),
        f"pulse rate: {_told(pulse)}" if pulse else "pulse rate: none, without a plethysmogram",
        f"pressures: {pressure.name}, beat to beat" if pressure else "pressures: none, without an arterial pressure in mmHg",
        f"breaths: {breath.name}" if breath else "breaths: none, without a respiration signal",
        "oxygen saturation: none; a plethysmogram alone does not give it",
    )
    return Recording(record.stem if record.suffix == ".hea" else record.name, shown, names, derived)


def _lead(counts: list[Count], named: str | None, record: Path, names: tuple[str, ...]) -> Count | None:
    if named is not None:
        found = next((count for count in counts if count.name.upper() == named.upper()), None)
        if found is None:
            raise RecordRefused(f"{record.name} has no ECG lead {named}; its signals: {', '.join(names)}")
        return found
    attached = [count for count in counts if len(count.times)] or counts
    return max(attached, key=lambda count: count.silence[1], default=None)


def _heart(counts: list[Count], counted: Count | None, pressure: Signal | None) -> list[str]:
    if counted is None:
        return [f"heart rate: {pressure.name}, without an ECG" if pressure else "heart rate: none, without an ECG"]
    others = [f"not counted: ECG {_told(count)}" for count in counts if count is not counted]
    return [f"heart rate: ECG {_told(counted)}", *others]


def _told(count: Count) -> str:
    begin, lasts = count.silence
    return f"{count.name}, {len(count.times)} beats found, the longest time without one {lasts:.1f} s, from second {begin:.0f}"


def _one(signals: tuple[Signal, ...], names: tuple[str, ...]) -> Signal | None:
    return next((signal for name in names for signal in signals if signal.name.upper() == name), None)
