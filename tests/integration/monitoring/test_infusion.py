"""The infusion on a real store and broker: what it takes to start, to go on, and what is known of it at every moment."""

import json
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest

from kit.testing import Stage
from schemas.intake.orders import OrderSigned
from schemas.monitoring.alarms import AlarmEnded, AlarmRaised, Priority
from schemas.monitoring.sessions import (
    BolusGiven,
    DeviceReleased,
    DoseChecked,
    InfusionEnded,
    InfusionPaused,
    InfusionStarted,
    InfusionStopped,
    PatientTransferred,
    SessionCancelled,
    SessionCleared,
    SessionHeld,
    TimeOutCompleted,
)
from schemas.scheduling.appointments import AppointmentCancelled
from services.monitoring import store
from services.monitoring.app import SERVICE
from services.monitoring.on import appointments, orders
from services.monitoring.record import Source, escalate
from tests.integration.monitoring.test_session import (
    ALL,
    MORNING,
    ORDER,
    PATIENT,
    START_FACTS,
    arrive,
    attest,
    events,
    hear,
    infusing,
    measure,
)

PROVIDER = ("sessions.read", "sessions.write", "orders.sign")


@pytest.fixture
async def stage(kafka: str, database: str, prefix: str, tmp_path: Path) -> AsyncIterator[Stage]:
    async with Stage([SERVICE], kafka, {"monitoring": database}, prefix, tmp_path, MORNING) as there:
        yield there


@pytest.fixture
def api(stage: Stage) -> httpx2.AsyncClient:
    return stage.http("monitoring", actor="nurse-1", permissions=ALL)


@pytest.fixture
def second(stage: Stage) -> httpx2.AsyncClient:
    return stage.http("monitoring", actor="nurse-2", permissions=ALL)


@pytest.fixture
def provider(stage: Stage) -> httpx2.AsyncClient:
    return stage.http("monitoring", actor="dr-lee", permissions=PROVIDER)


async def ordered(stage: Stage, **changed: Any) -> None:
    """The order of `arrive`, otherwise: the first that is heard counts."""
    order = OrderSigned(
        order_id=ORDER, patient_id=PATIENT, screening_id=uuid4(), indication="IND-TRD", dose_mg=41, dose_mg_per_kg=0.5,
        dosing_weight_kg=82, duration_minutes=40, infusions=6, protocol_version="t", prescriber_id="dr-lee",
        signed_at=stage.clock.now(),
    )  # fmt: skip
    await hear(stage, orders.remember_order, order.model_copy(update=changed))


async def ready(stage: Stage, api: httpx2.AsyncClient, **pressure: float) -> str:
    """A patient in the chair with two readings and all attested; returns the session."""
    session = await arrive(stage, api)
    await api.put("/devices/monitor-2/binding", json={"session_id": session})
    await twice(stage, api, **pressure)
    await attest(api, session, START_FACTS)
    return session


async def twice(stage: Stage, api: httpx2.AsyncClient, **pressure: float) -> None:
    for _ in range(2):
        await stage.advance(minutes=1)
        await measure(stage, api, **({"sys": 122, "dia": 78, "hr": 70, "spo2": 98, "rr": 14} | pressure))


async def gate(api: httpx2.AsyncClient, session: str) -> Any:
    return (await api.post(f"/sessions/{session}/gate")).json()


async def move(api: httpx2.AsyncClient, session: str, name: str, **body: Any) -> httpx2.Response:
    return await api.post(f"/sessions/{session}/infusion/{name}", json=body)


async def shown(api: httpx2.AsyncClient, session: str) -> Any:
    return (await api.get(f"/sessions/{session}")).json()


async def pump(stage: Stage, session: str) -> tuple[float, float]:
    """What the alarm engine compares a pump with: mL/h and mL."""
    kept = json.loads(
        await stage.running["monitoring"].store.pool.fetchval(
            "SELECT baseline FROM sessions WHERE session_id = $1", UUID(session)
        )
    )
    return kept["pump-rate"], kept["pump-volume"]


