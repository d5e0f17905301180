"""Nobody is left alone with a high alarm, whatever happens in whatever order; and the auditor sees it as notifications does.

The budget is small here. By hand, with many runs, others each time:
`MACHINE_RUNS=2000 MACHINE_STEPS=60 pytest tests/integration/notifications/test_machine.py`.
"""

import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule, run_state_machine_as_test

from schemas.monitoring.alarms import Priority
from tests.integration.notifications.audited import audit
from tests.integration.notifications.engine import Engine
from tests.integration.notifications.machine import MORNING, Machine, chairs, people, places, priorities, with_alarms
from tests.integration.notifications.planted import FAULTS, Planted, Record
from tests.integration.notifications.ward import RANK, STEPS

BY_HAND = "MACHINE_RUNS" in os.environ
BUDGET = settings(
    max_examples=int(os.environ.get("MACHINE_RUNS", "15")),
    stateful_step_count=int(os.environ.get("MACHINE_STEPS", "25")),
    derandomize=not BY_HAND,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.generate, Phase.shrink),
)


@pytest.fixture
def engine(database: str) -> Iterator[Engine]:
    """Notifications on a store of its own."""
    built = Engine(database, MORNING)
    yield built
    built.close()
    built.runner.close()


def test_nobody_is_left_alone(engine: Engine) -> None:
    run_state_machine_as_test(type("OnThisStore", (Machine,), {"engine": engine}), settings=BUDGET)


class Audited(Machine):
    """All channels work and nothing is ever down: whatever else happens, the auditor finds no fault but that nobody answers."""

    channel_turns = nothing_runs = calls_end = None

    @initialize(day=st.sampled_from(("full", "one nurse", "night")), chair=chairs, priority=priorities)
    def first_alarm(self, day: str, chair: int, priority: Priority) -> None:
        super().first_alarm(day, chair, priority)

    @with_alarms
    @rule(place=places, by=people)
    def answer_at_bedside(self, place: int, by: str) -> None:
        """Monitoring takes an answer for a suicide risk from clinicians only."""
        alarm = self._pick(place, self.ward.standing())
        if alarm is not None and (alarm.code != "SUICIDE-RISK" or self._is_clinician(by)):
            super().answer_at_bedside(place, 0, by)

    def teardown(self) -> None:
        self.engine.advance(10)
        record = self.record()
        missed = audit(record.alarms, record.pages, record.until, seed=len(record.pages))
        unanswered = [(alarm_id, one.due_at) for alarm_id, one in missed if one.kind == "unanswered"]
        assert [one for _, one in missed if one.kind != "unanswered"] == []
        assert sorted(unanswered) == sorted(self._nobody_answered())
        for plant in FAULTS:
            found_in(next(plant(record), None), record)

    def record(self) -> Record:
        """What was said so far."""
        return Record(self.history, list(self.engine.said), self.now)

    def _nobody_answered(self) -> Iterator[tuple[Any, datetime]]:
        """What this ward knows of the same: the last step, as long again as its interval, and 5 s for the telling."""
        for alarm in self.ward.alarms.values():
            for one in alarm.asked_for:
                if RANK[one.priority] < RANK["high"]:
                    continue
                times = STEPS[one.priority]
                due = one.since + timedelta(seconds=times[-1] + times[-1] - times[-2] + 5)
                if due < (one.until or self.now):
                    yield alarm.alarm_id, due


def found_in(planted: Planted | None, record: Record) -> None:
    """Assert that the auditor finds what was planted, where there was a place for it."""
    if planted is not None:
        faults = audit(planted.alarms, planted.pages, record.until)
        assert any(subject == planted.alarm_id and one.kind in planted.kinds for subject, one in faults), planted.kinds


def test_the_auditor_agrees_and_finds_what_is_planted(engine: Engine) -> None:
    run_state_machine_as_test(type("OnThisStore", (Audited,), {"engine": engine}), settings=BUDGET)


def test_each_planted_fault_is_found(engine: Engine) -> None:
    """A high alarm that is answered late, lapses, is answered in time and lapses again: there is a place for each fault."""
    clinic = type("OnThisStore", (Audited,), {"engine": engine})()
    clinic.begin("full")
    clinic.raise_alarm(1, "A7", "high")
    clinic.time_passes(150)
    clinic.answer_all(0, "ann")
    clinic.time_passes(331)
    clinic.answer_all(0, "bob")
    clinic.time_passes(310)
    clinic.teardown()
    for plant in FAULTS:
        planted = list(plant(clinic.record()))
        assert planted, f"there is no place for it: {plant.__doc__}"
        for one in planted:
            found_in(one, clinic.record())


def test_who_is_left_when_all_have_declined_is_asked_again_by_the_clock(engine: Engine) -> None:
    """A run that was found by hand: the only one there declines, and the ladder goes on as if nothing had been passed on."""
    run = type("OnThisStore", (Machine,), {"engine": engine})()
    run.first_alarm(day="night", chair=1, priority="medium")
    run.decline(by="ann", place=0)
    for _ in range(6):
        run.until_something_is_due()
    run.teardown()


def test_a_third_high_alarm_of_a_session_is_named_to_somebody(engine: Engine) -> None:
    """A run that was found by hand: a message holds two alarms, and what nobody was shown yet comes first."""
    run = type("OnThisStore", (Audited,), {"engine": engine})()
    run.first_alarm(day="full", chair=3, priority="high")
    for _ in range(2):
        run.raise_alarm(chair=3, code="A1", priority="high")
    run.teardown()
