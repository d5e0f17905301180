"""Habits: how simulated people and devices behave, as rows with their sources, and what a nurse does about an alarm. Pure."""

from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Literal

from chairside.simulator.presets import DATA
from kit.tables import Row, Table, read_table
from schemas.monitoring.alarms import Priority

Move = Literal["slow", "pause", "stop"]
GENTLE_FIRST: tuple[Move, ...] = ("slow", "pause", "stop")


class Cuff(Row):
    """When a monitor takes a blood pressure."""

    first_minutes: float
    infusion_minutes: float
    infusion_minutes_if_raised: float
    raised_systolic: float
    raised_diastolic: float
    recovery_minutes: float
    repeat_seconds: float
    again_minutes: float


class RepeatIf(Row):
    """Which pressures are measured again soon."""

    systolic_from: float
    diastolic_from: float
    systolic_below: float
    rise_percent: float
    fall_percent: float


class Start(Row):
    """How a nurse prepares an infusion."""

    readings: int
    apart_minutes: float
    rest_minutes: float
    tries: int
    attests: tuple[str, ...]


class Slowing(Row):
    """How a nurse goes on after slowing or pausing."""

    percent: int
    quiet_readings: int
    quiet_systolic: float
    quiet_diastolic: float
    longest_pause_minutes: float
    most_pauses: int


class Discharge(Row):
    """How a nurse sends somebody home."""

    recovery_minutes: float
    score_minutes: float
    again_minutes: float
    longest_minutes: float
    aldrete: tuple[str, ...]
    padss: tuple[str, ...]
    attests: tuple[str, ...]


class Looks(Row):
    """How often a nurse looks at somebody, and asks for pain and nausea."""

    look_minutes: float
    look_recovery_minutes: float
    ask_minutes: float
    ask_recovery_minutes: float


class Drawing(Row):
    """Vials, and how much more than the dose is drawn up."""

    mg_per_ml: float
    vial_ml: float
    spare_percent: float


class Device(Row):
    """How often a monitor samples and sends."""

    sample_seconds: float
    send_seconds: float


class Answering(Row):
    """How likely, and how soon, somebody answers a page."""

    percent: float
    high_seconds: tuple[float, float]
    medium_seconds: tuple[float, float]


class Reaction(Row):
    """What a nurse does to the infusion about an alarm."""

    alarm: str
    priority: Priority
    move: Move


class Habits(Table):
    """All habits."""

    cuff: Cuff
    repeat_if: RepeatIf
    start: Start
    slowing: Slowing
    discharge: Discharge
    rounds: Looks
    drawing: Drawing
    device: Device
    answering: Answering
    reaction: tuple[Reaction, ...]

    def move_for(self, alarms: list[tuple[str, Priority]]) -> Move | None:
        """The strongest move that open alarms (code, priority) ask for."""
        asked = {row.move for row in self.reaction if (row.alarm, row.priority) in alarms}
        return max(asked, key=GENTLE_FIRST.index, default=None)

    def answers_after(self, priority: Priority, random: Random, *, surely: bool = False) -> float | None:
        """Seconds until somebody answers a page; None when they do not."""
        if not surely and random.random() * 100 >= self.answering.percent:
            return None
        return random.uniform(*(self.answering.medium_seconds if priority in ("low", "medium") else self.answering.high_seconds))


@dataclass(frozen=True)
class CuffReading:
    """A blood pressure, and when it was taken, in minutes of the clinic's time."""

    minute: float
    systolic: float
    diastolic: float


def next_cuff(
    habits: Habits, taken: list[CuffReading], baseline: tuple[float, float] | None, started: float | None, ended: float | None
) -> float:
    """The minute of the next blood pressure, from those taken since the start and when the infusion began and ended."""
    cuff = habits.cuff
    last = taken[-1] if taken else None
    if last is None or started is None:
        return (started or 0.0) + cuff.first_minutes
    if not_quiet(habits.repeat_if, last, baseline):
        repeated = len(taken) > 1 and not_quiet(habits.repeat_if, taken[-2], baseline)
        return last.minute + (cuff.again_minutes if repeated else cuff.repeat_seconds / 60)
    if ended is not None:
        return last.minute + cuff.recovery_minutes
    recent = [reading for reading in taken if last.minute - reading.minute <= habits.slowing.quiet_readings * cuff.again_minutes]
    if any(not_quiet(habits.repeat_if, reading, baseline) for reading in recent):
        return last.minute + cuff.again_minutes
    raised = baseline is not None and (baseline[0] >= cuff.raised_systolic or baseline[1] >= cuff.raised_diastolic)
    return last.minute + (cuff.infusion_minutes_if_raised if raised else cuff.infusion_minutes)


def not_quiet(rule: RepeatIf, reading: CuffReading, baseline: tuple[float, float] | None) -> bool:
    """Whether a pressure asks to be measured again soon."""
    if (
        reading.systolic >= rule.systolic_from
        or reading.diastolic >= rule.diastolic_from
        or reading.systolic < rule.systolic_below
    ):
        return True
    if baseline is None:
        return False
    return not (1 - rule.fall_percent / 100) <= reading.systolic / baseline[0] < 1 + rule.rise_percent / 100


def quiet(habits: Habits, taken: list[CuffReading], since: float, readings: int) -> bool:
    """Whether the last few pressures since a minute are low enough to go on."""
    rule = habits.slowing
    last = [reading for reading in taken if reading.minute > since][-readings:]
    return len(last) == readings and all(
        reading.systolic < rule.quiet_systolic and reading.diastolic < rule.quiet_diastolic for reading in last
    )


@cache
def habits() -> Habits:
    """The habits that came with this version. Raises TableRefused."""
    return read_table(DATA / "habits.toml", Habits)
