"""`chairside replay`: a real recording goes through the whole clinic as one patient's monitor, and somebody is paged."""

import re
from pathlib import Path

from chairside.clinic import Clinic
from kit.testing import said as told
from schemas.monitoring.vitals import VITALS, VitalsMeasured
from tests.integration.chairside.conftest import Said


async def test_the_hypotensive_recording_pages_somebody(clinic: Clinic, said: Said, waveforms: Path) -> None:
    code, answer = said("replay", str(waveforms / "03700181"), "--seed", "3")
    outcome = answer["outcome"]
    assert (code, outcome["how"]) == (0, "home"), outcome["why"]
    assert answer["recording"]["seconds"] == outcome["played"] == 600
    assert answer["recording"]["derived"][0].startswith("heart rate: ECG MCL1, 1226 beats found")
    low = [alarm for alarm in answer["alarms"] if alarm["title"] == "blood pressure low"]
    assert low, answer["alarms"]
    assert low[0]["priority"] == "emergency", "a systolic pressure of 45 is below every limit"
    assert 0 < low[0]["seconds_into_infusion"] < 120
    urgent = [page for page in answer["pages"] if page["priority"] == "emergency"]
    assert urgent
    assert any(page["told"] for page in urgent)
    assert low[0]["answered_by"] or any(page["answer"] for page in urgent), "at the bedside, or by a link"

    found = [event for _, event in await told(clinic.kafka, clinic.prefix, VITALS) if isinstance(event, VitalsMeasured)]
    events = [event for event in found if str(event.session_id) == outcome["session_id"]]
    real = [event for event in events if not event.simulated]
    assert len(real) == 600
    assert {event.method for event in real} == {"continuous"}
    first, last = real[0].measured_at, real[-1].measured_at
    assert any(event.simulated and event.measured_at < first for event in events), "the gate's readings, which say so"
    invented = [event for event in events if event.simulated and event.method != "manual"]
    assert not [event for event in invented if first <= event.measured_at <= last], "what the nurse enters is hers"


async def test_the_false_asystole_is_told_as_signals_that_disagree(clinic: Clinic, said: Said, waveforms: Path) -> None:
    code, answer = said("replay", str(waveforms / "a103l"), "--seed", "4")
    outcome = answer["outcome"]
    assert (code, outcome["how"]) == (0, "home"), outcome["why"]
    assert answer["recording"]["derived"][0].startswith("heart rate: ECG V, 605 beats found")
    alarms = {alarm["code"]: alarm for alarm in answer["alarms"]}
    assert not {"A6", "A13-arrest"} & set(alarms)
    apart = alarms["A16b"]
    assert apart["title"] == "signals disagree"
    assert re.fullmatch(r"ECG \d\.?\d*/min, plethysmogram 1\d\d\.?\d*/min", apart["detail"])

    found = [event for _, event in await told(clinic.kafka, clinic.prefix, VITALS) if isinstance(event, VitalsMeasured)]
    real = [event for event in found if str(event.session_id) == outcome["session_id"] and not event.simulated]
    assert {m.code for event in real for m in event.measurements} == {"8867-4", "8889-8"}


def test_a_lead_that_is_not_recorded_is_a_clear_problem(said: Said, waveforms: Path) -> None:
    code, answer = said("replay", str(waveforms / "a103l"), "--lead", "V6")
    assert code == 1
    assert answer["problem"] == "a103l has no ECG lead V6; its signals: II, V, PLETH."


def test_a_record_that_cannot_be_read_is_a_clear_problem(said: Said) -> None:
    code, answer = said("replay", "nowhere/record")
    assert code == 1
    assert "cannot be read" in answer["problem"]
    assert answer["todo"]
