"""The alarm engine, told as the clinical reference's scripted scenarios: seconds, values, and who would be told."""

import json

import pytest

from services.monitoring.rules.conditions import Conditions
from services.monitoring.rules.watch import Watch
from tests.unit.monitoring.watched import Watched

MINUTE = 60.0
QUIET = ["-"]
"""Only what is measured is looked at, no missed observations."""


def of(one: Watched, *alarms: str) -> list[tuple[str, str]]:
    """What began or changed of these alarms."""
    parts = tuple(f"{name}-" for name in alarms)
    return [(alarm, priority) for alarm, priority in one.raised() if alarm in alarms or alarm.startswith(parts)]


def test_s1_a_normal_infusion_raises_nothing() -> None:
    one = Watched(only=QUIET)
    for minute, pressure in enumerate((120, 124, 130, 136, 138, 139, 132, 126)):
        one.hold(minute * 300, minute * 300 + 299, 30, hr=72, spo2=98).see(minute * 300 + 299.5, sys=pressure, dia=82)
    assert one.told() == []


def test_s2_twenty_per_cent_over_baseline_is_an_advisory_only() -> None:
    one = Watched(only=QUIET).see(0, sys=146, dia=80).see(600, sys=150, dia=82)
    assert of(one, "A1", "A2") == [("A1", "low")]


def test_s3_165_confirmed_within_two_minutes_is_medium() -> None:
    one = Watched({}, only=QUIET).see(0, sys=166, dia=98)
    assert one.raised() == []
    one.see(110, sys=167, dia=98)
    assert of(one, "A1") == [("A1", "medium")]


def test_s4_180_twice_five_minutes_apart_is_high_and_both_pressures_are_one_alarm() -> None:
    one = Watched({}, only=QUIET).see(0, sys=184, dia=112).see(120, sys=185, dia=112)
    assert of(one, "A1", "A2") == [("A1", "medium")]
    one.see(300, sys=184, dia=112)
    assert of(one, "A1", "A2") == [("A1", "medium"), ("A1", "high")]
    assert set(one.signal("BP high").standing) == {"A1", "A2"}


def test_a_second_high_reading_that_does_not_come_raises_it_unconfirmed() -> None:
    one = Watched({}, only=QUIET).see(0, sys=184, dia=100).see(120, sys=185, dia=99).wait(420)
    [fact] = [fact for now, fact in one.facts if fact.alarm == "A1" and fact.priority == "high"]
    assert (fact.confirmed, fact.at) == (False, 420)


def test_s5_200_once_is_an_emergency() -> None:
    assert Watched({}, only=QUIET).see(0, sys=202, dia=118).raised() == [("A1", "emergency")]


def test_an_answer_to_an_emergency_holds_when_it_eases_to_high() -> None:
    one = Watched({}, only=QUIET).see(0, sys=202, dia=80).see(30, hr=70)
    one.answered("BP high", "emergency", at=40)
    one.see(60, sys=188, dia=80)
    assert one.open() == {"BP high": "high"}
    one.see(120, sys=140, dia=80)
    assert [said for said in one.told() if said[1] == "ended"] == [("A1", "ended", "high")]


def test_out_of_order_by_a_second_is_not_late() -> None:
    for came, late in ((17, False), (46, False), (47, True)):
        one = Watched(only=QUIET).see(0, spo2=98).hold(1, 15, spo2=89).see(came, device="m2", hr=70).see(16, now=came, spo2=89)
        [(now, fact)] = one.facts
        assert (now, fact.alarm, fact.priority, fact.late) == (came, "A7", "high", late)


def test_s6_saturation_of_89_for_ten_seconds_is_nothing() -> None:
    assert Watched(only=QUIET).hold(0, 10, spo2=89).see(11, spo2=95).told() == []


def test_s7_saturation_of_89_for_twenty_seconds_is_high() -> None:
    one = Watched(only=QUIET).hold(0, 20, spo2=89)
    assert [(now, alarm, priority) for now, alarm, _, priority in one.timeline()] == [(15.0, "A7", "high")]


