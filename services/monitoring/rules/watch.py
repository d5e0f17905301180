"""A session under watch: its conditions, folded in the order of measurement, and its alarms, told in the order of arrival.

`take` is the whole engine's step. An input that comes after later ones were folded is late: the conditions are folded again from
a checkpoint, with it in its place. What the second course has that the first had not is told now; what people were told is never
taken back, and ends as everything ends.
"""

import copy
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from schemas.monitoring.alarms import Priority
from services.monitoring.rules import signals
from services.monitoring.rules.conditions import Conditions, Turn
from services.monitoring.rules.engine import Engine
from services.monitoring.rules.inputs import Answered, Input, Place
from services.monitoring.rules.limits import LATCHING, ORDER, RANK
from services.monitoring.rules.signals import Fact, Signal, Standing


@dataclass(frozen=True)
class History:
    """What was taken in since a checkpoint, in any order, without what is late now."""

    checkpoint: Conditions
    inputs: Sequence[Input]


@dataclass(slots=True)
class Watch:
    """What is remembered of a session's watch; stored as JSON with the session."""

    conditions: Conditions = field(default_factory=Conditions)
    signals: dict[str, Signal] = field(default_factory=dict)
    applied: int = 0
    """How often something was taken in: the order of arrival, which the flight recorder plays again."""
    armed: float | None = None
    """For when the timer is armed that lets deadlines pass."""
    saved: float = 0.0
    """When the last checkpoint was written."""
    behind: dict[str, float] = field(default_factory=dict)
    """How many seconds after its measurement each device's last reading came."""

    def is_late(self, given: Input) -> bool:
        """Were inputs of a later place folded, or deadlines passed, before this one came."""
        return given.place < self.conditions.place or given.at <= self.conditions.ticked

    def next_due(self) -> float:
        """When the clock alone may change something."""
        held = [signal.held_until for signal in self.signals.values() if signal.held_until is not None and not signal.on]
        return min([self.conditions.next_due, *held])

    def to_json(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "conditions": self.conditions.to_json(),
            "signals": {cause: signal.to_json() for cause, signal in self.signals.items()},
            "applied": self.applied,
            "armed": self.armed,
            "saved": self.saved,
            "behind": self.behind,
        }

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> "Watch":
        """From JSON values; an empty object is a session nobody watches yet."""
        if "conditions" not in kept:
            return cls()
        told = {cause: Signal.from_json(one) for cause, one in kept["signals"].items()}
        return cls(Conditions.from_json(kept["conditions"]), told, kept["applied"], kept["armed"], kept["saved"], kept["behind"])


def take(
    engine: Engine,
    watch: Watch,
    inputs: Sequence[Input],
    now: float,
    *,
    history: History | None = None,
    until: float | None = None,
) -> list[Fact]:
    """Take inputs in that arrived together at `now`, let deadlines up to `until` pass, and say what people are told.

    With a late input among them the history since a checkpoint before it is needed. Raises ValueError without.
    """
    watch.applied += 1
    given = sorted(inputs, key=_place)
    if any(watch.is_late(one) for one in given):
        if history is None:
            raise ValueError("a late input needs its history")
        return _fold_again(engine, watch, given, now, history, until)
    turns = engine.fold(watch.conditions, given, until)
    facts = [fact for _, together in groupby(turns, _at) for fact in _tell(engine, watch, list(together), now)]
    return facts + _release(engine, watch, now)


def answer(
    engine: Engine, watch: Watch, cause: str, priority: Priority, now: float, *, history: History | None = None
) -> list[Fact]:
    """Somebody answered a cause's alarm at a priority."""
    facts = take(engine, watch, [Answered(now, cause)], now, history=history)
    signal = watch.signals.get(cause)
    return facts if signal is None else facts + signals.acknowledge(cause, signal, priority, now, engine.limits.chatter)


def _place(given: Input) -> Place:
    return given.place


def _at(turn: Turn) -> float:
    return turn.at


def _tell(engine: Engine, watch: Watch, together: Sequence[Turn], now: float) -> list[Fact]:
    """What people are told of conditions that turned at one instant: of each cause once, the worst."""
    late = _is_late(engine, together[0].at, now)
    last: dict[str, Turn] = {}
    for turn in together:
        cause = engine.cause(turn.alarm)
        last[cause] = turn
        standing = watch.signals.setdefault(cause, Signal()).standing
        if turn.after is None:
            standing.pop(turn.alarm, None)
        else:
            standing[turn.alarm] = Standing(turn.after, turn.at, turn.confirmed, turn.detail)
    facts: list[Fact] = []
    for cause in _touched(engine, watch, last):
        turn = last.get(cause, together[0])
        shown = _capped(engine, watch, cause)
        artefact = any(one.artefact for one in together if engine.cause(one.alarm) == cause)
        facts += signals.show(cause, shown, now, engine.limits.chatter, alarm=turn.alarm, artefact=artefact, late=late)
    return facts


def _is_late(engine: Engine, at: float, now: float) -> bool:
    """Is what was complete at an instant told later than it should be."""
    return now - at > engine.limits.time.late_seconds


