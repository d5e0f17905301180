"""The effect of an infusion over a session, and what a monitor samples of a body under it."""

import numpy as np

from benchmarks.crossings import Numbers
from chairside.simulator.body import LOWEST_HEART_RATE, Body, Course
from chairside.simulator.presets import Presets, Vital

INFUSION = 40.0
"""Minutes: clinical 3.1."""
STEP = 10.0
"""Seconds between the samples of heart rate, saturation and breaths: the coarsest at which every delay of the table is seen to
pass on a stream (the shortest is 10 s); around a dip there is one every second. Of 500 sessions sampled every second throughout
the pages were 0.132 a session-hour instead of 0.137; advisories without a delay were more (A6: 61, not 24), and so was what
delays suppressed (0.96, not 0.71 of what went beyond a limit)."""
LONGEST = 6 * 3600.0
"""Longer than any session: two pauses, half the rate, and three hours of recovery."""
STREAMED: tuple[Vital, ...] = ("heart_rate", "spo2", "respirations")


def undisturbed(table: Presets) -> Numbers:
    """The effect of a whole infusion at every STEP, on the simulator's own course."""
    course, levels = Course(table.shape, INFUSION), [0.0]
    for place in range(1, int(LONGEST / STEP)):
        course.run(STEP / 60, 100 if place * STEP <= INFUSION * 60 else 0)
        levels.append(course.level)
    return np.array(levels)


def changed(table: Presets, levels: Numbers, at: float, level: float, percent: float, left: float) -> Numbers:
    """The effect from second `at` on, where it has a level, at another rate; `left` are the seconds at the full rate to come."""
    course, after = Course(table.shape, INFUSION, at / 60, level), levels.copy()
    for place in range(int(at // STEP) + 1, len(after)):
        running = percent if left > 0 else 0.0
        course.run(STEP / 60, running)
        left -= STEP * percent / 100
        after[place] = course.level
        if course.level <= 0 and left <= 0:
            after[place:] = 0.0
            break
    return after


def sampled(body: Body, times: Numbers, levels: Numbers, random: np.random.Generator) -> dict[str, Numbers]:
    """What a monitor reads at these seconds, where the effect has these levels: the simulator's `reading`, many at once."""
    found: dict[str, Numbers] = {}
    for name in STREAMED:
        values = body.base[name] + body.rise[name] * levels
        if name == "spo2" and body.dip is not None:
            begin = body.dip.minute * 60
            values = values - body.dip.depth * ((begin <= times) & (times < begin + body.dip.lasts * 60))
        values = values + random.standard_normal(len(times)) * body.noise[name]
        if name == "spo2":
            values = np.minimum(100.0, values)
        if name == "heart_rate":
            values = np.maximum(LOWEST_HEART_RATE, values)
        found[name] = np.round(values)
    return found


def times_of(body: Body, phase: float) -> Numbers:
    """When a monitor samples, in seconds: every STEP, and every second from a minute before a dip to two minutes after."""
    times = np.arange(phase, LONGEST, STEP)
    if body.dip is None:
        return times
    begin, end = body.dip.minute * 60 - 60, (body.dip.minute + body.dip.lasts) * 60 + 120
    return np.union1d(times, np.arange(max(1.0, begin), end))
