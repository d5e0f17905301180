"""What the machine found, each as a plain test of its own."""

from collections.abc import Iterator

import pytest

from schemas.notifications.pages import AcknowledgementLapsed, PageEscalated
from tests.integration.notifications.engine import Engine
from tests.integration.notifications.machine import MORNING, Machine


@pytest.fixture
def clinic(database: str) -> Iterator[Machine]:
    """All at work, ann at every chair; after each step the ward says what must be so."""
    engine = Engine(database, MORNING)

    class OnThisStore(Machine):
        pass

    OnThisStore.engine = engine
    built = OnThisStore()
    built.begin("full")
    yield built
    engine.close()
    engine.runner.close()


def test_monitoring_repeats_a_link_answer_after_it_lapsed(clinic: Machine) -> None:
    """What is known is not an answer anew: it would lapse at once, again."""
    clinic.monitoring_is_behind(True)
    clinic.raise_alarm(1, "A7", "high")
    clinic.answer_by_link(0, "ann", True)
    clinic.time_passes(301)
    clinic.monitoring_is_behind(False)
    assert sum(isinstance(event, AcknowledgementLapsed) for event in clinic.engine.said) == 1


def test_an_older_answer_comes_after_a_newer_one(clinic: Machine) -> None:
    clinic.raise_alarm(1, "A7", "high")
    clinic.time_passes(119)
    clinic.answer_at_bedside(0, 0)
    clinic.time_passes(299)
    clinic.answer_at_bedside(0, 0)
    clinic.answer_at_bedside(0, 400)


def test_a_channel_fails_after_its_climb_was_answered_and_another_began(clinic: Machine) -> None:
    """The next channel would tell of what was answered."""
    clinic.engine.endings["ann", "sms"] = "slow"
    clinic.raise_alarm(1, "A7", "high")
    clinic.answer_all(0, "ann")
    clinic.raise_alarm(1, "A1", "medium")
    clinic.engine.endings["ann", "sms"] = "refused"
    clinic.calls_end()


def test_a_channel_fails_after_one_of_its_alarms_was_answered(clinic: Machine) -> None:
    clinic.raise_alarm(1, "A7", "high")
    clinic.engine.endings["ann", "sms"] = "slow"
    clinic.raise_alarm(1, "A1", "high")
    clinic.answer_at_bedside(0, 0)
    clinic.engine.endings["ann", "sms"] = "refused"
    clinic.calls_end()


def test_the_first_ones_come_to_work_between_two_alarms(clinic: Machine) -> None:
    """Whoever is there by then is told of the second: nobody was told of the first."""
    clinic.engine.begin_anew(MORNING)
    clinic.__init__()  # type: ignore[misc]
    clinic.begin("nobody")
    clinic.raise_alarm(1, "A7", "high")
    clinic.hire("bob")
    clinic.raise_alarm(1, "A1", "high")


def test_somebody_slow_of_an_earlier_climb_is_not_passed_over_in_a_later_one(clinic: Machine) -> None:
    clinic.engine.endings["dr-lee", "sms"] = "slow"
    clinic.raise_alarm(1, "A7", "high")
    clinic.time_passes(59)
    clinic.time_passes(5)
    clinic.answer_all(0, "ann")
    clinic.engine.endings["dr-lee", "sms"] = "taken"
    clinic.raise_alarm(1, "A1", "emergency")
    clinic.engine.endings["dr-lee", "sms"] = "refused"
    clinic.calls_end()
    assert not [event for event in clinic.engine.said if isinstance(event, PageEscalated) and event.priority == "emergency"]


def test_a_nurse_does_not_prolong_a_clinicians_answer_to_a_suicide_risk(clinic: Machine) -> None:
    clinic.raise_alarm(1, "SUICIDE-RISK", "high")
    clinic.answer_all(0, "dr-lee")
    clinic.time_passes(119)
    clinic.answer_at_bedside(0, 0, "ann")
    clinic.time_passes(299)
    assert sum(isinstance(event, AcknowledgementLapsed) for event in clinic.engine.said) == 1