def _touched(engine: Engine, watch: Watch, causes: Collection[str]) -> list[str]:
    """The causes themselves, and backstops, whose priority depends on what else stands."""
    backstops = {engine.cause(alarm) for alarm, row in engine.alarm.items() if row.backstop}
    return [*causes, *(other for other in sorted(backstops) if other not in causes and other in watch.signals)]


def _capped(engine: Engine, watch: Watch, cause: str) -> Signal:
    """A backstop is never the only reason of a page: it stands no higher than the worst of the others, an advisory at least."""
    signal = watch.signals[cause]
    if not any((row := engine.alarm.get(alarm)) is not None and row.backstop for alarm in signal.standing):
        return signal
    others = [
        RANK[one.priority]
        for other, told in watch.signals.items()
        if other != cause
        for alarm, one in told.standing.items()
        if (row := engine.alarm.get(alarm)) is not None and row.kind == "physiological"
    ]
    most = max(others, default=0)
    for alarm, one in signal.standing.items():
        full = watch.conditions.by[alarm].on if alarm in watch.conditions.by else one.priority
        rank = min(RANK[full] if full else 0, most)
        signal.standing[alarm] = one._replace(priority=ORDER[rank])
    return signal


def _release(engine: Engine, watch: Watch, now: float) -> list[Fact]:
    """Alarms that were held open because they came and went, and whose time is over."""
    facts: list[Fact] = []
    for cause, signal in watch.signals.items():
        if signal.held_until is not None and not signal.on and now >= signal.held_until:
            facts += signals.show(cause, signal, now, engine.limits.chatter)
    return facts


def _fold_again(
    engine: Engine, watch: Watch, late: Sequence[Input], now: float, history: History, until: float | None
) -> list[Fact]:
    start, ticked = history.checkpoint, watch.conditions.ticked
    first, second = copy.deepcopy(start), copy.deepcopy(start)
    before = _courses(engine.fold(first, sorted(history.inputs, key=_place), ticked), start)
    after = _courses(engine.fold(second, sorted([*history.inputs, *late], key=_place), max(ticked, until or 0.0)), start)
    watch.conditions = second
    chatter = engine.limits.chatter
    facts: list[Fact] = []
    for course in after:
        if course.priority in LATCHING and not any(course.covered_by(other) for other in before):
            cause = engine.cause(course.alarm)
            signal = watch.signals.setdefault(cause, Signal())
            if signal.open is None or RANK[course.priority] > RANK[signal.open]:
                standing = Standing(course.priority, course.begin, course.confirmed, course.detail)
                late_one = _is_late(engine, course.begin, now)
                facts += signals.rise(cause, signal, course.alarm, standing, now, chatter, late=late_one)
    stands = {alarm: kept for alarm, kept in second.by.items() if kept.on is not None}
    for alarm in stands:
        watch.signals.setdefault(engine.cause(alarm), Signal())
    for cause, signal in watch.signals.items():
        signal.standing = {
            alarm: Standing(kept.on, kept.at, kept.confirmed, kept.detail)
            for alarm, kept in stands.items()
            if engine.cause(alarm) == cause and kept.on is not None
        }
    for cause in list(watch.signals):
        lead = next((turn.alarm for turn in after if engine.cause(turn.alarm) == cause), "")
        worst = watch.signals[cause].worst()
        late_one = worst is not None and _is_late(engine, worst[1].at, now)
        facts += signals.show(cause, _capped(engine, watch, cause), now, chatter, alarm=lead, late=late_one)
    return facts + _release(engine, watch, now)


@dataclass(frozen=True, slots=True)
class _Course:
    """A condition at one priority, from and until."""

    alarm: str
    priority: Priority
    begin: float
    end: float
    confirmed: bool
    detail: str

    def covered_by(self, other: "_Course") -> bool:
        """Was the same told, or worse, for a time that meets this one."""
        return (
            other.alarm == self.alarm
            and RANK[other.priority] >= RANK[self.priority]
            and other.begin <= self.end
            and self.begin <= other.end
        )


def _courses(turns: Sequence[Turn], start: Conditions) -> list[_Course]:
    """What stood and when: conditions of the checkpoint and the turns since, as intervals."""
    running: dict[str, tuple[Priority, float, bool, str]] = {
        alarm: (kept.on, kept.at, kept.confirmed, kept.detail) for alarm, kept in start.by.items() if kept.on is not None
    }
    found: list[_Course] = []
    for turn in turns:
        if (was := running.pop(turn.alarm, None)) is not None:
            found.append(_Course(turn.alarm, was[0], was[1], turn.at, was[2], was[3]))
        if turn.after is not None:
            running[turn.alarm] = (turn.after, turn.at, turn.confirmed, turn.detail)
    end = float("inf")
    return found + [_Course(alarm, p, at, end, confirmed, detail) for alarm, (p, at, confirmed, detail) in running.items()]


def judged(at: float, watch: Watch) -> bool:
    """Is an instant of measurement of the time of the watch. What was measured before it is kept and not judged."""
    return watch.conditions.stage is not None and at >= watch.conditions.begun
