"""The alarm engine, told as the clinical reference's scripted scenarios: seconds, values, and who would be told."""

import pytest

from services.monitoring import tables
from services.monitoring.rules.alarms import Change, Pending, SessionState, acknowledge

SYS, DIA, HR, SPO2 = "8480-6", "8462-4", "8867-4", "59408-5"
BASELINE = {SYS: 120.0, DIA: 75.0}
MINUTE = 60.0


class Watched:
    """A session, told reading by reading."""

    def __init__(self, baseline: dict[str, float] | None = None) -> None:
        self.state = SessionState()
        self.engine = tables.engine()
        self.baseline = BASELINE if baseline is None else baseline
        self.changes: list[Change] = []
        self.pending: list[Pending] = []

    def see(self, at: float, *, continuous: bool = False, **values: float | None) -> "Watched":
        codes = {"sys": SYS, "dia": DIA, "hr": HR, "spo2": SPO2}
        reading = {codes[name]: value for name, value in values.items()}
        changes, pending = self.engine.step(self.state, at, reading, self.baseline, continuous=continuous)
        self.changes += changes
        self.pending += pending
        return self

    def told(self) -> list[tuple[str, str, str]]:
        return [(change.code, change.what, change.priority) for change in self.changes]

    def raised(self) -> list[tuple[str, str]]:
        return [(change.code, change.priority) for change in self.changes if change.what != "ended"]


def test_s1_a_normal_infusion_raises_nothing() -> None:
    one = Watched()
    for minute, pressure in enumerate((120, 124, 130, 136, 138, 139, 132, 126)):
        one.see(minute * 300, sys=pressure, dia=82, hr=72, spo2=98)
    assert one.told() == []


def test_s2_twenty_per_cent_over_baseline_is_an_advisory_only() -> None:
    one = Watched().see(0, sys=146, dia=80).see(600, sys=150, dia=82)
    assert one.raised() == [("A1", "low")]


def test_s3_165_confirmed_within_two_minutes_is_medium() -> None:
    one = Watched({}).see(0, sys=166, dia=98)
    assert (one.raised(), one.pending) == ([], [Pending("A1", "medium", 120.0)])
    one.see(110, sys=167, dia=98)
    assert one.raised() == [("A1", "medium")]


def test_s4_180_twice_five_minutes_apart_is_high() -> None:
    one = Watched({}).see(0, sys=184, dia=112).see(120, sys=185, dia=112)
    assert ("A1", "high") not in one.raised()
    one.see(300, sys=184, dia=112)
    assert ("A1", "high") in one.raised()
    assert ("A2", "high") in one.raised()


def test_s5_200_once_is_an_emergency() -> None:
    assert Watched({}).see(0, sys=202, dia=118).raised()[0] == ("A1", "emergency")


def test_s6_saturation_of_89_for_ten_seconds_is_nothing() -> None:
    one = Watched()
    for second in range(11):
        one.see(second, spo2=89)
    assert one.see(11, spo2=95).told() == []


def test_s7_saturation_of_89_for_twenty_seconds_is_high() -> None:
    one = Watched()
    for second in range(21):
        one.see(second, spo2=89)
    assert one.raised() == [("A7", "high")]


def test_s8_a_probe_that_is_off_is_told_after_30_and_60_seconds_and_ends_when_the_signal_is_back() -> None:
    one = Watched()
    for second in range(0, 65, 5):
        one.see(second, hr=70, spo2=None)
    assert one.told() == [("A16-probe", "raised", "low"), ("A16-probe", "priority", "medium")]
    one.see(65, hr=70, spo2=97).see(70, hr=70, spo2=97)
    assert len(one.told()) == 2
    one.see(75, hr=70, spo2=97)
    assert one.told()[-1] == ("A16-probe", "ended", "medium")


def test_nobody_sees_saturation_for_three_minutes_is_high() -> None:
    one = Watched()
    for second in range(0, 181, 10):
        one.see(second, hr=70, spo2=None)
    assert one.raised()[-1] == ("A16-probe", "high")


def test_s9_one_bad_cuff_reading_is_one_alarm_that_waits_for_an_answer() -> None:
    one = Watched({}).see(0, sys=220, dia=80).see(90, sys=138, dia=80)
    assert one.told() == [("A1", "raised", "emergency")]
    assert acknowledge("A1", one.state.alarms["A1"], "emergency") == [Change("A1", "ended", "emergency")]


def test_a_single_artefact_below_200_is_cancelled_by_the_next_reading() -> None:
    assert Watched({}).see(0, sys=170, dia=80).see(60, sys=130, dia=80).told() == []


