"""The flight recorder: a session's log, played again as it was played live, up to any arrival, under any limits.

A log is what was taken in, in the order of arrival: readings and notes carry the number of their arrival (`applied`) and its
instant. `Player.play` does what monitoring did then, so the whole log gives the facts people were told and the watch as it is
stored. `rehearse` plays it with a clock of its own: other limits have other deadlines than those that passed live.
"""

import copy
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from schemas.monitoring.alarms import Priority
from services.monitoring.rules.conditions import Conditions
from services.monitoring.rules.engine import Engine
from services.monitoring.rules.inputs import Answered, Input, Reading, from_json
from services.monitoring.rules.signals import Fact, lapse
from services.monitoring.rules.watch import History, Watch, answer, take

INPUTS = ("Setting", "Answered", "Released")
CHECKPOINT_EVERY = 30.0
"""Seconds of measured time between the instants a late input may begin again from. They change nothing but the time it takes."""
UNDER_WAY = 2.0
"""Seconds for which a rehearsal waits with a deadline for what may be under way, as the live clock waits until all is read."""


class Logged(NamedTuple):
    """A reading or a note of the log. Instants are seconds since the epoch."""

    applied: int
    taken: float
    """When it was taken in."""
    what: Reading | None
    kind: str = ""
    """Of a note: an input's, or Until, Acknowledged, Lapsed."""
    at: float = 0.0
    body: Mapping[str, Any] = {}


class Answer(NamedTuple):
    """Somebody answered the alarm of a cause, at a priority."""

    cause: str
    priority: Priority
    by: str


@dataclass(slots=True)
class Arrival:
    """What came together, and was taken in as one step."""

    applied: int
    at: float
    inputs: list[Input] = field(default_factory=list)
    until: float | None = None
    """Deadlines up to here passed."""
    answer: Answer | None = None
    lapsed: str | None = None
    """The cause whose answer became too old."""


class Heard(NamedTuple):
    """What people were told, and when."""

    at: float
    fact: Fact


def arrivals(log: Iterable[Logged]) -> list[Arrival]:
    """The log by arrival, in the order of arrival."""
    found: dict[int, Arrival] = {}
    for one in log:
        arrival = found.setdefault(one.applied, Arrival(one.applied, one.taken))
        if one.what is not None:
            arrival.inputs.append(one.what)
        elif one.kind in INPUTS:
            arrival.inputs.append(from_json(one.kind, one.at, one.body))
        elif one.kind == "Until":
            arrival.until = one.at
        elif one.kind == "Acknowledged":
            arrival.answer = Answer(one.body["cause"], one.body["priority"], one.body["by"])
        elif one.kind == "Lapsed":
            arrival.lapsed = one.body["cause"]
    return [found[applied] for applied in sorted(found)]


def missing(found: Sequence[Arrival], applied: int) -> list[int]:
    """Arrivals that the log should hold, and does not: what is played without them is not what was."""
    return sorted(set(range(1, applied + 1)) - {arrival.applied for arrival in found})


def until(found: Sequence[Arrival], instant: float) -> Sequence[Arrival]:
    """What had been taken in by an instant: everything before the first arrival that came after it."""
    count = next((number for number, arrival in enumerate(found) if arrival.at > instant), len(found))
    return found[:count]


class Player:
    """Plays arrivals one after the other."""

    def __init__(self, engine: Engine) -> None:
        self.watch = Watch()
        self._engine = engine
        self._log: list[Input] = []
        self._checkpoints: list[tuple[float, int, Conditions]] = []

    def play(self, arrival: Arrival) -> list[Heard]:
        """One arrival, as monitoring took it in. Returns what people were told at its instant."""
        if arrival.lapsed is not None:
            self.watch.applied += 1
            if (signal := self.watch.signals.get(arrival.lapsed)) is not None:
                lapse(signal)
            return []
        history = self._history(arrival.inputs)
        if arrival.answer is not None:
            cause, priority, _ = arrival.answer
            facts = answer(self._engine, self.watch, cause, priority, arrival.at, history=history)
        else:
            facts = take(self._engine, self.watch, arrival.inputs, arrival.at, history=history, until=arrival.until)
        self._log += arrival.inputs
        self._save()
        return [Heard(arrival.at, fact) for fact in facts]

    def wait(self, to: float) -> list[Heard]:
        """Nothing comes until an instant: deadlines pass, each at its time."""
        heard: list[Heard] = []
        while (due := self.watch.next_due()) <= to:
            facts = take(self._engine, self.watch, [], due, until=due)
            heard += [Heard(due, fact) for fact in facts]
        return heard

    def _history(self, inputs: Sequence[Input]) -> History | None:
        late = [one.at for one in inputs if self.watch.is_late(one)]
        if not late:
            return None
        while self._checkpoints and self._checkpoints[-1][0] >= min(late):
            self._checkpoints.pop()
        self.watch.saved = 0.0
        _, count, conditions = self._checkpoints[-1] if self._checkpoints else (0.0, 0, Conditions())
        return History(conditions, self._log[count:])

    def _save(self) -> None:
        at = max(self.watch.conditions.place[0], self.watch.conditions.ticked)
        if self.watch.conditions.stage is not None and at - self.watch.saved >= CHECKPOINT_EVERY:
            self.watch.saved = at
            self._checkpoints.append((at, len(self._log), copy.deepcopy(self.watch.conditions)))


def replay(engine: Engine, found: Iterable[Arrival]) -> tuple[Watch, list[Heard]]:
    """The watch after these arrivals, and all that people were told."""
    player = Player(engine)
    heard = [one for arrival in found for one in player.play(arrival)]
    return player.watch, heard


def rehearse(engine: Engine, found: Iterable[Arrival]) -> list[Heard]:
    """What people would have been told under these limits, had they answered as they did."""
    player = Player(engine)
    heard: list[Heard] = []
    for arrival in found:
        heard += player.wait(arrival.at - UNDER_WAY)
        known = arrival.answer is None or arrival.answer.cause in player.watch.signals
        inputs = [one for one in arrival.inputs if known or not isinstance(one, Answered)]
        heard += player.play(
            Arrival(arrival.applied, arrival.at, inputs, arrival.at, arrival.answer if known else None, arrival.lapsed)
        )
    return heard