async def alarm(stage: Stage, session: str, code: str, priority: Priority) -> None:
    async with stage.running["monitoring"].store.transaction() as tx:
        held = await store.hold(tx, UUID(session))
        assert held is not None
        await escalate(tx, Source.of(held), code, "blood pressure high", priority)


async def test_a_start_takes_a_time_out_by_two_people_and_says_what_is_missing(
    stage: Stage, api: httpx2.AsyncClient, second: httpx2.AsyncClient
) -> None:
    session = await ready(stage, api)
    early = await api.post(f"/sessions/{session}/time-out")
    assert (early.status_code, early.json()["todo"]) == (409, "pass the start gate first")
    assert (await gate(api, session))["outcome"] == "GO"
    for complete in (None, False):
        refused = await move(api, session, "start")
        assert (refused.status_code, refused.json()["detail"]) == (409, "not met: time_out")
        said = await api.post(f"/sessions/{session}/time-out")
        assert said.json().get("complete") == (False if complete is None else None)
    assert said.json()["todo"] == "ask a colleague to do it too"
    assert (await second.post(f"/sessions/{session}/time-out")).json() == {"complete": True, "staff_ids": ["nurse-1", "nurse-2"]}
    [completed] = await events(stage, TimeOutCompleted)
    assert completed.staff_ids == ("nurse-1", "nurse-2")
    assert (await move(api, session, "start")).json()["phase"] == "INFUSING"
    [started] = await events(stage, InfusionStarted)
    assert (started.actor, started.dose_mg, started.concentration_mg_per_ml, started.volume_ml) == ("nurse-1", 41, 1, 41)
    assert (started.rate_mg_per_minute, started.rate_ml_per_hour) == (pytest.approx(1.025), pytest.approx(61.5))
    assert {vital.code: vital.value for vital in started.vitals}["8480-6"] == 122


async def test_a_gate_that_no_longer_holds_voids_the_time_out(
    stage: Stage, api: httpx2.AsyncClient, second: httpx2.AsyncClient
) -> None:
    session = await ready(stage, api)
    await gate(api, session)
    for somebody in (api, second):
        await somebody.post(f"/sessions/{session}/time-out")
    await stage.advance(minutes=16)
    stale = await move(api, session, "start")
    assert stale.status_code == 409
    assert {"blood_pressure", "heart_rate"} <= set(stale.json()["detail"].removeprefix("not met: ").split(", "))
    assert "time_out" not in stale.json()["detail"]
    assert (await gate(api, session))["outcome"] == "HOLD"
    await twice(stage, api)
    assert (await gate(api, session))["outcome"] == "GO"
    assert (await move(api, session, "start")).json()["detail"] == "not met: time_out"


async def test_what_is_given_is_known_at_every_moment_and_a_pump_is_told_what_it_should_say(
    stage: Stage, api: httpx2.AsyncClient
) -> None:
    session = await infusing(stage, api)
    assert await pump(stage, session) == (pytest.approx(61.5), 41)
    began = stage.clock.now()
    await stage.advance(minutes=10)
    assert (await move(api, session, "slow", rate_percent=50, reason="dizzy")).json()["phase"] == "SLOWED"
    assert (await move(api, session, "slow", rate_percent=60, reason="better")).status_code == 422
    assert await pump(stage, session) == (pytest.approx(30.75), 41)
    await stage.advance(minutes=10)
    seen = (await shown(api, session))["infusion"]
    assert (seen["given_mg"], seen["rate_ml_per_hour"]) == (pytest.approx(15.375), pytest.approx(30.75))
    assert datetime.fromisoformat(seen["ends_at"]) == began + timedelta(minutes=70)
    assert (await move(api, session, "pause", reason="toilet")).json()["phase"] == "PAUSED"
    assert await pump(stage, session) == (0, 41)
    await stage.advance(minutes=5)
    seen = (await shown(api, session))["infusion"]
    assert (seen["given_mg"], seen["ends_at"], seen["pauses"]) == (pytest.approx(15.375), None, 1)
    assert (await move(api, session, "resume")).json()["phase"] == "INFUSING"
    await stage.advance(minutes=20)
    assert (await move(api, session, "end")).json()["phase"] == "RECOVERY"
    await stage.advance(minutes=20)
    seen = (await shown(api, session))["infusion"]
    assert (seen["given_mg"], seen["outcome"], seen["rate_ml_per_hour"]) == (pytest.approx(35.875), "ENDED", 0)
    [ended] = await events(stage, InfusionEnded)
    assert ended.given_mg == pytest.approx(35.875)
    [paused] = await events(stage, InfusionPaused)
    assert (paused.reason, paused.actor, {v.code for v in paused.vitals} >= {"8480-6", "8867-4"}) == ("toilet", "nurse-1", True)
    assert await pump(stage, session) == (0, 41)


