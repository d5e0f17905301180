"""The flight recorder plays a session as it was played live, whatever came late, was answered or lapsed."""

import copy
import json
from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.monitoring import tables
from services.monitoring.rules.comparison import alarms, compare
from services.monitoring.rules.conditions import Conditions
from services.monitoring.rules.engine import Engine
from services.monitoring.rules.inputs import Answered, Input, Reading, Setting, to_json
from services.monitoring.rules.recorder import Arrival, Logged, arrivals, missing, rehearse, replay, until
from services.monitoring.rules.signals import Fact, lapse
from services.monitoring.rules.watch import History, Watch, answer, take
from tests.unit.monitoring.test_orders import BOUND, FAST, START, courses
from tests.unit.monitoring.watched import CODES

ENGINE = tables.engine()


class Live:
    """A session as monitoring plays it: its log is kept as rows, and every checkpoint is the last that could be."""

    def __init__(self) -> None:
        self.watch, self.rows, self.log = Watch(), [], []  # type: tuple[Watch, list[Logged], list[Input]]
        self.checkpoints: list[tuple[float, int, Conditions]] = []
        self.facts: list[tuple[float, Fact]] = []
        self.states: list[tuple[float, str]] = []
        self.now = 0.0

    def take(self, inputs: Sequence[Input], now: float, to: float | None = None) -> None:
        history = self.history(inputs)
        self.kept(now, take(ENGINE, self.watch, inputs, now, history=history, until=to), inputs)
        if to is not None:
            self.rows.append(Logged(self.watch.applied, now, None, "Until", to, {}))

    def answer(self, cause: str, now: float) -> None:
        priority = self.watch.signals[cause].open or "high"
        history = self.history([Answered(now, cause)])
        self.kept(now, answer(ENGINE, self.watch, cause, priority, now, history=history), [Answered(now, cause)])
        said = {"cause": cause, "priority": priority, "by": "nurse-1"}
        self.rows.append(Logged(self.watch.applied, now, None, "Acknowledged", now, said))

    def lapse(self, cause: str, now: float) -> None:
        self.watch.applied += 1
        lapse(self.watch.signals[cause])
        self.rows.append(Logged(self.watch.applied, now, None, "Lapsed", now, {"cause": cause}))
        self.kept(now, [], [])

    def history(self, inputs: Sequence[Input]) -> History | None:
        late = [one.at for one in inputs if self.watch.is_late(one)]
        if not late:
            return None
        self.checkpoints = [one for one in self.checkpoints if one[0] < min(late)]
        _, count, state = self.checkpoints[-1] if self.checkpoints else (0.0, 0, Conditions())
        return History(state, tuple(self.log[count:]))

    def kept(self, now: float, facts: Sequence[Fact], inputs: Sequence[Input]) -> None:
        applied = self.watch.applied
        for one in inputs:
            if isinstance(one, Reading):
                self.rows.append(Logged(applied, now, one))
            else:
                self.rows.append(Logged(applied, now, None, type(one).__name__, one.at, json.loads(json.dumps(to_json(one)))))
        self.log += inputs
        self.facts += [(now, fact) for fact in facts]
        at = max(self.watch.conditions.place[0], self.watch.conditions.ticked)
        self.checkpoints = [one for one in self.checkpoints if one[0] != at]
        self.checkpoints.append((at, len(self.log), copy.deepcopy(self.watch.conditions)))
        self.states.append((now, shown(self.watch)))

    def clock(self, to: float) -> None:
        while (due := self.watch.next_due()) <= to:
            self.take([], due, due)
        self.now = to


def shown(watch: Watch) -> str:
    """What is known, whatever the order it was written in."""
    kept = watch.to_json()
    return json.dumps({name: kept[name] for name in ("conditions", "signals", "applied")}, sort_keys=True)


def told(facts: Sequence[tuple[float, Fact]]) -> list[tuple[object, ...]]:
    """What is said of facts; whose condition was the last of a cause to end is said to nobody."""
    named = ("raised", "priority")
    return sorted(
        (
            at,
            f.cause,
            f.what,
            f.alarm if f.what in named else "",
            f.priority,
            f.previous or "",
            f.at,
            f.confirmed,
            f.late,
            f.detail,
        )
        for at, f in facts
    )


@st.composite
def lives(draw: st.DrawFn) -> Live:
    """A random course, with readings that come late and in bursts, answers, lapses, and changes of the session."""
    readings = draw(courses())
    delays = draw(st.lists(st.sampled_from([0.0, 0.0, 0.0, 4.0, 12.5, BOUND]), min_size=len(readings), max_size=len(readings)))
    live = Live()
    live.take([START], 0.0)
    coming = sorted((one.at + delay, number, one) for number, (one, delay) in enumerate(zip(readings, delays, strict=True)))
    while coming:
        now = coming[0][0]
        burst = [one for at, _, one in coming if at == now]
        coming = coming[len(burst) :]
        live.clock(now)
        live.take(burst, now)
        waiting = sorted(cause for cause, signal in live.watch.signals.items() if signal.open is not None)
        chance = draw(st.integers(0, 30))
        if chance < 5 and waiting:
            live.answer(draw(st.sampled_from(waiting)), now + 0.25)
        elif chance == 5 and waiting:
            live.lapse(draw(st.sampled_from(waiting)), now + 0.25)
        elif chance == 6:
            live.take([Setting(now, draw(st.sampled_from(["infusion", "recovery"])), START.baseline)], now + 0.25)
    live.clock(readings[-1].at + 2 * BOUND)
    live.take([Setting(live.now, None, START.baseline)], live.now)
    return live


