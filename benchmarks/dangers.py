"""Scripted dangers (clinical 7.4 and the limits of 4.3): what is read while each goes on, and what must be told of it by when.

A danger's values are random beyond its limit and below the next one, because the noise of a device that reads around a limit is
no danger: so the priority that must be told is exact.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random

from schemas.monitoring.alarms import Priority

SYS, DIA, MAP, HR, PULSE, SPO2, RR, CO2 = (
    "8480-6", "8462-4", "8478-0", "8867-4", "8889-8", "59408-5", "9279-1", "19889-5",
)  # fmt: skip
Values = dict[str, float | None]
Play = Callable[[Random], Iterator[tuple[float, Values]]]
"""Readings from the danger's beginning: (seconds since then, values)."""


@dataclass(frozen=True)
class Danger:
    """Something that people must be told of."""

    id: str
    title: str
    alarms: tuple[str, ...]
    priority: Priority
    within: float
    """Seconds from its beginning by which it must be told: the table's delay, and the second between two samples."""
    play: Play
    calm: bool = True
    """The monitor goes on reading what the danger does not name."""
    more: tuple[tuple[str, float], ...] = ()
    """Known of the session besides its pressures."""
    continuous: bool = False
    by_hand: bool = False


def stream(seconds: float, **ranges: tuple[float, float] | None) -> Play:
    """A reading a second: each value somewhere in its range; None is a probe that is off."""

    def play(random: Random) -> Iterator[tuple[float, Values]]:
        for second in range(int(seconds) + 1):
            yield float(second), {NAMES[name]: None if span is None else between(random, span) for name, span in ranges.items()}

    return play


def cuffs(*spans: tuple[float, float], **ranges: tuple[float, float]) -> Play:
    """Cuff readings, each somewhere in its span of seconds from the first."""

    def play(random: Random) -> Iterator[tuple[float, Values]]:
        for span in spans:
            yield random.uniform(*span), {NAMES[name]: between(random, about) for name, about in ranges.items()}

    return play


def once(**values: tuple[float, float]) -> Play:
    """One observation or report."""
    return cuffs((0, 0), **values)


def in_turn(first: dict[str, float], second: dict[str, float]) -> Play:
    """Two observations, in either order, a few seconds apart; the danger begins with the second."""

    def play(random: Random) -> Iterator[tuple[float, Values]]:
        one, two = (first, second) if random.random() < 0.5 else (second, first)
        yield -random.uniform(1, 25), {NAMES[name]: value for name, value in one.items()}
        yield 0.0, {NAMES[name]: value for name, value in two.items()}

    return play


def silence(_: Random) -> Iterator[tuple[float, Values]]:
    """Nothing comes."""
    yield from ()


def between(random: Random, span: tuple[float, float]) -> float:
    """A whole number of a range, both ends included."""
    return float(random.randint(int(span[0]), int(span[1])))