async def test_what_was_stopped_is_not_resumed(stage: Stage, api: httpx2.AsyncClient, provider: httpx2.AsyncClient) -> None:
    session = await infusing(stage, api)
    await stage.advance(minutes=4)
    assert (await move(api, session, "stop", reason="chest pain")).json()["phase"] == "RECOVERY"
    refused = await move(provider, session, "resume", reason="it is over")
    assert (refused.status_code, refused.json()["todo"]) == (409, "possible now: transfer, leave")
    [stopped] = await events(stage, InfusionStopped)
    assert (stopped.reason, stopped.given_mg) == ("chest pain", pytest.approx(4.1))
    assert (await shown(api, session))["infusion"]["outcome"] == "STOPPED"


async def test_a_bolus_is_for_pain_and_never_more_than_the_order(
    stage: Stage, api: httpx2.AsyncClient, second: httpx2.AsyncClient
) -> None:
    await ordered(stage, indication="IND-CRPS")
    session = await infusing(stage, api)
    await stage.advance(minutes=10)
    over = await move(api, session, "bolus", mg=28.8, reason="pain 9 of 10")
    assert (over.status_code, over.json()["faults"][0]["expected"][:18]) == (422, "at most 28.70 mg n")
    assert (await move(api, session, "bolus", mg=20, reason="pain 9 of 10")).json()["phase"] == "INFUSING"
    [given] = await events(stage, BolusGiven)
    assert (given.mg, given.given_mg, given.reason) == (20, pytest.approx(30.25), "pain 9 of 10")
    left = await move(api, session, "bolus", mg=11, reason="pain 9 of 10")
    assert (left.status_code, "at most 10.75 mg" in left.json()["faults"][0]["expected"]) == (422, True)
    await move(api, session, "pause", reason="sleepy")
    assert (await move(api, session, "bolus", mg=1, reason="pain 9 of 10")).status_code == 409


async def test_a_bolus_is_not_for_the_mood(stage: Stage, api: httpx2.AsyncClient) -> None:
    session = await infusing(stage, api)
    assert (await move(api, session, "bolus", mg=1, reason="low")).json()["title"] == "No bolus here"


async def test_a_pause_too_long_and_pauses_too_many_are_told_until_somebody_acts(stage: Stage, api: httpx2.AsyncClient) -> None:
    session = await infusing(stage, api)
    await move(api, session, "pause", reason="toilet")
    await stage.advance(minutes=14)
    assert [a.code for a in await events(stage, AlarmRaised) if a.code.startswith("PAUSE")] == []
    await stage.advance(minutes=1)
    [long] = [a for a in await events(stage, AlarmRaised) if a.code == "PAUSE-LONG"]
    assert (long.priority, "waste the rest with a witness" in long.advice) == ("high", True)
    await move(api, session, "resume")
    assert [a.code for a in await events(stage, AlarmEnded) if a.code.startswith("PAUSE")] == ["PAUSE-LONG"]
    for count in (2, 3):
        await move(api, session, "pause", reason="toilet")
        assert len([a for a in await events(stage, AlarmRaised) if a.code == "PAUSES"]) == (count > 2)
        if count == 2:
            await move(api, session, "resume")
    await move(api, session, "stop", reason="paused too often")
    assert {a.code for a in await events(stage, AlarmEnded)} >= {"PAUSE-LONG", "PAUSES"}
    await stage.advance(minutes=20)
    assert len([a for a in await events(stage, AlarmRaised) if a.code == "PAUSE-LONG"]) == 1


