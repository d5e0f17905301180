"""The gates, as tables a nurse can read: what was measured and stated, and what is still missing."""

from datetime import UTC, datetime, timedelta

import pytest

from services.monitoring import tables
from services.monitoring.rules.gates import Attested, Reading, Said, judge_start

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
CODES = {"sys": "8480-6", "dia": "8462-4", "hr": "8867-4", "spo2": "59408-5", "rr": "9279-1", "temp": "8310-5", "moaas": "moaas"}
SAID: dict[str, Said | None] = {name: Said(True, name, NOW) for name in ("eligibility", "consent", "order")}
GOOD = {"sys": 122.0, "dia": 78.0, "hr": 70.0, "spo2": 98.0, "rr": 14.0}


def at(minutes_ago: float, **values: float) -> Reading:
    return Reading(NOW - timedelta(minutes=minutes_ago), {CODES[name]: value for name, value in values.items()})


def stated(*facts: str, met: bool = True, minutes_ago: float = 0) -> dict[str, Attested]:
    return {fact: Attested(fact, met, "nurse-1", NOW - timedelta(minutes=minutes_ago)) for fact in facts}


def two(**changed: float) -> list[Reading]:
    return [at(10, **(GOOD | changed)), at(2, **(GOOD | changed))]


def raised(*minutes_ago: float, sys: float = 140.0) -> list[Reading]:
    return [at(minutes, **(GOOD | {"sys": sys, "dia": 89.0})) for minutes in minutes_ago]


NEVER_OVERRIDDEN = ("escort", "npo", "suicide_screen", "pregnancy", "sober", "responsive", "identity", "clinician")
ALL = stated(*(row.id for row in tables.start_gate().attested))
OVERRIDE = ALL | stated("provider_start_decision")
START = [
    # what is known                                     readings                   stated     outcome
    ("all is well", two(), ALL, "GO"),
    ("139/89", two(sys=139, dia=89), ALL, "GO"),
    ("140/89: measure again", two(sys=140, dia=89), ALL, "RE-MEASURE"),
    ("140/89, and a provider decides before it was measured again", two(sys=140, dia=89), OVERRIDE, "RE-MEASURE"),
    ("140/89 again after one rest", raised(16, 10, 4), ALL, "RE-MEASURE"),
    ("140/89 again, but without a rest", raised(9, 8, 7, 6, 5), ALL, "RE-MEASURE"),
    ("140/89 again after two rests: a provider's to decide", raised(22, 16, 10, 4), ALL, "HOLD"),
    ("140/89 again after two rests, and a provider decides", raised(22, 16, 10, 4), OVERRIDE, "GO"),
    ("140/89, and down after a rest", [*raised(16, 10), at(4, **GOOD), at(2, **GOOD)], ALL, "GO"),
    ("160/89: hold", two(sys=160, dia=89), ALL, "HOLD"),
    ("120/100: hold", two(sys=120, dia=100), ALL, "HOLD"),
    ("160/89, and a provider decides", two(sys=160, dia=89), OVERRIDE, "GO"),
    ("160/89, and a provider says no", two(sys=160, dia=89), OVERRIDE | stated("provider_start_decision", met=False), "HOLD"),
    (
        "165/89, decided when it was 150/89",
        [*raised(16, 10, sys=150), at(4, **(GOOD | {"sys": 180})), at(1, **(GOOD | {"sys": 158}))],
        ALL | stated("provider_start_decision", minutes_ago=8),
        "HOLD",
    ),
    (
        "heart rate 120, decided when it was 70",
        [*two(sys=160), at(1, hr=120)],
        ALL | stated("provider_start_decision", minutes_ago=1.5),
        "HOLD",
    ),
    ("heart rate 120, and a provider decides", two(hr=120), OVERRIDE, "GO"),
    ("179/109: hold", two(sys=179, dia=109), ALL, "HOLD"),
    ("180/89: not today", two(sys=180, dia=89), ALL, "CANCEL TODAY"),
    ("120/110: not today, whoever decides", two(dia=110), OVERRIDE, "CANCEL TODAY"),
    ("89/60: hold", two(sys=89, dia=60), ALL, "HOLD"),
    ("90/60", two(sys=90, dia=60), ALL, "GO"),
    ("heart rate 50", two(hr=50), ALL, "GO"),
    ("heart rate 110", two(hr=110), ALL, "GO"),
    ("saturation 94", two(spo2=94), ALL, "GO"),
    ("breaths 10", two(rr=10), ALL, "GO"),
    ("breaths 24", two(rr=24), ALL, "GO"),
    ("breaths 9", two(rr=9), ALL, "HOLD"),
    ("37.9 degrees", two(temp=37.9), ALL, "GO"),
    ("heart rate 49", two(hr=49), ALL, "HOLD"),
    ("heart rate 111", two(hr=111), ALL, "HOLD"),
    ("saturation 93", two(spo2=93), ALL, "HOLD"),
    ("breaths 25", two(rr=25), ALL, "HOLD"),
    ("38.0 degrees", two(temp=38.0), ALL, "HOLD"),
    ("one reading only", two()[1:], ALL, "HOLD"),
    ("one reading only, and a provider decides", two()[1:], OVERRIDE, "HOLD"),
    ("readings too old", [at(31, **GOOD), at(30, **GOOD)], ALL, "HOLD"),
    ("no saturation", [at(m, **{k: v for k, v in GOOD.items() if k != "spo2"}) for m in (10, 2)], ALL, "HOLD"),
    (
        "no saturation, whoever decides",
        [at(m, **{k: v for k, v in GOOD.items() if k != "spo2"}) for m in (10, 2)],
        OVERRIDE,
        "HOLD",
    ),
    ("no escort stated", two(), {k: v for k, v in ALL.items() if k != "escort"}, "NO START"),
    *((f"{fact} not met, whoever decides", two(), OVERRIDE | stated(fact, met=False), "NO START") for fact in NEVER_OVERRIDDEN),
    ("MOAA/S measured as 4, attested as 5", [*two(), at(1, moaas=4)], ALL, "NO START"),
    ("MOAA/S measured as 5, not attested", [*two(), at(1, moaas=5)], {k: v for k, v in ALL.items() if k != "responsive"}, "GO"),
    ("MOAA/S measured as 4 long ago, attested as 5", [at(16, moaas=4), *two()], ALL, "GO"),
    ("an item that is not hard was not stated", two(), {k: v for k, v in ALL.items() if k != "allergies"}, "GO"),
    ("an item that is not hard is not met", two(), ALL | stated("comfort", met=False), "GO"),
]


