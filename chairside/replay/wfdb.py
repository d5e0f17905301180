"""WFDB records: the header and the signals of a recording, as PhysioNet keeps them (signal formats 16 and 212)."""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float64]


class RecordRefused(Exception):
    """The record cannot be read. The text says what is wrong with it."""


@dataclass(frozen=True)
class Signal:
    """One signal in its own unit, sampled `rate` times a second; nan where the recording has none."""

    name: str
    unit: str
    rate: float
    samples: Samples


@dataclass(frozen=True)
class Description:
    """One signal line of a header."""

    name: str
    unit: str
    file: str
    format: int
    per_frame: int
    skew: int
    offset: int
    gain: float
    zero: float


def read(record: Path) -> tuple[Signal, ...]:
    """The signals of a record, named with or without `.hea`. Raises RecordRefused."""
    header = record if record.suffix == ".hea" else record.with_name(f"{record.name}.hea")
    rate, frames, described = _header(header)
    files = {about.file: about.format for about in described}
    found: list[Signal] = []
    for name, kind in files.items():
        group = [about for about in described if about.file == name]
        width = sum(about.per_frame for about in group)
        raw = _samples(header.with_name(name), kind, group[0].offset)
        whole = frames or len(raw) // width
        if whole == 0 or len(raw) < whole * width:
            raise RecordRefused(f"{name} holds {len(raw) // width} frames of samples, its header promises {frames or 'some'}")
        table = raw[: whole * width].reshape(whole, width)
        at = 0
        for about in group:
            values = table[:, at : at + about.per_frame].ravel().astype(np.float64)
            at += about.per_frame
            values[values == (-2048 if kind == 212 else -32768)] = np.nan
            if about.skew:
                values = np.concatenate([values[about.skew :], np.full(about.skew, np.nan)])
            found.append(Signal(about.name, about.unit, rate * about.per_frame, (values - about.zero) / about.gain))
    return tuple(found)


def _header(file: Path) -> tuple[float, int, list[Description]]:
    try:
        lines = [line for line in file.read_text(encoding="utf-8").splitlines() if line.strip() and not line.startswith("#")]
    except OSError as error:
        raise RecordRefused(f"{file} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise RecordRefused(f"{file.name} is no text, so it is no WFDB header") from error
    try:
        head = lines[0].split()
        if "/" in head[0]:
            raise RecordRefused(f"{file.name} is a record of several segments; name one of them")
        rate = float(head[2].split("/")[0].split("(")[0]) if len(head) > 2 else 250.0
        frames = int(head[3]) if len(head) > 3 else 0
        described = [_described(line.split(maxsplit=8)) for line in lines[1 : 1 + int(head[1])]]
    except (IndexError, ValueError, AttributeError) as error:
        raise RecordRefused(f"{file.name} is no WFDB header") from error
    if not described or rate <= 0:
        raise RecordRefused(f"{file.name} names no signal")
    return rate, frames, described


def _described(fields: list[str]) -> Description:
    kind = re.fullmatch(r"(\d+)(?:x(\d+))?(?::(\d+))?(?:\+(\d+))?", fields[1])
    gain = re.fullmatch(r"([\d.eE+-]+)(?:\((-?\d+)\))?(?:/(\S+))?", fields[2] if len(fields) > 2 else "200")
    if kind is None or gain is None:
        raise ValueError(fields)
    zero = gain[2] if gain[2] is not None else (fields[4] if len(fields) > 4 else "0")
    return Description(
        name=fields[8].strip() if len(fields) > 8 else fields[0],
        unit=gain[3] or "mV",
        file=fields[0],
        format=int(kind[1]),
        per_frame=int(kind[2] or 1),
        skew=int(kind[3] or 0),
        offset=int(kind[4] or 0),
        gain=float(gain[1]) or 200.0,
        zero=float(zero),
    )


def _samples(file: Path, kind: int, offset: int) -> NDArray[np.int16]:
    try:
        raw = file.read_bytes()[offset:]
    except OSError as error:
        raise RecordRefused(f"{file} cannot be read: {error.strerror}") from error
    if kind == 16:
        return np.frombuffer(raw[: len(raw) // 2 * 2], "<i2")
    if kind != 212:
        raise RecordRefused(f"{file.name} is of signal format {kind}; 16 and 212 can be read")
    packed = np.frombuffer(raw[: len(raw) // 3 * 3], np.uint8).reshape(-1, 3).astype(np.int16)
    pairs = [packed[:, 0] | (packed[:, 1] & 0x0F) << 8, packed[:, 2] | (packed[:, 1] & 0xF0) << 4]
    samples = np.stack(pairs, axis=1).ravel()
    return np.where(samples > 2047, samples - 4096, samples).astype(np.int16)