async def test_after_a_pause_for_pressure_it_goes_on_slowly_and_by_order(
    stage: Stage, api: httpx2.AsyncClient, provider: httpx2.AsyncClient
) -> None:
    session = await infusing(stage, api)
    await alarm(stage, session, "A1", "high")
    await move(api, session, "pause", reason="pressure")
    refused = await move(api, session, "resume")
    assert (refused.status_code, refused.json()["title"]) == (409, "It was paused for blood pressure")
    assert len(refused.json()["detail"].split("; ")) == 3
    decision = {"attestations": [{"fact": "provider_resume_decision", "met": True, "detail": "seen, calm, go on slowly"}]}
    assert (await api.post(f"/sessions/{session}/attestations", json=decision)).status_code == 403
    await stage.advance(minutes=1)
    assert (await provider.post(f"/sessions/{session}/attestations", json=decision)).status_code == 204
    assert "last 2 pressures" in (await move(api, session, "resume", rate_percent=50)).json()["detail"]
    await twice(stage, api, sys=150, dia=90)
    assert (await move(api, session, "resume", rate_percent=50)).json()["phase"] == "SLOWED"
    faster = await move(api, session, "resume", rate_percent=60)
    assert (faster.status_code, faster.json()["detail"]) == (409, "at most 50 % of the ordered rate")
    assert (await move(provider, session, "resume", rate_percent=100)).status_code == 409
    assert (await move(provider, session, "resume", rate_percent=100, reason="stable since")).json()["phase"] == "INFUSING"


async def test_an_emergency_asks_to_stop_and_only_a_provider_goes_on(
    stage: Stage, api: httpx2.AsyncClient, provider: httpx2.AsyncClient
) -> None:
    session = await infusing(stage, api)
    await move(api, session, "pause", reason="headache")
    await stage.advance(minutes=1)
    await measure(stage, api, sys=202, dia=100, hr=80, spo2=98)
    assert "stop it for good" in (await move(api, session, "resume", rate_percent=50)).json()["detail"]
    assert (await move(provider, session, "resume", rate_percent=50, reason="cuff was wrong")).json()["phase"] == "SLOWED"


async def test_a_large_dose_is_checked_by_two_people(stage: Stage, api: httpx2.AsyncClient, second: httpx2.AsyncClient) -> None:
    await ordered(stage, dose_mg=65.6, dose_mg_per_kg=0.8)
    session = await ready(stage, api)
    judged = await gate(api, session)
    assert (judged["outcome"], [f["id"] for f in judged["facts"] if f["hard"] and not f["met"]]) == ("NO START", ["dose_check"])
    path, right = f"/sessions/{session}/dose-check", {"dose_mg": 65.6, "rate_mg_per_minute": 1.64}
    wrong = await api.post(path, json={"dose_mg": 656, "rate_mg_per_minute": 1.8})
    fields = [fault["field"] for fault in wrong.json()["faults"]]
    assert (wrong.status_code, fields) == (422, ["body.dose_mg", "body.rate_mg_per_minute"])
    assert "65.6" not in wrong.text
    assert (await api.post(path, json=right)).json()["complete"] is False
    assert (await api.post(path, json=right)).status_code == 409
    assert (await second.post(path, json=right)).json()["complete"] is True
    assert (await gate(api, session))["outcome"] == "GO"
    [checked] = await events(stage, DoseChecked)
    assert (checked.staff_ids, checked.why) == (("nurse-1", "nurse-2"), "above 0.75 mg/kg")


