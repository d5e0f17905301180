"""Whatever the order, the delay or the number of copies: the same conditions stand, and no high alarm is missed."""

import json
from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from services.monitoring import tables
from services.monitoring.rules.conditions import Conditions
from services.monitoring.rules.inputs import Reading, Setting
from services.monitoring.rules.limits import LATCHING, RANK
from services.monitoring.rules.watch import History, Watch, answer, take
from tests.unit.monitoring.watched import BASELINE, CODES, Watched

BOUND = 30.0
"""The lateness bound, in seconds (clinical 4.9)."""
FAST = (Phase.explicit, Phase.reuse, Phase.generate)
"""A failing course is shown as it was found: making it smaller takes minutes."""
ENGINE = tables.engine()
START = Setting(0.0, "infusion", {CODES[name]: value for name, value in BASELINE.items()})

values = {
    "hr": st.sampled_from([None, 0, 34, 38, 48, 54, 70, 112, 125, 135, 155]),
    "pulse": st.sampled_from([None, 0, 30, 70, 120]),
    "spo2": st.sampled_from([None, 80, 88, 91, 93, 95, 98]),
    "rr": st.sampled_from([0, 8, 10, 11, 14, 22, 26, 33]),
    "sys": st.sampled_from([65, 78, 95, 120, 146, 166, 182, 205]),
    "moaas": st.sampled_from([1, 2, 3, 4, 5]),
    "vomiting": st.sampled_from([0, 1]),
}


@st.composite
def courses(draw: st.DrawFn) -> list[Reading]:
    """A session as phases in which values are held, measured by two devices and by hand."""
    found: dict[tuple[float, str, str], Reading] = {}
    at = 1.0
    for _ in range(draw(st.integers(1, 4))):
        names = draw(st.lists(st.sampled_from(["hr", "pulse", "spo2", "rr"]), min_size=1, max_size=4, unique=True))
        held = {CODES[name]: draw(values[name]) for name in sorted(names, key=CODES.__getitem__)}
        device, step = draw(st.sampled_from(["a", "b"])), draw(st.sampled_from([1.0, 2.0, 5.0, 20.0]))
        for _ in range(draw(st.integers(1, 18))):
            one = Reading(at, device, held)
            found[one.place] = one
            at += step
        if draw(st.booleans()):
            name = draw(st.sampled_from(["sys", "moaas", "vomiting"]))
            one = Reading(at, "hand", {CODES.get(name, name): draw(values[name])}, by_hand=name != "sys")
            found[one.place] = one
            at += 1.0
    return sorted(found.values(), key=lambda one: one.place)


class Course:
    """One way in which the readings arrive, as monitoring takes them: copies are dropped, late ones folded again."""

    def __init__(self) -> None:
        self.watch, self.log, self.facts = Watch(), [], []  # type: tuple[Watch, list[Reading | Setting], list[tuple[float, Fact]]]
        self._take([START], 0.0)

    def _take(self, inputs: Sequence[Reading | Setting], now: float, until: float | None = None) -> None:
        late = any(self.watch.is_late(one) for one in inputs)
        history = History(Conditions(), tuple(self.log)) if late else None
        self.facts += [(now, fact) for fact in take(ENGINE, self.watch, inputs, now, history=history, until=until)]
        self.log += inputs

    def arrive(self, reading: Reading, now: float) -> None:
        """One reading comes at an instant; deadlines before it have passed."""
        self.clock(now)
        if reading not in self.log:
            self._take([reading], now)

    def clock(self, now: float) -> None:
        """The clock goes on."""
        while (due := self.watch.next_due()) <= now:
            self._take([], due, until=due)

    def crash(self) -> None:
        """The process dies; what it wrote is read again."""
        self.watch = Watch.from_json(json.loads(json.dumps(self.watch.to_json())))

    def conditions(self) -> dict[str, object]:
        """All that is remembered, but for which deadlines the clock let pass before it was told better."""
        return {name: value for name, value in self.watch.conditions.to_json().items() if name not in ("ticked", "next_due")}

    def stands(self) -> dict[str, str]:
        """The conditions that stand."""
        return {alarm: kept.on for alarm, kept in self.watch.conditions.by.items() if kept.on is not None}

    def worst(self) -> dict[str, int]:
        """The highest that was told of each cause."""
        found: dict[str, int] = {}
        for _, fact in self.facts:
            if fact.what in ("raised", "priority"):
                found[fact.cause] = max(found.get(fact.cause, -1), RANK[fact.priority])
        return found


def run(arrivals: Sequence[tuple[float, Reading]], end: float, *, crashes: frozenset[int] = frozenset()) -> Course:
    course = Course()
    for number, (now, reading) in enumerate(arrivals):
        course.arrive(reading, now)
        if number in crashes:
            course.crash()
    course.clock(end)
    return course