def test_s8_a_probe_that_is_off_is_told_after_30_and_60_seconds_and_ends_when_the_signal_is_back() -> None:
    one = Watched(only=QUIET).hold(0, 64, 4, hr=70, spo2=None)
    assert [(now, *said) for now, *said in one.timeline()] == [
        (30.0, "A16-probe", "raised", "low"),
        (60.0, "A16-probe", "priority", "medium"),
    ]
    one.hold(65, 74, hr=70, spo2=97)
    assert len(one.told()) == 2
    one.see(75, hr=70, spo2=97)
    assert one.timeline()[-1] == (75, "A16-probe", "ended", "medium")


def test_nobody_sees_saturation_for_three_minutes_is_high_unless_somebody_observes() -> None:
    one = Watched(only=QUIET).hold(0, 180, 10, hr=70, spo2=None).wait(180)
    assert one.raised()[-1] == ("A16-blind", "high")
    two = Watched(only=QUIET).hold(0, 100, 10, hr=70, spo2=None).see(101, device="hand", by_hand=True, moaas=5)
    two.hold(110, 270, 10, hr=70, spo2=None)
    assert ("A16-blind", "high") not in two.raised()


def test_a_monitor_that_falls_silent_is_told_after_90_seconds() -> None:
    one = Watched(only=QUIET).hold(0, 20, 5, hr=70, spo2=98).wait(200)
    assert one.timeline() == [(110.0, "A16-gap", "raised", "medium"), (200.0, "A16-blind", "priority", "high")]


def test_a_nurse_who_enters_two_things_within_a_minute_is_no_monitor_that_falls_silent() -> None:
    one = Watched(only=QUIET).hold(0, 10, spo2=98)
    one.see(11, device="hand", by_hand=True, moaas=5).see(40, device="hand", by_hand=True, nausea=0)
    assert one.hold(41, 300, 10, spo2=98).told() == []


def test_of_several_devices_the_silent_one_is_told_and_a_released_one_is_not() -> None:
    one = Watched(only=QUIET).hold(0, 10, spo2=98).hold(11, 20, device="ecg", hr=70)
    both = one.copy().hold(21, 120, device="m1", spo2=98)
    assert both.timeline() == [(110.0, "A16-gap", "raised", "medium")]
    released = one.release(21, "ecg").hold(22, 120, device="m1", spo2=98)
    assert released.told() == []


def test_two_observations_by_hand_in_quick_succession_are_no_stream_that_falls_silent() -> None:
    one = Watched(only=QUIET)
    for second in range(1, 400, 5):
        one.see(second, hr=70, spo2=98)
        if second in (101, 131):
            one.see(second + 0.5, device="hand", by_hand=True, moaas=5)
    assert one.told() == []
    assert one.wait(490).raised() == [("A16-gap", "medium")], "of the monitor itself it is told"


def test_s9_one_bad_cuff_reading_is_one_alarm_marked_probable_artefact_that_waits_for_an_answer() -> None:
    one = Watched({}, only=QUIET).see(0, sys=220, dia=80).see(89, sys=138, dia=80)
    assert one.timeline() == [(0, "A1", "raised", "emergency"), (89, "A1", "cleared", "emergency")]
    assert one.facts[-1][1].artefact
    assert one.answered("BP high", "emergency") == [("ended", "emergency")]
    assert of(one.wait(1000), "A1", "A2") == [("A1", "emergency")], "nothing of 220 is confirmed later"


def test_220_twice_is_no_artefact() -> None:
    one = Watched({}, only=QUIET).see(0, sys=220, dia=80).see(60, sys=210, dia=80).see(120, sys=138, dia=80)
    assert not one.facts[-1][1].artefact


def test_a_single_artefact_below_200_is_cancelled_by_the_next_reading() -> None:
    assert of(Watched({}, only=QUIET).see(0, sys=170, dia=80).see(60, sys=130, dia=80).wait(1000), "A1") == []


def test_a_confirmation_that_never_comes_raises_unconfirmed() -> None:
    one = Watched({}, only=QUIET).see(0, sys=170, dia=80).wait(130)
    [(now, fact)] = [(now, fact) for now, fact in one.facts if fact.alarm == "A1"]
    assert (now, fact.priority, fact.confirmed) == (120.0, "medium", False)


def test_s10_distress_is_high_at_once_and_pulling_lines_an_emergency() -> None:
    one = Watched(only=QUIET).see(0, diss_obs=4)
    assert one.raised() == [("A11", "high")]
    assert one.see(5, violent=1).raised()[-1] == ("A11", "emergency")


