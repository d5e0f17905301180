"""The gates, as tables a nurse can read: what was measured and stated, and what is still missing."""

from datetime import UTC, datetime, timedelta

import pytest

from services.monitoring import tables
from services.monitoring.rules.gates import Attested, Reading, Said, judge_start

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
CODES = {"sys": "8480-6", "dia": "8462-4", "hr": "8867-4", "spo2": "59408-5", "rr": "9279-1", "temp": "8310-5"}
SAID: dict[str, Said | None] = {name: Said(True, name, NOW) for name in ("eligibility", "consent", "order")}
GOOD = {"sys": 122.0, "dia": 78.0, "hr": 70.0, "spo2": 98.0, "rr": 14.0}


def at(minutes_ago: float, **values: float) -> Reading:
    return Reading(NOW - timedelta(minutes=minutes_ago), {CODES[name]: value for name, value in values.items()})


def stated(*facts: str) -> dict[str, Attested]:
    return {fact: Attested(fact, True, "nurse-1", NOW) for fact in facts}


def two(**changed: float) -> list[Reading]:
    return [at(10, **(GOOD | changed)), at(2, **(GOOD | changed))]


ALL = stated(*(row.id for row in tables.start_gate().attested))
OVERRIDE = ALL | stated("provider_start_decision")
START = [
    # what is known                                     readings                   stated     outcome
    ("all is well", two(), ALL, "GO"),
    ("139/89", two(sys=139, dia=89), ALL, "GO"),
    ("140/89: measure again", two(sys=140, dia=89), ALL, "RE-MEASURE"),
    ("140/89, and a provider decides", two(sys=140, dia=89), OVERRIDE, "GO"),
    ("160/89: hold", two(sys=160, dia=89), ALL, "HOLD"),
    ("120/100: hold", two(sys=120, dia=100), ALL, "HOLD"),
    ("160/89, and a provider decides", two(sys=160, dia=89), OVERRIDE, "GO"),
    ("180/89: not today", two(sys=180, dia=89), ALL, "CANCEL TODAY"),
    ("120/110: not today, whoever decides", two(dia=110), OVERRIDE, "CANCEL TODAY"),
    ("89/60: hold", two(sys=89, dia=60), ALL, "HOLD"),
    ("heart rate 49", two(hr=49), ALL, "HOLD"),
    ("heart rate 111", two(hr=111), ALL, "HOLD"),
    ("saturation 93", two(spo2=93), ALL, "HOLD"),
    ("breaths 25", two(rr=25), ALL, "HOLD"),
    ("38.0 degrees", two(temp=38.0), ALL, "HOLD"),
    ("one reading only", two()[1:], ALL, "HOLD"),
    ("one reading only, and a provider decides", two()[1:], OVERRIDE, "HOLD"),
    ("readings too old", [at(31, **GOOD), at(30, **GOOD)], ALL, "HOLD"),
    ("no saturation", [at(m, **{k: v for k, v in GOOD.items() if k != "spo2"}) for m in (10, 2)], ALL, "HOLD"),
    ("no escort stated", two(), {k: v for k, v in ALL.items() if k != "escort"}, "NO START"),
]


@pytest.mark.parametrize(("readings", "known", "outcome"), [row[1:] for row in START], ids=[row[0] for row in START])
def test_the_start_gate(readings: list[Reading], known: dict[str, Attested], outcome: str) -> None:
    assert judge_start(tables.start_gate(), SAID, known, readings, NOW).outcome == outcome


def test_what_no_service_said_keeps_the_gate_closed() -> None:
    verdict = judge_start(tables.start_gate(), SAID | {"consent": None}, ALL, two(), NOW)
    assert verdict.outcome == "NO START"
    [consent] = [fact for fact in verdict.facts if fact.id == "consent"]
    assert (consent.met, consent.source) == (False, "never heard of")
