"""The infusion's arithmetic: clinical 3.1's test vectors, and what holds whatever was done to the pump."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given as for_any
from hypothesis import strategies as st

from services.monitoring import tables
from services.monitoring.rules import units
from services.monitoring.rules.gates import Reading
from services.monitoring.rules.infusion import (
    Change,
    Order,
    Plan,
    check_reason,
    ends_at,
    given,
    most_at_once,
    order_facts,
    paused_for_pressure,
    pauses,
    why_not_resume,
)
from services.monitoring.rules.units import Kilograms, MgPerKg, MgPerMin, MgPerMl, Milligrams, Minutes, Percent

BEGAN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TABLE = tables.infusion()
PLAN = Plan(Milligrams(35), Minutes(40), MgPerMl(1))
SYSTOLIC, DIASTOLIC = "8480-6", "8462-4"


def after(minutes: float) -> datetime:
    return BEGAN + timedelta(minutes=minutes)


def change(minute: float, percent: int, bolus: float = 0, *, for_pressure: bool = False) -> Change:
    return Change(after(minute), Percent(percent), Milligrams(bolus), for_pressure)


def test_the_vector_of_the_reference() -> None:
    """70 kg: 35 mg, 0.875 mg/min, at 1 mg/mL 52.5 mL/h."""
    dose = units.dose_for(MgPerKg(0.5), Kilograms(70))
    assert dose == 35
    assert (PLAN.rate, PLAN.pump_rate(), PLAN.volume) == (0.875, 52.5, 35)
    assert PLAN.pump_rate(Percent(50)) == 26.25
    assert Plan(Milligrams(35), Minutes(40), MgPerMl(2)).pump_rate() == 26.25


@pytest.mark.parametrize(
    ("said", "ok"), [(52.5, True), (49.875, True), (55.125, True), (49.8, False), (55.2, False), (0, False), (-52.5, False)]
)
def test_five_percent(said: float, ok: bool) -> None:
    assert units.within(said, 52.5, TABLE.order.tolerance_percent) is ok


def test_no_rate_without_a_duration_and_no_volume_without_a_concentration() -> None:
    with pytest.raises(ValueError, match="duration"):
        units.rate(Milligrams(35), Minutes(0))
    with pytest.raises(ValueError, match="concentration"):
        units.volume(Milligrams(35), MgPerMl(0))
    with pytest.raises(ValueError, match="concentration"):
        units.pump_rate(MgPerMin(1), MgPerMl(-1))


GIVEN = [
    # what was done                                          at minute   mg in    done at minute
    ("started", [change(0, 100)], 0, 0.0, 40),
    ("half of the time", [change(0, 100)], 20, 17.5, 40),
    ("all of the time", [change(0, 100)], 40, 35.0, 40),
    ("nobody ended it: the syringe is empty", [change(0, 100)], 60, 35.0, 60),
    ("half of the rate from the middle on", [change(0, 100), change(20, 50)], 40, 26.25, 60),
    ("paused in the middle", [change(0, 100), change(20, 0)], 40, 17.5, None),
    ("paused for 10 minutes", [change(0, 100), change(20, 0), change(30, 100)], 40, 26.25, 50),
    ("a bolus of 7 mg saves 8 minutes", [change(0, 100), change(20, 100, 7)], 20, 24.5, 32),
    ("nothing was ever started", [], 20, 0.0, None),
]


@pytest.mark.parametrize(("changes", "minute", "mg", "done"), [row[1:] for row in GIVEN], ids=[row[0] for row in GIVEN])
def test_what_is_in_and_when_it_will_all_be(changes: list[Change], minute: float, mg: float, done: float | None) -> None:
    assert given(PLAN, changes, after(minute)) == pytest.approx(mg)
    expected = ends_at(PLAN, changes, after(minute))
    assert (expected and round((expected - BEGAN).total_seconds())) == (done and done * 60)


HISTORY = st.lists(
    st.tuples(st.floats(0, 30), st.integers(0, 100), st.sampled_from([0.0, 0.0, 1.0, 5.0])), min_size=1, max_size=12
)


def history(steps: list[tuple[float, int, float]]) -> list[Change]:
    minute, changes = 0.0, []
    for gap, percent, bolus in steps:
        changes.append(change(minute, percent, bolus))
        minute += gap
    return changes


@for_any(HISTORY, st.lists(st.floats(0, 400), min_size=2, max_size=6))
def test_what_is_in_never_shrinks_and_never_exceeds_rate_by_time_plus_boluses(
    steps: list[tuple[float, int, float]], minutes: list[float]
) -> None:
    changes = history(steps)
    mg = [given(PLAN, changes, after(minute)) for minute in sorted(minutes)]
    assert all(earlier <= later + 1e-9 for earlier, later in pairwise(mg))
    for minute, amount in zip(sorted(minutes), mg, strict=True):
        boluses = sum(c.bolus for c in changes if c.at <= after(minute))
        assert 0 <= amount <= min(PLAN.dose, PLAN.rate * minute + boluses) + 1e-6


@for_any(HISTORY)
def test_the_planned_end_is_when_the_dose_is_in(steps: list[tuple[float, int, float]]) -> None:
    changes = history(steps)
    end = ends_at(PLAN, changes, changes[-1].at)
    assert (end is None) == (changes[-1].percent == 0)
    if end is not None:
        assert given(PLAN, changes, end) == pytest.approx(PLAN.dose, abs=1e-4)


def test_pauses_are_counted_and_those_for_pressure_remembered() -> None:
    changes = [change(0, 100), change(5, 0), change(6, 100), change(8, 0, for_pressure=True), change(12, 50)]
    assert (pauses(changes), paused_for_pressure(changes)) == (2, after(8))
    assert (pauses(changes[:1]), paused_for_pressure(changes[:3])) == (0, None)


def order(per_kilogram: float | None = 0.5, dose: float = 35, minutes: float = 40) -> Order:
    return Order(Milligrams(dose), Minutes(minutes), BEGAN, MgPerKg(per_kilogram) if per_kilogram else None)


@pytest.mark.parametrize(
    ("ordered", "previous", "why"),
    [
        (order(), None, ""),
        (order(0.75), None, ""),
        (order(0.76), None, "above 0.75 mg/kg"),
        (order(dose=50), 40, ""),
        (order(dose=50.1), 40, "over 25 % more than last time"),
        (order(dose=30), 40, ""),
        (order(None), None, "dose per kilogram not known"),
    ],
)
def test_when_two_people_check_a_dose(ordered: Order, previous: float | None, why: str) -> None:
    before = None if previous is None else Milligrams(previous)
    assert check_reason(TABLE.order, ordered, before) == why
    facts = order_facts(TABLE, ordered, before, {"nurse-1": BEGAN})
    assert ("dose_check" in facts) == bool(why)
    if why:
        assert facts["dose_check"] is not None
        assert not facts["dose_check"].met
        two = order_facts(TABLE, ordered, before, {"nurse-1": BEGAN, "nurse-2": after(1)})["dose_check"]
        assert two is not None
        assert (two.met, two.source, two.at) == (True, "checked by nurse-1 and nurse-2", after(1))


@pytest.mark.parametrize(("minutes", "met"), [(29, False), (30, True), (40, True)])
def test_an_infusion_lasts_half_an_hour_at_least(minutes: float, met: bool) -> None:
    duration = order_facts(TABLE, order(minutes=minutes), None, {})["duration"]
    assert duration is not None
    assert duration.met is met
    assert order_facts(TABLE, None, None, {}) == {"duration": None}


@pytest.mark.parametrize(("before", "most"), [(0, 24.5), (10, 24.5), (10.5, 24.5), (30, 5), (35, 0)])
def test_a_bolus_is_limited_by_weight_and_by_what_is_left(before: float, most: float) -> None:
    assert most_at_once(TABLE.bolus, Kilograms(70), PLAN, Milligrams(before)) == pytest.approx(most)


def pressure(minute: float, systolic: float, diastolic: float) -> Reading:
    return Reading(after(minute), {SYSTOLIC: systolic, DIASTOLIC: diastolic})


QUIET = [pressure(1, 150, 90), pressure(2, 159, 99)]


@pytest.mark.parametrize(
    ("percent", "pressures", "priorities", "ordered", "why"),
    [
        (50, QUIET, ["high"], 2, 0),
        (51, QUIET, ["high"], 2, 1),
        (50, QUIET[:1], ["high"], 2, 1),
        (50, [QUIET[0], pressure(2, 160, 90)], ["high"], 2, 1),
        (50, [QUIET[0], pressure(2, 150, 100)], ["high"], 2, 1),
        (50, [*QUIET, pressure(3, 170, 90)], ["high"], 4, 1),
        (50, [pressure(-2, 150, 90), pressure(-1, 150, 90)], ["high"], 2, 1),
        (50, QUIET, ["high"], None, 1),
        (50, QUIET, ["high"], -1, 1),
        (50, QUIET, ["high", "emergency"], 2, 1),
        (100, [], ["emergency"], None, 4),
    ],
)
def test_going_on_after_a_pause_for_pressure(
    percent: int, pressures: list[Reading], priorities: list[str], ordered: float | None, why: int
) -> None:
    at = None if ordered is None else after(ordered)
    found = why_not_resume(
        TABLE.resume, percent=percent, paused_at=BEGAN, pressures=pressures, priorities=priorities, ordered_at=at
    )
    assert len(found) == why
