"""The discharge gate, as tables a nurse can read: what is known, what is still missing, and in which words."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from schemas.parts import GateFact
from services.monitoring import tables
from services.monitoring.rules.discharge import Known, Shortened, Unexplained, judge_discharge, latest_check, missing
from services.monitoring.rules.gates import Attested, Reading
from services.monitoring.rules.recovery_tables import RiskLevel
from services.monitoring.rules.rescreen import Answers, Rescreened, lowers, triage
from services.monitoring.rules.scores import ScaleId, Scored

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ENDED = NOW - timedelta(minutes=60)
CODES = {"sys": "8480-6", "dia": "8462-4", "hr": "8867-4", "spo2": "59408-5", "rr": "9279-1", "moaas": "moaas"}
CODES |= {"diss": "diss-obs", "oriented": "oriented", "nausea": "nausea", "oxygen": "oxygen"}
GOOD = {"sys": 124.0, "dia": 80.0, "hr": 70.0, "spo2": 98.0, "rr": 14.0}
PRESSURE = {"sys": 124.0, "dia": 80.0}
BASELINE = {CODES["sys"]: 122.0, CODES["dia"]: 78.0, CODES["hr"]: 70.0, CODES["spo2"]: 98.0}
MIND = {"moaas": 5.0, "diss": 1.0, "oriented": 1.0, "nausea": 3.0}


def ago(minutes: float) -> datetime:
    return NOW - timedelta(minutes=minutes)


def at(minutes: float, **values: float) -> Reading:
    return Reading(ago(minutes), {CODES[name]: value for name, value in values.items()})


def stated(*facts: str, minutes: float = 1, met: bool = True, detail: str = "") -> dict[str, Attested]:
    return {fact: Attested(fact, met, "nurse-1", ago(minutes), detail) for fact in facts}


def scored(*totals: tuple[float, int], scale: ScaleId = "aldrete") -> list[Scored]:
    return [Scored(scale, total, ago(minutes), "nurse-1") for minutes, total in totals]


HOME = stated(*(row.id for row in tables.discharge_gate().attested if row.id not in ("orientation", "nausea")))
FIT = [*scored((16, 9), (1, 9)), *scored((16, 9), (1, 9), scale="padss")]
ALL = Known(
    ended_at=ENDED,
    now=NOW,
    baseline=BASELINE,
    attested=HOME,
    readings=[at(16, **GOOD), at(2, **MIND), at(1, **GOOD)],
    scores=FIT,
    rescreen=Rescreened("NONE", "nurse-1", ago(5)),
    drug=Unexplained([], NOW),
    signer="nurse-1",
)


def judged(**changed: Any) -> tuple[GateFact, ...]:
    return judge_discharge(tables.discharge_gate(), tables.scores(), replace(ALL, **changed))


def fact(name: str, **changed: Any) -> GateFact:
    return next(found for found in judged(**changed) if found.id == name)


def vitals(*checks: Reading) -> dict[str, Any]:
    return {"readings": [*checks, at(0, **MIND)]}


def mind(**changed: float | None) -> dict[str, Any]:
    seen = {name: value for name, value in (MIND | changed).items() if value is not None}
    return {"readings": [at(16, **GOOD), at(2, **seen), at(1, **GOOD)]}


def test_all_is_met_and_each_fact_says_whence_and_since_when() -> None:
    assert missing(judged()) == []
    assert all(found.source and found.observed_at for found in judged())
    assert {found.id for found in judged()} >= {
        "recovery_time",
        "vital_signs",
        "aldrete",
        "padss",
        "suicide_rescreen",
        "signature",
    }


def test_nothing_was_ever_heard_of_and_every_line_tells_a_nurse_what_to_do() -> None:
    facts = judge_discharge(tables.discharge_gate(), tables.scores(), Known(ended_at=None, now=NOW))
    assert {found.id for found in facts if found.met} == {"alarms_answered", "alarms_resolved"}
    assert all(found.detail and found.source == "never heard of" for found in facts if not found.met)
    assert "recovery_time: the infusion has not ended; then 60 minutes" in missing(facts)
    assert "escort_identity: escort's identity not matched (nobody has stated it)" in missing(facts)


AGAIN = "9 or more needed, twice 15 min apart"
ONE_MISSING: list[tuple[str, dict[str, Any], str]] = [
    # what differs, what is known, the one line that is missing
    ("59 minutes", {"ended_at": ago(59)}, "recovery_time: 59 of 60 minutes"),
    ("59 minutes and 59 seconds", {"ended_at": ago(59 + 59 / 60)}, "recovery_time: 59 of 60 minutes"),
    ("one check", vitals(at(1, **GOOD)), "vital_signs: 1 good in a row, 0 min apart: 2 good checks needed, 15 min apart"),
    ("14 min apart", vitals(at(15, **GOOD), at(1, **GOOD)), "vital_signs: 2 good in a row, 14 min apart"),
    ("a bad one between", vitals(at(30, **GOOD), at(8, **(GOOD | {"sys": 161})), at(1, **GOOD)), "vital_signs: 1 good in a row"),
    ("before the end", vitals(at(75, **GOOD), at(61, **GOOD)), "vital_signs: no pressure since the infusion ended"),
    ("160", vitals(at(16, **GOOD), at(1, **(GOOD | {"sys": 160}))), "vital_signs: systolic pressure 160: below 160 needed"),
    ("too high", vitals(at(1, **(GOOD | {"sys": 147}))), "vital_signs: systolic pressure 147: within 20 % of 122 needed"),
    ("too low", vitals(at(1, **(GOOD | {"dia": 62}))), "vital_signs: diastolic pressure 62: within 20 % of 78 needed"),
    ("heart rate 49", vitals(at(1, **(GOOD | {"hr": 49}))), "vital_signs: heart rate 49: 50 to 110 needed"),
    ("saturation 93", vitals(at(1, **(GOOD | {"spo2": 93}))), "vital_signs: oxygen saturation 93: 94 to 100 needed"),
    ("breaths 25", vitals(at(1, **(GOOD | {"rr": 25}))), "vital_signs: breaths 25: 10 to 24 needed"),
    ("oxygen", vitals(at(40, oxygen=1), at(16, **GOOD), at(1, **GOOD)), "vital_signs: oxygen is given: room air needed"),
    (
        "breaths 16 min before the pressure",
        vitals(at(17, **GOOD), at(1, **{k: v for k, v in GOOD.items() if k != "rr"})),
        "vital_signs: breaths not measured within 15 min before the pressure",
    ),
    ("no baseline", {"baseline": {}}, "vital_signs: systolic pressure before the infusion never heard of"),
    ("no score", {"scores": FIT[2:]}, "aldrete: Aldrete not scored: 9 or more needed, twice 15 min apart"),
    ("score 8", {"scores": [*FIT, *scored((0, 8))]}, "aldrete: Aldrete 8: 9 or more needed, twice 15 min apart"),
    ("PADSS 8", {"scores": [*FIT, *scored((0, 8), scale="padss")]}, "padss: PADSS 8: 9 or more needed, twice 15 min apart"),
    ("scored once", {"scores": FIT[1:]}, "aldrete: Aldrete 9: 9 or more needed, twice 15 min apart; score again in 14 min"),
    ("14 min apart", {"scores": [*FIT[2:], *scored((15, 9), (1, 10))]}, "aldrete: Aldrete 10: 9 or more needed"),
    ("once, long ago", {"scores": [*FIT[2:], *scored((20, 9))]}, f"aldrete: Aldrete 9: {AGAIN}; score again now"),
    ("broken by an 8", {"scores": [*FIT[2:], *scored((40, 9), (20, 8), (1, 9))]}, "aldrete: Aldrete 9: 9 or more needed"),
    ("scored before the end", {"scores": [*FIT[2:], *scored((61, 9), (1, 9))]}, "aldrete: Aldrete 9: 9 or more needed"),
    ("MOAA/S 4", mind(moaas=4), "responsiveness: MOAA/S 4: 5 or more needed"),
    ("no MOAA/S", mind(moaas=None), "responsiveness: MOAA/S not recorded since the infusion ended: 5 or more needed"),
    ("DISS-OBS 2", mind(diss=2), "dissociation: DISS-OBS 2: 1 or less needed"),
    ("not oriented", mind(oriented=0), "orientation: oriented to three (1 yes, 0 no) 0: 1 or more needed"),
    ("nausea 4", mind(nausea=4), "nausea: nausea 4: 3 or less needed"),
    ("nausea stated, then worse", mind(nausea=4) | {"attested": HOME | stated("nausea", minutes=3)}, "nausea: nausea 4"),
    ("stated worse since", {"attested": HOME | stated("nausea", met=False)}, "nausea: nausea above 3"),
    ("stated too early", {"attested": HOME | stated("gait", minutes=61)}, "gait: gait not steady (stated before"),
    ("line in", {"attested": HOME | stated("line_removed", met=False)}, "line_removed: IV line not out"),
    ("waste", {"drug": Unexplained(["1.5 mg", "a case"], NOW)}, "waste_reconciled: waste not reconciled: 1.5 mg; a case"),
    ("no ledger", {"drug": None}, "waste_reconciled: the drug ledger was not read"),
    ("waste stated, not in the ledger", {"drug": Unexplained(["1.5 mg"], NOW), "attested": HOME | stated("waste_reconciled")},
     "waste_reconciled: waste not reconciled: 1.5 mg"),
    ("ride-share", {"attested": HOME | stated("escort_accompanies", met=False)}, "escort_accompanies: a ride alone is not"),
    ("no re-screen", {"rescreen": None}, "suicide_rescreen: C-SSRS since last not recorded"),
    ("re-screen too early", {"rescreen": Rescreened("LOW", "n", ago(61))}, "suicide_rescreen: C-SSRS since last not"),
    ("MODERATE", {"rescreen": Rescreened("MODERATE", "n", ago(5))}, "suicide_rescreen: C-SSRS MODERATE: "),
    ("HIGH", {"rescreen": Rescreened("HIGH", "n", ago(5))}, "suicide_rescreen: C-SSRS HIGH: do not leave alone"),
    ("HIGH, signed", {"rescreen": Rescreened("HIGH", "n", ago(5), "dr", NOW)}, "suicide_rescreen: C-SSRS HIGH"),
    ("HIGH before the end", {"rescreen": Rescreened("HIGH", "n", ago(61))}, "suicide_rescreen: C-SSRS HIGH"),
    ("HIGH-PENDING", {"rescreen": Rescreened("HIGH-PENDING", "n", ago(5))}, "suicide_rescreen: C-SSRS HIGH-PENDING: do not"),
    ("an alarm", {"open_alarms": ["A7", "A1"]}, "alarms_answered: high alarms are open: A1, A7"),
    ("a reader", {"signer": None}, "signature: a provider or nurse must sign, by discharging"),
]  # fmt: skip


@pytest.mark.parametrize(("known", "line"), [row[1:] for row in ONE_MISSING], ids=[row[0] for row in ONE_MISSING])
def test_one_thing_is_missing_and_said(known: dict[str, Any], line: str) -> None:
    [found] = missing(judged(**known))
    assert found.startswith(line)


@pytest.mark.parametrize("name", sorted(HOME))
def test_each_fact_that_staff_attest_is_asked_for(name: str) -> None:
    assert [line.split(":")[0] for line in missing(judged(attested={k: v for k, v in HOME.items() if k != name}))] == [name]


ENOUGH: list[tuple[str, dict[str, Any]]] = [
    ("30 minutes by order", {"ended_at": ago(30), "shortened": Shortened(30, "quick", "dr-lee", ago(20))}),
    ("159/99 and within 20 %", {"baseline": BASELINE | {CODES["sys"]: 140.0, CODES["dia"]: 90.0}} | vitals(
        at(16, **(GOOD | {"sys": 159, "dia": 99})), at(1, **(GOOD | {"sys": 159, "dia": 99})))),
    ("at the limits", vitals(at(16, **(GOOD | {"hr": 50, "spo2": 94, "rr": 10})), at(1, **(GOOD | {"hr": 110, "rr": 24})))),
    ("saturation 93 as before", {"baseline": BASELINE | {CODES["spo2"]: 93.0}} | vitals(
        at(16, **(GOOD | {"spo2": 93})), at(1, **(GOOD | {"spo2": 93})))),
    ("a cuff and a monitor", vitals(
        at(17, hr=70, spo2=98, rr=14), at(16, **PRESSURE), at(2, hr=71, spo2=97), at(2, rr=14), at(1, **PRESSURE))),
    ("a cuff and a monitor in one instant", vitals(
        at(16, **PRESSURE), at(16, hr=70, spo2=98, rr=14), at(1, **PRESSURE), at(1, hr=70, spo2=98, rr=14))),
    ("breaths 15 min before the pressure", vitals(at(16, **GOOD), at(1, **{k: v for k, v in GOOD.items() if k != "rr"}))),
    ("oxygen on and off", vitals(at(40, oxygen=1), at(20, oxygen=0), at(16, **GOOD), at(1, **GOOD))),
    ("three checks within 15 min", vitals(at(16, **GOOD), at(8, **GOOD), at(1, **GOOD))),
    ("an 8 and then two fit", {"scores": [*scored((40, 8)), *FIT]}),
    ("scored again and again", {"scores": [*FIT[2:], *scored((16, 9), (9, 9), (1, 9))]}),
    ("oriented as attested", mind(oriented=None) | {"attested": HOME | stated("orientation")}),
    ("nausea better, as stated since", mind(nausea=4) | {"attested": HOME | stated("nausea", minutes=1)}),
    ("nausea measured after it was denied", {"attested": HOME | stated("nausea", minutes=3, met=False)}),
    ("LOW", {"rescreen": Rescreened("LOW", "n", ago(5))}),
    ("MODERATE, signed", {"rescreen": Rescreened("MODERATE", "n", ago(5), "dr-lee", NOW)}),
]  # fmt: skip


@pytest.mark.parametrize("known", [row[1] for row in ENOUGH], ids=[row[0] for row in ENOUGH])
def test_it_is_enough(known: Mapping[str, Any]) -> None:
    assert missing(judged(**known)) == []


def test_who_signed_and_who_ordered_is_said() -> None:
    signed = fact("suicide_rescreen", rescreen=Rescreened("MODERATE", "n", ago(5), "dr-lee", NOW))
    assert (signed.source, signed.observed_at) == ("signed by dr-lee", NOW)
    ordered = fact("recovery_time", ended_at=ago(29), shortened=Shortened(30, "quick", "dr-lee", NOW))
    assert (ordered.met, ordered.detail) == (False, "29 of 30 minutes, as dr-lee ordered: quick")


NO = Answers(False, False, False, False, False, "no")
TRIAGE: list[tuple[dict[str, Any], RiskLevel | None]] = [
    ({}, "NONE"),
    ({"q1": True}, "LOW"),
    ({"q2": True}, "LOW"),
    ({"q3": True}, "MODERATE"),
    ({"q6": "earlier"}, "MODERATE"),
    ({"q4": True}, "HIGH"),
    ({"q5": True}, "HIGH"),
    ({"q6": "recent"}, "HIGH"),
    ({"q4": None}, "HIGH-PENDING"),
    ({"q5": None}, "HIGH-PENDING"),
    ({"q6": None}, "HIGH-PENDING"),
    ({"q3": True, "q4": None}, "HIGH-PENDING"),
    ({"q4": None, "q5": True}, "HIGH"),
    ({"q1": None, "q2": None, "q3": None, "q4": True}, "HIGH"),
    ({"q1": None}, None),
    ({"q3": None}, None),
    ({"q2": None, "q3": True}, "MODERATE"),
]


@pytest.mark.parametrize(("changed", "level"), TRIAGE, ids=[str(row[0]) for row in TRIAGE])
def test_triage_of_the_screener(changed: dict[str, Any], level: RiskLevel | None) -> None:
    assert triage(replace(NO, **changed)) == level


@pytest.mark.parametrize(
    ("before", "level", "is_lower"),
    [
        (None, "NONE", False), ("LOW", "NONE", False), ("MODERATE", "LOW", True), ("HIGH", "HIGH-PENDING", True),
        ("HIGH", "HIGH", False), ("HIGH-PENDING", "NONE", True), ("HIGH-PENDING", "HIGH", False), ("NONE", "HIGH", False),
    ],
)  # fmt: skip
def test_what_takes_a_level_back(before: RiskLevel | None, level: RiskLevel, is_lower: bool) -> None:
    assert lowers(before, level) is is_lower


def test_the_drug_ledger_is_named_and_how_old_its_word_is() -> None:
    found = fact("waste_reconciled", drug=Unexplained([], ago(2)))
    assert (found.met, found.source, found.observed_at) == (True, "drug ledger", ago(2))


def test_what_is_too_old_for_a_check_is_left_out_but_oxygen_stays_on() -> None:
    readings = [at(50, oxygen=1), at(16, hr=70), at(15, spo2=97), at(1, **PRESSURE)]
    found = latest_check(tables.discharge_gate().vitals, readings, NOW)
    assert found == {CODES["oxygen"]: 1, CODES["spo2"]: 97, CODES["sys"]: 124, CODES["dia"]: 80}