@pytest.mark.parametrize(("readings", "known", "outcome"), [row[1:] for row in START], ids=[row[0] for row in START])
def test_the_start_gate(readings: list[Reading], known: dict[str, Attested], outcome: str) -> None:
    assert judge_start(tables.start_gate(), SAID, known, readings, NOW).outcome == outcome


def test_what_no_service_said_keeps_the_gate_closed() -> None:
    verdict = judge_start(tables.start_gate(), SAID | {"consent": None}, ALL, two(), NOW)
    assert verdict.outcome == "NO START"
    [consent] = [fact for fact in verdict.facts if fact.id == "consent"]
    assert (consent.met, consent.source) == (False, "never heard of")


def test_a_gate_says_what_to_do_how_long_is_left_and_what_is_only_recorded() -> None:
    gate = tables.start_gate()
    held = [at(22, **(GOOD | {"sys": 165})), at(20, **(GOOD | {"sys": 165})), at(4, **(GOOD | {"sys": 165}))]
    held.append(at(2, **(GOOD | {"sys": 165})))
    known = {k: v for k, v in ALL.items() if k != "allergies"} | stated("suicide_screen", met=False)
    facts = {fact.id: fact for fact in judge_start(gate, SAID, known, held, NOW).facts}
    assert facts["blood_pressure"].detail == "HOLD: 10 of 30 minutes left to measure again"
    assert (facts["allergies"].met, facts["allergies"].hard, facts["allergies"].source) == (False, False, "never heard of")
    assert "do not leave the patient alone" in facts["suicide_screen"].todo
    assert facts["escort"].todo == ""
    later = judge_start(gate, SAID, ALL, [*held, at(-9, **(GOOD | {"sys": 165}))], NOW + timedelta(minutes=11))
    assert later.outcome == "HOLD"
    assert {f.id: f.todo for f in later.facts}["blood_pressure"] == gate.advice.hold_over


@pytest.mark.parametrize(("sys", "dia", "ambulance"), [(180, 80, True), (150, 110, False), (150, 120, True)])
def test_what_is_not_today_stays_so_and_says_when_to_call_an_ambulance(sys: float, dia: float, ambulance: bool) -> None:
    gate = tables.start_gate()
    verdict = judge_start(gate, SAID, OVERRIDE, two(sys=sys, dia=dia), NOW)
    [pressure] = [fact for fact in verdict.facts if fact.id == "blood_pressure"]
    assert (verdict.outcome, "911" in pressure.todo) == ("CANCEL TODAY", ambulance)
    again = judge_start(gate, SAID, OVERRIDE, two(), NOW, cancelled_at=NOW - timedelta(minutes=30))
    assert (again.outcome, "blood_pressure" in again.unmet) == ("CANCEL TODAY", True)


def test_every_item_of_the_checklist_is_asked_for() -> None:
    asked = {fact.id for fact in judge_start(tables.start_gate(), SAID, {}, [], NOW).facts}
    hard = {"identity", "eligibility", "consent", "order", "pregnancy", "npo", "escort", "blood_pressure", "heart_rate"}
    hard |= {"oxygen_saturation", "breaths", "weight", "suicide_screen", "clinician"}
    recorded = {"allergies", "substances", "illness", "adverse_events", "line", "emergency_equipment", "alarms_tested"}
    recorded |= {"drug_checked", "consumables", "comfort", "directives"}
    assert asked >= hard | recorded
    assert set(judge_start(tables.start_gate(), SAID | dict.fromkeys(SAID), {}, [], NOW).unmet) >= hard