async def test_a_dose_much_larger_than_the_last_is_checked_too(stage: Stage, api: httpx2.AsyncClient) -> None:
    first = await infusing(stage, api)
    await move(api, first, "stop", reason="enough for today")
    await api.post(f"/sessions/{first}/transfer", json={"reason": "to be out of the chair"})
    await stage.running["monitoring"].store.pool.execute("UPDATE orders SET dose_mg = 52")
    session = await ready(stage, api)
    [check] = [fact for fact in (await gate(api, session))["facts"] if fact["id"] == "dose_check"]
    assert (check["met"], check["detail"]) == (False, "needed: over 25 % more than last time")


async def test_no_check_where_none_is_needed_and_no_infusion_below_half_an_hour(stage: Stage, api: httpx2.AsyncClient) -> None:
    await ordered(stage, duration_minutes=29)
    session = await ready(stage, api)
    body = {"dose_mg": 41, "rate_mg_per_minute": 1}
    assert (await api.post(f"/sessions/{session}/dose-check", json=body)).json()["title"] == "No check is needed"
    judged = await gate(api, session)
    assert [f["detail"] for f in judged["facts"] if f["hard"] and not f["met"]] == ["29 minutes, at least 30"]


async def test_a_transfer_stops_what_runs_and_ends_the_watching(stage: Stage, api: httpx2.AsyncClient) -> None:
    session = await infusing(stage, api)
    await stage.advance(minutes=10)
    gone = await api.post(f"/sessions/{session}/transfer", json={"reason": "chest pain, ambulance called"})
    assert gone.json()["phase"] == "TRANSFERRED"
    assert (await api.get("/sessions")).json() == []
    [stopped], [transferred] = await events(stage, InfusionStopped), await events(stage, PatientTransferred)
    assert (stopped.given_mg, transferred.reason) == (pytest.approx(10.25), "chest pain, ambulance called")
    assert (transferred.actor, bool(transferred.vitals)) == ("nurse-1", True)
    assert len(await events(stage, DeviceReleased)) == 1
    again = await api.post(f"/sessions/{session}/transfer", json={"reason": "again"})
    assert (again.status_code, again.json()["todo"]) == (409, "possible now: nothing more")


async def test_a_checklist_keeps_what_was_said_and_events_do_not_carry_it(stage: Stage, api: httpx2.AsyncClient) -> None:
    session = await ready(stage, api)
    said = {"fact": "escort", "met": True, "detail": "Ann Example, sister, here at 11"}
    await api.post(f"/sessions/{session}/attestations", json={"attestations": [said]})
    await stage.advance(minutes=2)
    items = {item["id"]: item for item in (await api.get(f"/sessions/{session}/checklist")).json()}
    escort, comfort = items["escort"], items["comfort"]
    assert (escort["met"], escort["detail"], escort["age_seconds"], escort["source"]) == (
        *(True, said["detail"], 120.0, "attested by nurse-1"),
    )
    assert (comfort["met"], comfort["hard"], comfort["source"]) == (None, False, "never heard of")
    await gate(api, session)
    [cleared] = await events(stage, SessionCleared)
    assert ("Ann" in cleared.model_dump_json(), cleared.actor, cleared.reason) == (False, "nurse-1", "GO")
    assert {fact.id for fact in cleared.facts if not fact.met} >= {"comfort", "allergies"}


async def test_cancel_today_stands_for_the_session(stage: Stage, api: httpx2.AsyncClient, provider: httpx2.AsyncClient) -> None:
    session = await ready(stage, api, sys=182)
    assert (await gate(api, session))["outcome"] == "CANCEL TODAY"
    decision = {"attestations": [{"fact": "provider_start_decision", "met": True, "detail": "it came down by itself"}]}
    assert (await provider.post(f"/sessions/{session}/attestations", json=decision)).status_code == 204
    await stage.advance(minutes=20)
    await twice(stage, api)
    assert (await gate(api, session))["outcome"] == "CANCEL TODAY"
    assert {held.outcome for held in await events(stage, SessionHeld)} == {"CANCEL TODAY"}