NAMES = {
    "sys": SYS, "dia": DIA, "map": MAP, "hr": HR, "pulse": PULSE, "spo2": SPO2, "rr": RR, "co2": CO2, "moaas": "moaas",
    "diss": "diss-obs", "violent": "violent", "vomiting": "vomiting", "aspiration": "aspiration", "seizure": "seizure",
    "chest": "chest-pain", "anaphylaxis": "anaphylaxis", "rate": "pump-rate", "flow": "pump-free-flow", "volume": "pump-volume",
    "occlusion": "pump-occlusion",
}  # fmt: skip
HIGH_BP, LOW_BP = ("A1", "A2"), ("A3", "A4")
AGAIN = (20.0, 119.0)
PUMP = (("pump-rate", 52.0), ("pump-volume", 35.0))
DANGERS = (
    Danger("S3", "166/98, confirmed within 2 min", HIGH_BP, "medium", 120, cuffs((0, 0), AGAIN, sys=(165, 179), dia=(85, 99))),
    Danger("S3u", "165 or more, no confirmation comes", HIGH_BP, "medium", 120.1, once(sys=(165, 179), dia=(85, 99))),
    Danger("S3d", "diastolic 100 or more, confirmed", HIGH_BP, "medium", 120,
           cuffs((0, 0), AGAIN, sys=(140, 164), dia=(100, 109))),
    Danger("S4", "184/112 twice, 5 min apart", HIGH_BP, "high", 420,
           cuffs((0, 0), AGAIN, (150, 290), (300, 420), sys=(180, 199), dia=(110, 119))),
    Danger("S4u", "180 or more, no second reading comes", HIGH_BP, "high", 420.1,
           cuffs((0, 0), AGAIN, sys=(180, 199), dia=(90, 99))),
    Danger("S5", "202/118 once", HIGH_BP, "emergency", 0, once(sys=(200, 245), dia=(100, 119))),
    Danger("S5d", "diastolic 120 or more, once", HIGH_BP, "emergency", 0, once(sys=(165, 199), dia=(120, 140))),
    Danger("A3 M", "systolic below 90, confirmed", LOW_BP, "medium", 120,
           cuffs((0, 0), AGAIN, sys=(80, 89), dia=(55, 70), map=(65, 75))),
    Danger("A3 H", "systolic below 80, confirmed", LOW_BP, "high", 120,
           cuffs((0, 0), AGAIN, sys=(70, 79), dia=(50, 60), map=(60, 66))),
    Danger("A3 E", "systolic below 70, confirmed", LOW_BP, "emergency", 120,
           cuffs((0, 0), AGAIN, sys=(45, 69), dia=(25, 40), map=(30, 50))),
    Danger("A4 M", "mean pressure below 65, confirmed", LOW_BP, "medium", 120,
           cuffs((0, 0), AGAIN, sys=(100, 110), dia=(40, 46), map=(60, 64))),
    Danger("A4 H", "mean pressure below 60, confirmed", LOW_BP, "high", 120,
           cuffs((0, 0), AGAIN, sys=(80, 100), dia=(30, 40), map=(45, 59))),
    Danger("A1c", "beat-to-beat pressure of 180 to 199", HIGH_BP, "high", 22,
           stream(25, sys=(180, 199), dia=(85, 99)), continuous=True),
    Danger("A5 M", "heart rate 120 or more for 5 min", ("A5",), "medium", 301, stream(302, hr=(120, 129))),
    Danger("A5 H", "heart rate 130 or more for 60 s", ("A5",), "high", 61, stream(62, hr=(130, 149))),
    Danger("A5 E", "heart rate 150 or more for 30 s", ("A5",), "emergency", 31, stream(32, hr=(150, 200))),
    Danger("A6 M", "heart rate below 50 for 60 s", ("A6",), "medium", 61, stream(62, hr=(40, 49))),
    Danger("A6 H", "heart rate below 40 for 15 s", ("A6",), "high", 16, stream(17, hr=(35, 39))),
    Danger("A6 E", "heart rate below 35", ("A6",), "emergency", 0, stream(1, hr=(10, 34))),
    Danger("A7 M", "saturation below 92 for 30 s", ("A7",), "medium", 31, stream(32, spo2=(90, 91))),
    Danger("S7", "saturation 89 for 20 s", ("A7",), "high", 16, stream(20, spo2=(85, 89))),
    Danger("A7 E", "saturation below 85 for 10 s", ("A7",), "emergency", 11, stream(12, spo2=(60, 84))),
    Danger("S8", "probe off for 60 s", ("A16-probe",), "medium", 61, stream(62, spo2=None)),
    Danger("blind", "no saturation and no observer for 3 min", ("A16-blind",), "high", 181, stream(182, spo2=None)),
    Danger("silence", "the monitor falls silent", ("A16-gap",), "medium", 90.1, silence, calm=False),
    Danger("silent 3", "and for 3 min", ("A16-blind",), "high", 180.1, silence, calm=False),
    Danger("S12", "apnoea of 25 s", ("A8-low",), "emergency", 21, stream(25, rr=(0, 0))),
    Danger("A8 H", "8 breaths or fewer for 30 s", ("A8-low",), "high", 31, stream(32, rr=(4, 8))),
    Danger("A8 h", "more than 30 breaths for 30 s", ("A8-high",), "high", 31, stream(32, rr=(31, 45))),
    Danger("A9 M", "carbon dioxide above 50 for 60 s", ("A9-high",), "medium", 61, stream(62, co2=(51, 60))),
    Danger("A9 H", "carbon dioxide above 60", ("A9-high",), "high", 0, stream(1, co2=(61, 90))),
    Danger("A9 f", "carbon dioxide flat for 20 s", ("A9-low",), "high", 21, stream(22, co2=(0, 0))),
    Danger("A9 E", "carbon dioxide flat for 30 s", ("A9-low",), "emergency", 31, stream(32, co2=(0, 0))),
    Danger("A10 H", "MOAA/S 2", ("A10",), "high", 0, once(moaas=(2, 2)), by_hand=True),
    Danger("A10 E", "MOAA/S 1 or less", ("A10",), "emergency", 0, once(moaas=(0, 1)), by_hand=True),
    Danger("S10", "distress", ("A11",), "high", 0, once(diss=(4, 4)), by_hand=True),
    Danger("S10v", "distress, pulling at lines", ("A11",), "emergency", 0, in_turn({"diss": 4}, {"violent": 1}), by_hand=True),
    Danger("S11", "vomiting with MOAA/S 3, in either order", ("A12",), "high", 0,
           in_turn({"vomiting": 1}, {"moaas": 3}), by_hand=True),
    Danger("A12 E", "aspiration", ("A12-aspiration",), "emergency", 0, once(aspiration=(1, 1)), by_hand=True),
    Danger("A13 H", "chest pain", ("A13-chest-pain",), "high", 0, once(chest=(1, 1)), by_hand=True),
    Danger("A13 E", "seizure", ("A13-seizure",), "emergency", 0, once(seizure=(1, 1)), by_hand=True),
    Danger("A13 a", "anaphylaxis", ("A13-anaphylaxis",), "emergency", 0, once(anaphylaxis=(1, 1)), by_hand=True),
    Danger("S15", "the pump runs over its order by more than 5 %", ("A15-rate",), "high", 0, once(rate=(55, 200)), more=PUMP),
    Danger("S15v", "more was given than ordered", ("A15-volume",), "high", 0, once(volume=(37, 60)), more=PUMP),
    Danger("A15 E", "free flow", ("A15-free-flow",), "emergency", 0, once(flow=(1, 1)), more=PUMP),
    Danger("A15 o", "occlusion", ("A15-occlusion",), "medium", 0, once(occlusion=(1, 1)), more=PUMP),
    Danger("A16b", "asystole on the ECG while the pulse beats", ("A16b",), "medium", 11, stream(12, hr=(0, 34), pulse=(60, 90))),
    Danger("A16b c", "and nobody answers for 30 s: clinical", ("A16b",), "high", 41, stream(42, hr=(0, 34), pulse=(60, 90))),
    Danger("A16b A6", "and then the heart rate itself is told", ("A6",), "emergency", 41, stream(42, hr=(0, 34), pulse=(60, 90))),
    Danger("A16b p", "and the pulse is lost too: clinical at once", ("A6",), "emergency", 0,
           stream(2, hr=(0, 34), pulse=(0, 34))),
)  # fmt: skip