@settings(max_examples=200, deadline=None, phases=FAST, suppress_health_check=[HealthCheck.too_slow])
@given(lives())
def test_the_whole_log_gives_what_people_were_told_and_the_watch_as_it_is_kept(live: Live) -> None:
    log = arrivals(live.rows)
    assert missing(log, live.watch.applied) == []
    watch, heard = replay(ENGINE, log)
    assert told([(one.at, one.fact) for one in heard]) == told(live.facts)
    assert shown(watch) == shown(live.watch)


@settings(max_examples=80, deadline=None, phases=FAST, suppress_health_check=[HealthCheck.too_slow])
@given(lives(), st.data())
def test_at_any_instant_it_knows_what_was_known_then(live: Live, data: st.DataObject) -> None:
    log = arrivals(live.rows)
    instant = data.draw(st.floats(0, live.now, allow_nan=False))
    known = [state for at, state in live.states if at <= instant]
    watch, heard = replay(ENGINE, until(log, instant))
    assert shown(watch) == (known[-1] if known else shown(Watch()))
    assert told([(one.at, one.fact) for one in heard]) == told([one for one in live.facts if one[0] <= instant])


@settings(max_examples=80, deadline=None, phases=FAST, suppress_health_check=[HealthCheck.too_slow])
@given(lives())
def test_the_same_limits_differ_in_nothing(live: Live) -> None:
    log = arrivals(live.rows)
    once, again = alarms(rehearse(ENGINE, log)), alarms(rehearse(Engine(tables.alarm_limits(), tables.news2()), log))
    assert {one.kind for one in compare(once, again)} <= {"same"}


def log_of(readings: Sequence[Reading]) -> list[Arrival]:
    """Each reading as it was measured, from the start to the end of the watch."""
    end = Setting(readings[-1].at + 1, None)
    return [Arrival(number, one.at, [one]) for number, one in enumerate([START, *readings, end], start=1)]


def changed(alarm: str, priority: str, **marks: object) -> Engine:
    """The limits with one row changed."""
    kept = tables.alarm_limits()
    rows = tuple(row.model_copy(update=marks) if (row.alarm, row.priority) == (alarm, priority) else row for row in kept.limit)
    return Engine(kept.model_copy(update={"limit": rows, "version": "2099-01-01"}), tables.news2())


def kinds(before: Engine, after: Engine, log: Sequence[Arrival]) -> list[tuple[str, str]]:
    return [(one.cause, one.kind) for one in compare(alarms(rehearse(before, log)), alarms(rehearse(after, log)))]


@pytest.mark.parametrize(
    ("marks", "kind"),
    [
        ({"below": 60.0}, "lost"),
        ({"delay_seconds": 40.0}, "later"),
        ({"delay_seconds": 5.0}, "sooner"),
    ],
)
def test_other_limits_are_told_apart(marks: dict[str, float], kind: str) -> None:
    low = [Reading(float(at), "m1", {CODES["spo2"]: 88.0}) for at in range(1, 60)]
    back = [Reading(float(at), "m1", {CODES["spo2"]: 98.0}) for at in range(60, 100)]
    quiet = [row.priority for row in tables.alarm_limits().limit if row.alarm == "A7" and row.priority != "high"]
    before, after = ENGINE, changed("A7", "high", **marks)
    for other in quiet:
        before, after = off(before, other), off(after, other)
    assert kinds(before, after, log_of([*low, *back])) == [("A7", kind)]
    if kind == "lost":
        assert kinds(after, before, log_of([*low, *back])) == [("A7", "gained")]


def off(engine: Engine, priority: str) -> Engine:
    """Without a priority of the saturation's alarm."""
    rows = tuple(row for row in engine.limits.limit if (row.alarm, row.priority) != ("A7", priority))
    return Engine(engine.limits.model_copy(update={"limit": rows}), tables.news2())


def test_a_deadline_that_only_the_other_limits_have_passes_at_its_time() -> None:
    readings = [Reading(float(at), "m1", {CODES["hr"]: 70.0, CODES["spo2"]: 98.0}) for at in (*range(1, 20), *range(80, 100))]
    kept = tables.alarm_limits()
    shorter = kept.model_copy(update={"technical": kept.technical.model_copy(update={"data_gap_seconds": 45.0})})
    [found] = compare(
        alarms(rehearse(ENGINE, log_of(readings))), alarms(rehearse(Engine(shorter, tables.news2()), log_of(readings)))
    )
    assert (found.kind, found.cause) == ("gained", "A16")
    assert found.after is not None
    assert found.after.raised == 19 + 45


def test_a_log_with_a_hole_says_so() -> None:
    log = log_of([Reading(1.0, "m1", {CODES["hr"]: 70.0})])
    assert missing([log[0], log[2]], 3) == [2]
