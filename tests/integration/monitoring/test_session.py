"""A session on a real store and broker: from the chair to the ride home, with readings by HTTP."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest

from kit.testing import Stage
from schemas.intake.consents import ConsentSigned
from schemas.intake.orders import OrderSigned
from schemas.intake.screenings import ScreeningDecided
from schemas.monitoring.alarms import ALARMS, AlarmAcknowledged, AlarmEnded, AlarmPriorityChanged, AlarmRaised, AlarmResolved
from schemas.monitoring.sessions import SESSIONS, InfusionStarted, PatientDischarged, SessionHeld
from schemas.notifications.pages import AnsweredAlarm, PageAcknowledged
from schemas.scheduling.appointments import PatientArrived
from services.monitoring.app import SERVICE
from services.monitoring.on import appointments, consents, orders, pages, screenings
from tests.drug import account_for_drug

MORNING = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
ALL = ("sessions.read", "sessions.write", "devices.bind", "vitals.write", "alarms.acknowledge")
PATIENT, ORDER = uuid4(), uuid4()
UNITS = {"8480-6": "mm[Hg]", "8462-4": "mm[Hg]", "8867-4": "/min", "59408-5": "%", "9279-1": "/min"}
UNITS |= {"moaas": "{score}", "diss-obs": "{score}", "nausea": "{score}", "oriented": "1", "oxygen": "1"}
START_FACTS = [
    *("identity", "pregnancy", "npo", "escort", "suicide_screen"),
    *("sober", "responsive", "weight", "clinician", "emergency_equipment"),
]
HOME_FACTS = [
    *("gait", "fluids", "line_removed", "escort_named", "escort_present", "escort_identity"),
    *("escort_accompanies", "instructions_given", "contacts_given"),
]
SCALES = {
    "aldrete": ("activity", "respiration", "circulation", "consciousness", "saturation"),
    "padss": ("vital_signs", "ambulation", "nausea", "pain", "bleeding"),
}


@pytest.fixture
async def stage(kafka: str, database: str, prefix: str, tmp_path: Path) -> AsyncIterator[Stage]:
    async with Stage([SERVICE], kafka, {"monitoring": database}, prefix, tmp_path, MORNING) as there:
        yield there


@pytest.fixture
def api(stage: Stage) -> httpx2.AsyncClient:
    return stage.http("monitoring", actor="nurse-1", permissions=ALL)


async def hear(stage: Stage, handler: Any, event: Any) -> None:
    """What Kafka would bring."""
    async with stage.running["monitoring"].store.transaction() as tx:
        await handler(event, tx)


async def arrive(stage: Stage, api: httpx2.AsyncClient, *, cleared: bool = True) -> str:
    """A patient with everything in order sits in chair 2; returns the session."""
    now = stage.clock.now()
    order = OrderSigned(
        order_id=ORDER, patient_id=PATIENT, screening_id=uuid4(), indication="IND-TRD", dose_mg=41, dose_mg_per_kg=0.5,
        dosing_weight_kg=82, duration_minutes=40, infusions=6, protocol_version="t", prescriber_id="dr-lee", signed_at=now,
    )  # fmt: skip
    screened = ScreeningDecided(
        screening_id=uuid4(), patient_id=PATIENT, decision="ELIGIBLE", indication="IND-TRD", fired=(), rules_version="t",
        decided_at=now, expires_at=now + timedelta(days=90),
    )  # fmt: skip
    consent = ConsentSigned(
        consent_id=uuid4(),
        patient_id=PATIENT,
        version="v1",
        document_sha256="x",
        signed_at=now,
        expires_at=now + timedelta(days=300),
    )
    if cleared:
        await hear(stage, orders.remember_order, order)
        await hear(stage, screenings.remember_screening, screened)
        await hear(stage, consents.remember_consent, consent)
    arrived = PatientArrived(appointment_id=uuid4(), patient_id=PATIENT, order_id=ORDER, number=1, chair=2, arrived_at=now)
    await hear(stage, appointments.open_session, arrived)
    await hear(stage, appointments.open_session, arrived)
    [session] = (await api.get("/sessions")).json()
    return str(session["session_id"])


async def measure(
    stage: Stage, api: httpx2.AsyncClient, *, device: str = "monitor-2", seconds_ago: float = 0, **values: float | None
) -> Any:
    codes = {"sys": "8480-6", "dia": "8462-4", "hr": "8867-4", "spo2": "59408-5", "rr": "9279-1", "diss": "diss-obs"}
    reading = {
        "measured_at": (stage.clock.now() - timedelta(seconds=seconds_ago)).isoformat(),
        "method": "cuff",
        "simulated": True,
        "measurements": [
            {"code": codes.get(name, name), "value": value, "unit": UNITS[codes.get(name, name)]}
            for name, value in values.items()
        ],
    }
    answer = await api.post(f"/devices/{device}/vitals", json={"readings": [reading]})
    assert answer.status_code == 202, answer.text
    await stage.settle()
    return answer.json()


async def attest(api: httpx2.AsyncClient, session: str, facts: list[str]) -> None:
    stated = {"attestations": [{"fact": fact, "met": True} for fact in facts]}
    assert (await api.post(f"/sessions/{session}/attestations", json=stated)).status_code == 204


async def score(api: httpx2.AsyncClient, session: str, points: int = 2) -> None:
    """Both scales, each component alike."""
    for scale, components in SCALES.items():
        body = {"scale": scale, "components": dict.fromkeys(components, points)}
        assert (await api.post(f"/sessions/{session}/recovery-scores", json=body)).status_code == 201


async def recover(stage: Stage, api: httpx2.AsyncClient, session: str) -> None:
    """An hour of recovery, after which everything speaks for going home."""
    for minutes in (45, 15):
        for _ in range(minutes):
            await stage.advance(minutes=1)
            await measure(stage, api, sys=124, dia=79, hr=70, spo2=98, rr=14, moaas=5, diss=0, nausea=0)
        await score(api, session)
    await measure(stage, api, moaas=5, diss=0, oriented=1, nausea=0)
    assert (await api.post(f"/sessions/{session}/rescreen", json={"level": "NONE"})).status_code == 201
    await attest(api, session, HOME_FACTS)
    await account_for_drug(stage, session)


async def infusing(stage: Stage, api: httpx2.AsyncClient) -> str:
    session = await arrive(stage, api)
    assert (await api.put("/devices/monitor-2/binding", json={"session_id": session})).status_code == 200
    for _ in range(2):
        await stage.advance(minutes=1)
        await measure(stage, api, sys=122, dia=78, hr=70, spo2=98, rr=14)
    await attest(api, session, START_FACTS)
    gate = await api.post(f"/sessions/{session}/gate")
    assert gate.json()["outcome"] == "GO", gate.text
    second = stage.http("monitoring", actor="nurse-2", permissions=ALL)
    for somebody in (api, second):
        assert (await somebody.post(f"/sessions/{session}/time-out")).status_code == 200
    started = await api.post(f"/sessions/{session}/infusion/start", json={})
    assert started.json()["phase"] == "INFUSING", started.text
    return session


async def events(stage: Stage, kind: type[Any]) -> list[Any]:
    await stage.settle()
    topic = ALARMS if kind in ALARMS.events else SESSIONS
    return [event for event in await stage.events(topic) if isinstance(event, kind)]


async def test_what_was_never_heard_of_is_not_met_and_is_named(stage: Stage, api: httpx2.AsyncClient) -> None:
    session = await arrive(stage, api, cleared=False)
    gate = (await api.post(f"/sessions/{session}/gate")).json()
    assert gate["outcome"] == "NO START"
    never = {fact["id"] for fact in gate["facts"] if fact["source"] == "never heard of"}
    assert {"eligibility", "consent", "order", "escort", "npo", "blood_pressure", "oxygen_saturation"} <= never
    assert not any(fact["met"] for fact in gate["facts"])
    refused = await api.post(f"/sessions/{session}/infusion/start", json={})
    assert (refused.status_code, "possible now: transfer, cancel" in refused.json()["todo"]) == (409, True)
    [held] = await events(stage, SessionHeld)
    assert held.outcome == "NO START"


async def test_from_the_chair_to_the_ride_home(stage: Stage, api: httpx2.AsyncClient) -> None:
    session = await infusing(stage, api)
    for _ in range(40):
        await stage.advance(minutes=1)
        await measure(stage, api, sys=128, dia=80, hr=74, spo2=98, rr=14, moaas=5, diss=0, nausea=0)
    assert (await api.post(f"/sessions/{session}/infusion/end", json={})).json()["phase"] == "RECOVERY"
    early = (await api.post(f"/sessions/{session}/discharge-gate")).json()
    assert (early["ready"], {f["id"] for f in early["facts"] if not f["met"]} >= {"recovery_time", "escort_present"}) == (
        False,
        True,
    )
    await recover(stage, api, session)
    ready = (await api.post(f"/sessions/{session}/discharge-gate")).json()
    assert ready["ready"], ready
    assert (await api.post(f"/sessions/{session}/discharge")).json()["phase"] == "DISCHARGED"
    [discharged] = await events(stage, PatientDischarged)
    assert {vital.code for vital in discharged.vitals} >= {"8480-6", "59408-5", "moaas"}
    assert len(await events(stage, InfusionStarted)) == 1
    assert await events(stage, AlarmRaised) == []


async def test_a_discharge_counts_what_happened_since_the_gate_and_ends_what_nobody_watches(
    stage: Stage, api: httpx2.AsyncClient
) -> None:
    session = await infusing(stage, api)
    await api.post(f"/sessions/{session}/infusion/end", json={})
    await recover(stage, api, session)
    assert (await api.post(f"/sessions/{session}/discharge-gate")).json()["ready"]
    for _ in range(3):
        await stage.advance(seconds=15)
        await measure(stage, api, spo2=88)
    refused = await api.post(f"/sessions/{session}/discharge")
    assert (refused.status_code, "alarms_answered" in refused.json()["detail"]) == (409, True)

    [high] = (await api.get("/alarms", params={"session_id": session})).json()
    unanswered = await api.post(f"/alarms/{high['alarm_id']}/resolution", json={"resolution": "true-intervened"})
    assert (unanswered.status_code, unanswered.json()["title"]) == (409, "Nobody has answered the alarm")
    await api.post(f"/alarms/{high['alarm_id']}/acknowledgement", json={})
    for _ in range(20):
        await stage.advance(minutes=1)
        await measure(stage, api, sys=124, dia=79, hr=70, spo2=98, rr=14, moaas=5, diss=0, nausea=0)
    seen = await api.post(f"/sessions/{session}/observations", json={"observations": [{"code": "headache", "value": 1}]})
    assert seen.status_code == 202
    await stage.settle()
    assert [alarm["code"] for alarm in (await api.get("/alarms", params={"session_id": session})).json()] == ["A13-headache"]
    unexplained = await api.post(f"/sessions/{session}/discharge")
    assert (unexplained.status_code, "alarms_resolved" in unexplained.json()["detail"]) == (409, True)
    resolved = await api.post(f"/alarms/{high['alarm_id']}/resolution", json={"resolution": "true-intervened"})
    assert resolved.json()["resolution"] == "true-intervened"
    assert [event.resolution for event in await events(stage, AlarmResolved)] == ["true-intervened"]
    assert (await api.post(f"/sessions/{session}/discharge")).json()["phase"] == "DISCHARGED"
    assert (await api.get("/alarms", params={"session_id": session})).json() == []
    assert {alarm.code for alarm in await events(stage, AlarmEnded)} == {"A7", "A13-headache"}


async def test_pressure_climbs_a_nurse_answers_by_link_and_the_alarm_ends(stage: Stage, api: httpx2.AsyncClient) -> None:
    await infusing(stage, api)
    await stage.advance(minutes=1)
    await measure(stage, api, sys=202, dia=100, hr=80, spo2=98)
    [raised] = [alarm for alarm in await events(stage, AlarmRaised) if alarm.code == "A1"]
    assert (raised.priority, raised.chair, raised.title) == ("emergency", 2, "blood pressure high")
    answer = PageAcknowledged(
        page_id=uuid4(), answer_id=uuid4(), staff_id="nurse-1", session_id=raised.session_id, waited_seconds=20,
        alarms=(AnsweredAlarm(alarm_id=raised.alarm_id, priority="emergency"),), answered_at=stage.clock.now(),
    )  # fmt: skip
    await hear(stage, pages.record_answer, answer)
    await hear(stage, pages.record_answer, answer)
    [acknowledged] = await events(stage, AlarmAcknowledged)
    assert (acknowledged.answer_id, acknowledged.via) == (answer.answer_id, "link")
    await stage.advance(minutes=1)
    await measure(stage, api, sys=130, dia=80, hr=78, spo2=98)
    ended = [alarm for alarm in await events(stage, AlarmEnded) if alarm.alarm_id == raised.alarm_id]
    assert len(ended) == 1


async def test_a_monitor_that_falls_silent_and_a_pressure_not_taken_raise_alarms_by_timer(
    stage: Stage, api: httpx2.AsyncClient
) -> None:
    await infusing(stage, api)
    await stage.advance(seconds=89)
    assert await events(stage, AlarmRaised) == []
    await measure(stage, api, hr=70, spo2=98)
    await stage.advance(seconds=91)
    [gap] = await events(stage, AlarmRaised)
    assert (gap.code, gap.priority, gap.kind) == ("A16-gap", "medium", "technical")
    await stage.advance(seconds=100)
    assert ("A16-blind", "high") in [(a.code, a.priority) for a in await events(stage, AlarmPriorityChanged)]
    await stage.advance(minutes=4)
    assert "MISSED-BP" in [alarm.code for alarm in await events(stage, AlarmRaised)]
    await stage.advance(minutes=3)
    assert ("MISSED-BP", "medium") in [(a.code, a.priority) for a in await events(stage, AlarmPriorityChanged)]


async def test_a_confirmation_that_never_comes_raises_the_alarm_unconfirmed(stage: Stage, api: httpx2.AsyncClient) -> None:
    await infusing(stage, api)
    await measure(stage, api, sys=170, dia=85, hr=70, spo2=98)
    for _ in range(13):
        await stage.advance(seconds=10)
        await measure(stage, api, hr=70, spo2=98)
    unconfirmed = [a for a in await events(stage, AlarmPriorityChanged) if a.code == "A1" and a.priority == "medium"]
    assert len(unconfirmed) == 1


async def test_an_unbound_device_is_kept_and_alarmed_once_and_ends_when_bound(stage: Stage, api: httpx2.AsyncClient) -> None:
    session = await arrive(stage, api)
    for second in range(3):
        await stage.advance(seconds=second + 1)
        assert (await measure(stage, api, device="stray", hr=70))["bound"] is False
    [alarm] = await events(stage, AlarmRaised)
    assert (alarm.code, alarm.device_id) == ("UNBOUND", "stray")
    assert await stage.running["monitoring"].store.pool.fetchval("SELECT count(*) FROM readings WHERE session_id IS NULL") == 3

    # Whoever knows of it is not told again with the next reading.
    await api.post(f"/alarms/{alarm.alarm_id}/acknowledgement", json={})
    await stage.advance(seconds=5)
    await measure(stage, api, device="stray", hr=71)
    assert (len(await events(stage, AlarmRaised)), await events(stage, AlarmEnded)) == (1, [])
    await api.put("/devices/stray/binding", json={"session_id": session})
    assert len(await events(stage, AlarmEnded)) == 1


async def test_a_chairs_device_watches_whoever_sits_there_and_is_no_stranger_between(
    stage: Stage, api: httpx2.AsyncClient
) -> None:
    placed = await api.put("/devices/chair-2-monitor/chair", json={"chair": 2})
    assert placed.json() == {"device_id": "chair-2-monitor", "chair": 2, "session_id": None}
    assert (await measure(stage, api, device="chair-2-monitor", hr=70))["bound"] is False
    session = await arrive(stage, api)
    await stage.advance(seconds=5)
    assert (await measure(stage, api, device="chair-2-monitor", hr=71))["bound"] is True
    [device] = (await api.get(f"/sessions/{session}")).json()["devices"]
    assert (device["device_id"], device["behind_seconds"]) == ("chair-2-monitor", 0)
    assert (await api.post(f"/sessions/{session}/cancellation", json={"reason": "feels unwell"})).status_code == 200
    await stage.advance(seconds=5)
    assert (await measure(stage, api, device="chair-2-monitor", hr=72))["bound"] is False
    assert await events(stage, AlarmRaised) == []
    assert (await api.delete("/devices/chair-2-monitor/chair")).status_code == 204
    await stage.advance(seconds=5)
    await measure(stage, api, device="chair-2-monitor", hr=73)
    assert [alarm.code for alarm in await events(stage, AlarmRaised)] == ["UNBOUND"]
    assert (await api.delete("/devices/chair-2-monitor/chair")).status_code == 404


async def test_the_same_reading_sent_twice_is_kept_once(stage: Stage, api: httpx2.AsyncClient) -> None:
    await infusing(stage, api)
    for _ in range(3):
        await measure(stage, api, hr=70, spo2=98)
    assert (
        await stage.running["monitoring"].store.pool.fetchval("SELECT count(*) FROM readings WHERE codes = '59408-5,8867-4'") == 1
    )


@pytest.mark.parametrize(
    ("measurement", "field"),
    [
        ({"code": "8480-6", "value": 120, "unit": "kPa"}, "body.readings.0.measurements.0.unit"),
        ({"code": "1234-5", "value": 120, "unit": "mm[Hg]"}, "body.readings.0.measurements.0.code"),
        ({"code": "8867-4", "value": False, "unit": "/min"}, "body.readings.0.measurements.0.value"),
        ({"code": "8867-4", "value": "70", "unit": "/min"}, "body.readings.0.measurements.0.value"),
    ],
)
async def test_garbage_from_a_device_names_the_field(stage: Stage, api: httpx2.AsyncClient, measurement: Any, field: str) -> None:
    reading = {"measured_at": MORNING.isoformat(), "method": "cuff", "measurements": [measurement]}
    answer = await api.post("/devices/x/vitals", json={"readings": [reading]})
    assert (answer.status_code, answer.json()["faults"][0]["field"]) == (422, field)
    naive = await api.post("/devices/x/vitals", json={"readings": [reading | {"measured_at": "2026-03-02T08:00:00"}]})
    assert naive.status_code == 422
    unknown = await api.post(f"/sessions/{UUID(int=0)}/gate")
    assert unknown.status_code == 404