def test_distress_that_eases_stays_high_until_it_is_two_or_less() -> None:
    one = Watched(only=QUIET).see(0, diss_obs=4)
    one.answered("A11", "high", 20)
    assert one.see(60, diss_obs=3).open() == {"A11": "high"}
    assert one.see(120, diss_obs=2).open() == {}


def test_s11_vomiting_is_medium_and_high_in_a_drowsy_patient_in_either_order() -> None:
    assert Watched(only=QUIET).see(0, vomiting=1).raised() == [("A12", "medium")]
    for first, second in (({"moaas": 3}, {"vomiting": 1}), ({"vomiting": 1}, {"moaas": 3})):
        one = Watched(only=QUIET).see(0, **first).see(10, **second)
        assert ("A12", "high") in one.raised()


def test_s12_apnoea_of_25_seconds_is_an_emergency_after_20() -> None:
    one = Watched(only=QUIET).hold(0, 10, rr=14).hold(11, 36, rr=0)
    assert [(now, priority) for now, alarm, what, priority in one.timeline() if alarm == "A8-low"] == [(31.0, "emergency")]


def test_a_count_by_hand_of_8_breaths_is_told_after_its_delay_though_no_second_count_comes() -> None:
    one = Watched(only=QUIET).see(100, device="hand", by_hand=True, rr=8).wait(131)
    assert one.timeline()[1] == (130.0, "A8-low", "raised", "high")


def test_s15_a_pump_that_runs_6_percent_too_fast_or_after_a_pause() -> None:
    one = Watched({}, only=QUIET).set(1, baseline={"pump-rate": 52.5, "pump-volume": 35.0})
    assert one.see(10, device="p", pump_rate=55.1, pump_volume=5).told() == []
    assert one.see(20, device="p", pump_rate=55.7).raised() == [("A15-rate", "high")]
    paused = Watched({}, only=QUIET).set(1, baseline={"pump-rate": 0.0, "pump-volume": 35.0})
    assert paused.see(10, device="p", pump_rate=0).told() == []
    assert paused.see(20, device="p", pump_rate=52.5).raised() == [("A15-rate", "high")]
    over = Watched({}, only=QUIET).set(1, baseline={"pump-volume": 35.0}).see(10, device="p", pump_volume=36.8)
    assert over.raised() == [("A15-volume", "high")]


def test_symptoms_are_alarms_of_their_own_until_somebody_clears_them() -> None:
    one = Watched(only=QUIET).see(0, chest_pain=1).see(5, headache=1).see(10, headache=2)
    assert one.raised() == [("A13-chest-pain", "high"), ("A13-headache", "low"), ("A13-headache", "medium")]
    one.see(20, headache=0)
    assert one.told()[-1] == ("A13-headache", "ended", "medium")


def test_sedation_eases_one_level_only_after_two_observations() -> None:
    one = Watched(only=QUIET).see(0, moaas=3).see(60, moaas=5)
    assert one.raised() == [("A10", "medium")]
    assert one.told() == [("A10", "raised", "medium")]
    one.see(120, moaas=5)
    assert one.told()[-1] == ("A10", "ended", "medium")


def test_hysteresis_keeps_an_alarm_until_the_value_is_well_back() -> None:
    one = Watched({}, only=QUIET).hold(0, 40, spo2=91).see(41, spo2=93.5)
    assert "ended" not in {what for _, what, _ in one.told()}
    assert one.see(45, spo2=96).told()[-1] == ("A7", "ended", "medium")


def test_high_needs_both_the_end_of_its_condition_and_an_answer_in_either_order() -> None:
    answered_first = Watched(only=QUIET).hold(0, 20, spo2=89)
    assert answered_first.answered("A7", "high") == []
    assert answered_first.see(30, spo2=97).told()[-1] == ("A7", "ended", "high")
    over_first = Watched(only=QUIET).hold(0, 20, spo2=89).see(30, spo2=97)
    assert over_first.told()[-1] == ("A7", "raised", "high")
    assert over_first.answered("A7", "medium") == []
    assert over_first.answered("A7", "high") == [("ended", "high")]


