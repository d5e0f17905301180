"""Recording: the second-by-second vital signs of a WFDB record with an arterial pressure."""

from dataclasses import dataclass
from pathlib import Path

from chairside.replay.beats import Second, seconds
from chairside.replay.wfdb import RecordRefused, Signal, read

PRESSURE = ("ABP", "ART", "AOBP", "UAP", "BP")
RESPIRATION = ("RESP", "IMP")


@dataclass(frozen=True)
class Recording:
    """A real bedside monitor, as it was recorded."""

    name: str
    seconds: tuple[Second, ...]
    signals: tuple[str, ...]

    @property
    def minutes(self) -> float:
        """How long it is."""
        return len(self.seconds) / 60


def recording(record: Path) -> Recording:
    """Read a record. Raises RecordRefused when it cannot be read or holds no arterial pressure in mmHg."""
    signals = read(record)
    names = tuple(signal.name for signal in signals)
    pressure = _one(signals, PRESSURE)
    if pressure is None or pressure.unit.lower() not in ("mmhg", "mm[hg]"):
        raise RecordRefused(f"{record.name} has no arterial pressure in mmHg; its signals: {', '.join(names)}")
    breathing = _one(signals, RESPIRATION)
    shown = seconds(
        pressure.samples, pressure.rate, breathing.samples if breathing else None, breathing.rate if breathing else 1.0
    )
    if not any(second.systolic is not None for second in shown):
        raise RecordRefused(f"No heart beat was found in the arterial pressure of {record.name}")
    return Recording(record.stem if record.suffix == ".hea" else record.name, tuple(shown), names)


def _one(signals: tuple[Signal, ...], names: tuple[str, ...]) -> Signal | None:
    return next((signal for name in names for signal in signals if signal.name.upper() == name), None)