async def test_an_appointment_cancelled_elsewhere_releases_the_monitor(stage: Stage, api: httpx2.AsyncClient) -> None:
    session = await ready(stage, api)
    seen = await shown(api, session)
    cancelled = AppointmentCancelled(
        appointment_id=UUID(seen["appointment_id"]), patient_id=PATIENT, chair=2, reason="called", cancelled_at=stage.clock.now()
    )
    await hear(stage, appointments.cancel_session, cancelled)
    await hear(stage, appointments.cancel_session, cancelled)
    assert (len(await events(stage, SessionCancelled)), len(await events(stage, DeviceReleased))) == (1, 1)


GARBAGE = [
    ("infusion/start", {"concentration_mg_per_ml": 100}, "body.concentration_mg_per_ml"),
    ("infusion/start", {"concentration_mg_per_ml": 0.001}, "body.concentration_mg_per_ml"),
    ("infusion/start", {"concentration_mg_per_ml": 1e-320}, "body.concentration_mg_per_ml"),
    ("infusion/start", {"concentration_mg_per_ml": 0}, "body.concentration_mg_per_ml"),
    ("infusion/start", {"concentration_mg_per_ml": "1"}, "body.concentration_mg_per_ml"),
    ("infusion/start", {"concentration_mg_per_ml": True}, "body.concentration_mg_per_ml"),
    ("infusion/start", {"rate_ml_per_hour": 50}, "body.rate_ml_per_hour"),
    ("infusion/start", {"rate_percent": 50}, "body.rate_percent"),
    ("infusion/slow", {"rate_percent": 0, "reason": "dizzy"}, "body.rate_percent"),
    ("infusion/slow", {"rate_percent": 100, "reason": "dizzy"}, "body.rate_percent"),
    ("infusion/slow", {"rate_percent": 50}, "body.reason"),
    ("infusion/pause", {}, "body.reason"),
    ("infusion/pause", {"reason": "   "}, "body.reason"),
    ("infusion/pause", {"reason": "to\u0000day"}, "body.reason"),
    ("infusion/stop", {"reason": "x"}, "body.reason"),
    ("infusion/resume", {"rate_percent": 101}, "body.rate_percent"),
    ("infusion/bolus", {"mg": -1, "reason": "pain"}, "body.mg"),
    ("infusion/bolus", {"mg": None, "reason": "pain"}, "body.mg"),
    ("infusion/end", {"reason": 7}, "body.reason"),
    ("transfer", {}, "body.reason"),
    ("cancellation", {"reason": ""}, "body.reason"),
    ("dose-check", {"dose_mg": False, "rate_mg_per_minute": 1}, "body.dose_mg"),
    ("attestations", {"attestations": [{"fact": "sunny", "met": True}]}, "body.attestations.0.fact"),
    ("attestations", {"attestations": []}, "body.attestations"),
]


async def test_garbage_names_the_field_and_changes_nothing(
    stage: Stage, api: httpx2.AsyncClient, second: httpx2.AsyncClient
) -> None:
    session = await ready(stage, api)
    await gate(api, session)
    for somebody in (api, second):
        await somebody.post(f"/sessions/{session}/time-out")
    for path, body, field in GARBAGE:
        answer = await api.post(f"/sessions/{session}/{path}", json=body)
        if path in ("infusion/slow", "infusion/bolus", "infusion/resume") and answer.status_code == 409:
            continue
        faults = [fault["field"] for fault in answer.json()["faults"]]
        assert (answer.status_code, faults) == (422, [field]), f"{path} {body}: {answer.text}"
    assert (await shown(api, session))["phase"] == "CLEARED"
    assert (await move(api, session, "faster")).status_code in (404, 405)
    for path in ("time-out", "gate", "transfer", "infusion/start"):
        unknown = await api.post(f"/sessions/{UUID(int=0)}/{path}", json={"reason": "why not"})
        assert unknown.status_code == 404
    assert (await api.get(f"/sessions/{UUID(int=0)}/checklist")).status_code == 404
    assert (await move(api, session, "start", rate_ml_per_hour=63)).json()["phase"] == "INFUSING"