def test_an_answer_to_high_does_not_answer_the_emergency_it_becomes() -> None:
    one = Watched(only=QUIET).hold(0, 15, spo2=89)
    one.answered("A7", "high")
    one.hold(16, 30, spo2=80)
    assert one.told()[-1] == ("A7", "priority", "emergency")
    assert one.see(40, spo2=97).told()[-1][1] != "ended"


def test_a_condition_that_is_there_again_before_anybody_answered_is_the_same_alarm() -> None:
    one = Watched(only=QUIET).hold(0, 15, spo2=89).see(20, spo2=97).hold(21, 40, spo2=89)
    assert [what for _, what, _ in one.told()] == ["raised"]
    assert [what for _, _, what, _ in one.timeline()] == ["raised", "cleared", "returned"]


def test_an_alarm_that_came_and_went_three_times_in_ten_minutes_is_held_open_for_five() -> None:
    one = Watched(only=QUIET)
    for begin in (0, 100, 200):
        one.hold(begin, begin + 31, spo2=91).hold(begin + 32, begin + 99, spo2=98)
    ended = [now for now, _, what, _ in one.timeline() if what == "ended"]
    assert ended == [32.0, 132.0], "the third time it is over it stays open"
    assert one.timeline()[-1][1:] == ("A7", "cleared", "medium")
    one.hold(300, 532, spo2=98)
    assert one.timeline()[-1] == (532.0, "A7", "ended", "medium")


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
        ("rr", 11, 60, "low"),
        ("rr", 10, 60, "medium"),
        ("rr", 8, 30, "high"),
        ("rr", 21, 60, "low"),
        ("rr", 25, 60, "medium"),
        ("rr", 31, 30, "high"),
        ("etco2", 29, 60, "medium"),
        ("etco2", 51, 60, "medium"),
        ("etco2", 61, 0, "high"),
        ("etco2", 0, 20, "high"),
        ("etco2", 0, 30, "emergency"),
        ("moaas", 4, 0, "low"),
        ("moaas", 3, 0, "medium"),
        ("moaas", 2, 0, "high"),
        ("moaas", 1, 0, "emergency"),
        ("diss_obs", 3, 0, "low"),
        ("diss_obs", 4, 0, "high"),
        ("nausea", 4, 0, "low"),
        ("map", 64, 0, None),
    ],
)
def test_delays(code: str, value: float, seconds: int, priority: str | None) -> None:
    one = Watched({}, only=QUIET)
    one.hold(0, seconds - 1, **{code: value})
    assert priority not in [p for _, p in one.raised()]
    one.see(seconds, **{code: value})
    assert (one.raised()[-1][1] if one.raised() else None) == priority


def test_continuous_pressure_is_judged_on_a_median_that_persists() -> None:
    one = Watched({}, only=QUIET)
    for second in range(15):
        one.see(second, sys=45, dia=28, continuous=True)
    assert one.told() == []
    one.see(15, sys=45, dia=28, continuous=True)
    assert ("A3", "emergency") in one.raised()
    flush = Watched({}, only=QUIET)
    for second in range(60):
        flush.see(second, sys=300 if second == 30 else 120, dia=70, continuous=True)
    assert flush.told() == [], "one flush of the line is no emergency"


def test_asystole_while_the_pulse_beats_is_a_technical_alarm_that_names_both_rates() -> None:
    one = Watched({}, only=QUIET).hold(0, 5, hr=70, pulse=71, spo2=98).hold(6, 30, hr=0, pulse=72, spo2=98)
    [(now, fact)] = one.facts
    assert (now, fact.alarm, fact.priority, fact.detail) == (16.0, "A16b", "medium", "ECG 0/min, plethysmogram 72/min")
    agreed = one.copy().hold(31, 45, hr=70, pulse=72, spo2=98)
    assert agreed.told()[-1] == ("A16b", "ended", "medium")


def test_asystole_is_clinical_once_the_pulse_is_lost_or_nobody_answers() -> None:
    lost = Watched({}, only=QUIET).hold(0, 5, hr=70, pulse=71).hold(6, 12, hr=0, pulse=72).see(13, hr=0, pulse=None)
    assert lost.raised() == [("A6", "emergency")]
    unanswered = Watched({}, only=QUIET).hold(0, 5, hr=70, pulse=71).hold(6, 50, hr=0, pulse=72)
    assert unanswered.raised() == [("A16b", "medium"), ("A16b", "high"), ("A6", "emergency")]
    answered = Watched({}, only=QUIET).hold(0, 5, hr=70, pulse=71).hold(6, 20, hr=0, pulse=72)
    answered.answered("A16b", "medium")
    assert answered.hold(21, 170, hr=0, pulse=72).raised() == [("A16b", "medium")]