@settings(max_examples=150, deadline=None, phases=FAST, suppress_health_check=[HealthCheck.too_slow])
@given(courses(), st.data())
def test_any_order_within_the_bound_leads_to_the_same_conditions_and_no_high_alarm_is_missed(
    readings: list[Reading], data: st.DataObject
) -> None:
    delays = data.draw(st.lists(st.floats(0, BOUND), min_size=len(readings), max_size=len(readings)))
    copies = data.draw(st.lists(st.integers(1, 2), min_size=len(readings), max_size=len(readings)))
    shuffled = []
    for one, delay, often in zip(readings, delays, copies, strict=True):
        shuffled += [(one.at + delay * (copy + 1) / often, one) for copy in range(often)]
    shuffled.sort(key=lambda pair: pair[0])
    end = readings[-1].at + 2 * BOUND
    in_order = run([(one.at, one) for one in readings], end)
    any_order = run(shuffled, end)
    assert any_order.stands() == in_order.stands()
    told, should = any_order.worst(), in_order.worst()
    for cause, rank in should.items():
        if rank >= RANK["high"] and cause != "A14":
            assert told.get(cause, -1) >= rank, f"{cause} was not told as it should: {told}"


@settings(max_examples=80, deadline=None, phases=FAST, suppress_health_check=[HealthCheck.too_slow])
@given(courses(), st.data())
def test_readings_however_late_are_folded_as_if_they_had_come_in_time(readings: list[Reading], data: st.DataObject) -> None:
    order = data.draw(st.permutations(readings))
    end = readings[-1].at
    arrivals = [(end, one) for one in order]
    late, in_order = run(arrivals, end), run([(one.at, one) for one in readings], end)
    assert late.stands() == in_order.stands()
    assert late.conditions() == in_order.conditions()


@settings(max_examples=80, deadline=None, phases=FAST, suppress_health_check=[HealthCheck.too_slow])
@given(courses(), st.data())
def test_the_engine_after_a_crash_is_the_engine_without_one(readings: list[Reading], data: st.DataObject) -> None:
    arrivals = [(one.at, one) for one in readings]
    crashes = frozenset(data.draw(st.lists(st.integers(0, len(readings)), max_size=5)))
    end = readings[-1].at + 200
    crashed, whole = run(arrivals, end, crashes=crashes), run(arrivals, end)
    assert crashed.facts == whole.facts
    assert crashed.watch == whole.watch


@settings(max_examples=80, deadline=None, phases=FAST, suppress_health_check=[HealthCheck.too_slow])
@given(courses(), st.data())
def test_what_people_were_told_is_never_taken_back(readings: list[Reading], data: st.DataObject) -> None:
    """An alarm that waits for an answer ends by one only, however late what contradicts it comes."""
    order = data.draw(st.permutations(readings))
    course = Course()
    waiting: set[str] = set()
    for reading in order:
        before = len(course.facts)
        course.arrive(reading, readings[-1].at)
        for _, fact in course.facts[before:]:
            assert not (fact.what == "ended" and fact.cause in waiting)
            if fact.what in ("raised", "priority") and fact.priority in LATCHING:
                waiting.add(fact.cause)
        for cause in list(waiting):
            if data.draw(st.integers(0, 9)) == 0:
                priority = course.watch.signals[cause].open or "high"
                now = readings[-1].at
                history = History(Conditions(), tuple(course.log))
                course.facts += [(now, f) for f in answer(ENGINE, course.watch, cause, priority, now, history=history)]
                waiting.discard(cause)


@settings(max_examples=150, deadline=None, phases=FAST, suppress_health_check=[HealthCheck.too_slow])
@given(courses())
def test_no_high_condition_of_full_duration_is_without_an_alarm_and_none_flaps(readings: list[Reading]) -> None:
    """The saturation, judged by a reader of its own: 15 s below 90 on a stream is high; an end is never inside the hysteresis."""
    course = run([(one.at, one) for one in readings], readings[-1].at)
    code, since, last = CODES["spo2"], None, None
    told = sorted(now for now, fact in course.facts if fact.cause == "A7" and RANK[fact.priority] >= RANK["high"])
    for one in readings:
        value = one.values.get(code)
        if value is None:
            continue
        since = (one.at if since is None else since) if value < 90 else None
        if since is not None and one.at - since >= 15:
            assert any(now <= one.at for now in told), f"below 90 since {since}, and nobody was told by {one.at}"
        last = value
    assert last is None or last >= 0
    ended = [now for now, fact in course.facts if fact.cause == "A7" and fact.what == "ended"]
    for now in ended:
        back = [one.values[code] for one in readings if one.at <= now and one.values.get(code) is not None]
        assert back[-1] is not None
        assert back[-1] >= 92, "an alarm ended inside its hysteresis"


@pytest.mark.parametrize(("seconds", "flagged"), [(0, False), (BOUND, False), (BOUND + 1, True)])
def test_what_came_out_of_order_is_flagged_only_when_it_came_too_late(seconds: float, flagged: bool) -> None:
    one = Watched(only=["MISSED-DISS"]).see(100, device="z", hr=72, spo2=98)
    one.see(100, now=100 + seconds, device="a", by_hand=True, **{"diss-obs": 4})
    [fact] = [fact for _, fact in one.facts if fact.cause == "A11"]
    assert (fact.what, fact.priority, fact.late) == ("raised", "high", flagged)
