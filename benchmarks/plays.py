"""Dangers played over random people, noise and phase: is each one told, in time, at its priority.

What is measured is the engine, from the arrival of a reading on.
"""

from dataclasses import dataclass
from random import Random
from typing import Any

from benchmarks.dangers import CO2, DIA, HR, PULSE, RR, SPO2, SYS, Danger, Values
from benchmarks.load import seated
from benchmarks.samples import INFUSION
from benchmarks.tape import EPOCH
from chairside.simulator.body import Body, Course, drawn, reading
from chairside.simulator.presets import Presets, Vital
from schemas.monitoring.alarms import Priority
from services.monitoring import tables
from services.monitoring.rules.inputs import Input, Reading, Setting
from services.monitoring.rules.limits import RANK
from services.monitoring.rules.watch import Watch, take

CALM: dict[str, Vital] = {HR: "heart_rate", SPO2: "spo2", RR: "respirations"}


@dataclass(frozen=True)
class Outcome:
    """What came of one play of a danger."""

    seed: str
    told_after: float | None
    priority: Priority | None
    """The first that was high enough; None where there was none in time."""

    def right(self, danger: Danger) -> bool:
        """Told in time, at the priority of the danger."""
        return self.priority == danger.priority


def plays(danger: Danger, table: Presets, number: int, seed: int) -> Outcome:
    """One play of a danger: a random person, watched calmly for a while, to whom it happens."""
    name = f"{seed} {danger.id} {number}"
    random = Random(name)
    person, baseline = _person(table, random)
    known = {SYS: baseline[0], DIA: baseline[1]} | dict(danger.more)
    course = Course(table.shape, INFUSION, random.uniform(0, 39), random.random())
    begins = EPOCH + random.uniform(30, 60)  # later than the first of two observations can lie before it
    inputs: list[Input] = [Setting(EPOCH, "infusion", known)]
    at = EPOCH + random.uniform(0.1, 1)
    pulse = any(PULSE in values for _, values in danger.play(Random(0)))
    while at < begins - 0.5:
        inputs.append(Reading(at, "monitor", _calm(person, course, random, pulse=pulse)))
        at += 1
    heard, said = at - 1, list(danger.play(random))
    ends = begins + danger.within
    device = "nurse" if danger.by_hand else "pump" if danger.more else "monitor"
    for after, values in said:
        calm = _calm(person, course, random, pulse=False) if danger.calm and device == "monitor" and _streamed(values) else {}
        given: Any = dict(sorted((calm | values).items()))
        inputs.append(Reading(begins + after, device, given, danger.continuous, danger.by_hand))
    if danger.calm and not (device == "monitor" and any(_streamed(values) for _, values in said)):
        while at < ends + 2:
            inputs.append(Reading(at, "monitor", _calm(person, course, random, pulse=False)))
            at += 1
    since = begins if said else heard
    return _watched(danger, inputs, since, name)


def _streamed(values: Values) -> bool:
    return any(code in (*CALM, PULSE, CO2) for code in values)


def _watched(danger: Danger, inputs: list[Input], since: float, name: str) -> Outcome:
    engine, watch = tables.engine(), Watch()
    until = since + danger.within
    told: list[tuple[float, Priority, str]] = []

    def pass_deadlines(to: float) -> None:
        while (due := watch.next_due()) <= to:
            note(due, take(engine, watch, [], due, until=due))

    def note(now: float, facts: Any) -> None:
        told.extend((now, fact.priority, fact.alarm) for fact in facts if fact.what in ("raised", "priority"))

    for given in sorted(inputs, key=lambda one: one.place):
        if given.at > until + 1e-6:
            break
        pass_deadlines(given.at - 1e-6)
        note(given.at, take(engine, watch, [given], given.at))
    pass_deadlines(until)
    for now, priority, alarm in told:
        if alarm in danger.alarms and now >= since - 1e-6 and RANK[priority] >= RANK[danger.priority]:
            return Outcome(name, now - since, priority)
    return Outcome(name, None, None)


def _person(table: Presets, random: Random) -> tuple[Body, tuple[float, float]]:
    while True:
        body = drawn(table.preset[random.randrange(len(table.preset))], table, random)
        if (baseline := seated(body, table, random)) is not None:
            return body, baseline


def _calm(body: Body, course: Course, random: Random, *, pulse: bool) -> Values:
    values: Values = {code: reading(body, course, vital, random) for code, vital in CALM.items()}
    if pulse:
        values[PULSE] = values[HR]
    return dict(sorted(values.items()))