def test_the_reverse_a_lost_pulse_wave_while_the_ecg_beats() -> None:
    one = Watched({}, only=QUIET).hold(0, 5, hr=70, pulse=71).hold(6, 20, hr=70, pulse=0)
    assert one.raised() == [("A16b", "medium")]


def test_the_early_warning_score_never_pages_alone_and_adds_its_weight_to_another_alarm() -> None:
    def ill(at: float, **more: float) -> dict[str, float]:
        return {"sys": 102, "dia": 60, "hr": 92, "spo2": 95, "rr": 23, "temp": 38.4, "moaas": 5} | more

    alone = Watched({}, only=QUIET).see(0, **ill(0)).see(300, **ill(300))
    assert of(alone, "A14") == [("A14", "low")]
    worse = alone.see(330, **ill(330)).hold(331, 350, spo2=89)
    assert of(worse, "A14") == [("A14", "low"), ("A14", "medium")]
    postpartum = Watched({}, only=QUIET).set(0.5, without=("A14", "A14-red")).see(1, **ill(0)).see(301, **ill(300))
    assert of(postpartum, "A14") == []


def test_a_patients_own_limit_counts_until_it_expires() -> None:
    one = Watched({}, only=QUIET).limit(1, "A7", "low", 100, below=91).hold(2, 60, spo2=92.5)
    assert one.told() == []
    assert one.hold(61, 140, spo2=92.5).raised() == [("A7", "low")]


def test_missed_observations_are_told_low_then_medium_and_end_when_taken() -> None:
    one = Watched(only=["MISSED-BP"])
    for second in range(0, 700, 10):
        one.see(second, hr=70, spo2=98)
    assert one.timeline() == [(480.0, "MISSED-BP", "raised", "low"), (660.0, "MISSED-BP", "priority", "medium")]
    assert one.see(701, sys=122, dia=80).timeline()[-1] == (701, "MISSED-BP", "ended", "medium")


def test_a_raised_baseline_asks_for_pressure_every_five_minutes() -> None:
    one = Watched({"sys": 141.0, "dia": 80.0}, only=["MISSED-BP"])
    for second in range(0, 900, 10):
        one.see(second, hr=70, spo2=98, **({"sys": 142.0, "dia": 80.0} if second == 300 else {}))
    assert one.timeline()[0] == (780.0, "MISSED-BP", "raised", "low")


def test_in_recovery_dissociation_is_asked_for_until_it_is_gone_and_a_monitor_until_the_patient_is_awake() -> None:
    one = Watched(only=["MISSED-DISS"]).see(1, diss_obs=2, spo2=98, hr=70).set(10, stage="recovery").see(12, spo2=98, hr=70)
    assert one.copy().wait(1200).raised()[0] == ("A16-gap", "medium")
    calm = one.see(60, moaas=5, diss_obs=1).wait(5000)
    assert calm.told() == []


def test_the_state_survives_its_own_json() -> None:
    one = Watched({}, only=QUIET).limit(1, "A7", "low", 100, below=91).see(2, sys=170, dia=80, spo2=None).hold(3, 20, spo2=85)
    one.see(21, sys=220, dia=90, continuous=True)
    again = Watch.from_json(json.loads(json.dumps(one.watch.to_json())))
    assert again == one.watch
    assert Watch.from_json({}) == Watch()
    assert Conditions.from_json({}) == Conditions()


def test_when_nobody_measures_any_more_alarms_end_and_what_latches_waits_for_an_answer() -> None:
    one = Watched({}, only=QUIET).see(0, sys=166, dia=90, spo2=98).see(60, sys=167, dia=90, spo2=98).hold(61, 90, spo2=88)
    assert set(one.raised()) >= {("A1", "medium"), ("A7", "high")}
    one.set(100, stage=None)
    assert one.timeline()[-2:] == [(100, "A1", "ended", "medium"), (100, "A7", "cleared", "high")]
    assert one.answered("A7", "high") == [("ended", "high")]