def test_a_confirmation_that_never_comes_raises_unconfirmed() -> None:
    one = Watched({}).see(0, sys=170, dia=80)
    [change] = one.engine.unconfirmed(one.state, "A1", "medium")
    assert (change.what, change.priority, change.confirmed) == ("raised", "medium", False)
    two = Watched({}).see(0, sys=170, dia=80).see(60, sys=130, dia=80)
    assert two.engine.unconfirmed(two.state, "A1", "medium") == []


def test_hysteresis_keeps_an_alarm_until_the_value_is_well_back() -> None:
    one = Watched({})
    for second in range(0, 40, 5):
        one.see(second, spo2=91)
    one.see(40, spo2=93.5)
    assert "ended" not in {what for _, what, _ in one.told()}
    one.see(45, spo2=96)
    assert one.told()[-1] == ("A7", "ended", "medium")


def test_high_needs_both_the_end_of_its_condition_and_an_answer_in_either_order() -> None:
    answered_first = Watched()
    for second in range(21):
        answered_first.see(second, spo2=89)
    assert acknowledge("A7", answered_first.state.alarms["A7"], "high") == []
    answered_first.see(30, spo2=97)
    assert answered_first.told()[-1] == ("A7", "ended", "high")
    over_first = Watched()
    for second in range(21):
        over_first.see(second, spo2=89)
    over_first.see(30, spo2=97)
    assert over_first.told()[-1] == ("A7", "raised", "high")
    assert acknowledge("A7", over_first.state.alarms["A7"], "medium") == []
    assert acknowledge("A7", over_first.state.alarms["A7"], "high") == [Change("A7", "ended", "high")]


def test_an_answer_to_high_does_not_answer_the_emergency_it_becomes() -> None:
    one = Watched()
    for second in range(16):
        one.see(second, spo2=89)
    acknowledge("A7", one.state.alarms["A7"], "high")
    for second in range(16, 30):
        one.see(second, spo2=80)
    assert one.told()[-1] == ("A7", "priority", "emergency")
    one.see(40, spo2=97)
    assert one.told()[-1][1] != "ended"


@pytest.mark.parametrize(
    ("code", "value", "seconds", "priority"),
    [
        ("hr", 112, 0, "low"),
        ("hr", 122, 300, "medium"),
        ("hr", 131, 60, "high"),
        ("hr", 151, 30, "emergency"),
        ("hr", 54, 0, "low"),
        ("hr", 49, 60, "medium"),
        ("hr", 39, 15, "high"),
        ("hr", 34, 0, "emergency"),
        ("spo2", 93, 30, "low"),
        ("spo2", 91, 30, "medium"),
        ("spo2", 89, 15, "high"),
        ("spo2", 84, 10, "emergency"),
    ],
)
def test_delays(code: str, value: float, seconds: int, priority: str) -> None:
    one = Watched({})
    second = 0
    while second < seconds:
        one.see(second, **{code: value})
        second += 5
    before = [p for _, p in one.raised()]
    assert priority not in before
    one.see(seconds, **{code: value})
    assert one.raised()[-1][1] == priority


def test_continuous_pressure_is_judged_on_a_median_that_persists() -> None:
    one = Watched({})
    for second in range(15):
        one.see(second, sys=45, dia=28, continuous=True)
    assert one.told() == []
    one.see(15, sys=45, dia=28, continuous=True)
    assert ("A3", "emergency") in one.raised()
    flush = Watched({})
    for second in range(60):
        flush.see(second, sys=300 if second == 30 else 120, dia=70, continuous=True)
    assert flush.told() == [], "one flush of the line is no emergency"


def test_the_state_survives_its_own_json() -> None:
    one = Watched({}).see(0, sys=170, dia=80, spo2=None)
    again = SessionState.from_json(one.state.to_json())
    assert again == one.state


def test_when_nobody_measures_any_more_alarms_end_and_what_latches_waits_for_an_answer() -> None:
    one = Watched({}).see(0, sys=166, dia=90, spo2=98).see(60, sys=167, dia=90, spo2=98)
    one.see(70, spo2=88).see(90, spo2=88)
    assert set(one.raised()) >= {("A1", "medium"), ("A7", "high")}
    ended = one.engine.unwatched(one.state)
    assert [(change.code, change.what) for change in ended] == [("A1", "ended")]
    [answered] = acknowledge("A7", one.state.alarms["A7"], "high")
    assert (answered.code, answered.what) == ("A7", "ended")
    assert one.engine.unwatched(one.state) == []
