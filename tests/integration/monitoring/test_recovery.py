"""Recovery on a real store and broker: scores, re-screen, leaving, calls, and a stay that is too long."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
import pytest

from kit.testing import Stage
from schemas.monitoring.alarms import AlarmEnded, AlarmPriorityChanged, AlarmRaised
from schemas.monitoring.sessions import (
    SESSIONS,
    DischargeJudged,
    FollowUpCallDue,
    FollowUpCallMade,
    PatientDischarged,
    PatientLeftAgainstAdvice,
)
from services.monitoring.app import SERVICE
from tests.integration.monitoring.test_session import ALL, SCALES, arrive, events, infusing, measure, recover

EVENING = datetime(2026, 3, 7, 21, 0, tzinfo=UTC)
"""16:00 in New York, the day before its clocks go forward."""
ALDRETE = dict.fromkeys(SCALES["aldrete"], 2)
NO: dict[str, Any] = {"q1": False, "q2": False, "q3": False, "q4": False, "q5": False, "q6": "no"}


@pytest.fixture
async def stage(kafka: str, database: str, prefix: str, tmp_path: Path) -> AsyncIterator[Stage]:
    settings = {"monitoring": {"time_zone": "America/New_York"}}
    async with Stage([SERVICE], kafka, {"monitoring": database}, prefix, tmp_path, EVENING, settings) as there:
        yield there


@pytest.fixture
def api(stage: Stage) -> httpx2.AsyncClient:
    return stage.http("monitoring", actor="nurse-1", permissions=ALL)


@pytest.fixture
def provider(stage: Stage) -> httpx2.AsyncClient:
    return stage.http("monitoring", actor="dr-lee", permissions=(*ALL, "orders.sign"))


async def recovering(stage: Stage, api: httpx2.AsyncClient) -> str:
    """An infusion that was ended right away."""
    session = await infusing(stage, api)
    assert (await api.post(f"/sessions/{session}/infusion/end", json={})).status_code == 200
    return session


async def gate(api: httpx2.AsyncClient, session: str) -> dict[str, Any]:
    """The gate as read, fact by fact."""
    answer = (await api.get(f"/sessions/{session}/discharge-gate")).json()
    return {fact["id"]: fact for fact in answer["facts"]}


async def open_codes(api: httpx2.AsyncClient, session: str) -> set[tuple[str, str]]:
    listed = (await api.get("/alarms", params={"session_id": session})).json()
    return {(alarm["code"], alarm["priority"]) for alarm in listed}


async def test_reading_the_gate_moves_nothing_and_a_discharge_says_what_follows(stage: Stage, api: httpx2.AsyncClient) -> None:
    session = await recovering(stage, api)
    board = stage.http("monitoring", actor="board", permissions=["sessions.read"])
    seen = (await board.get(f"/sessions/{session}/discharge-gate")).json()
    assert (seen["ready"], seen["phase"], len(seen["missing"])) == (False, "RECOVERY", sum(not f["met"] for f in seen["facts"]))
    assert "recovery_time: 0 of 60 minutes" in seen["missing"]
    assert "signature: a provider or nurse must sign, by discharging" in seen["missing"]
    await recover(stage, api, session)
    assert (await api.get(f"/sessions/{session}/discharge-gate")).json()["ready"]
    assert (await api.get(f"/sessions/{session}")).json()["phase"] == "RECOVERY"
    assert await events(stage, DischargeJudged) == []
    assert (await board.post(f"/sessions/{session}/discharge-gate")).status_code == 403

    assert (await api.post(f"/sessions/{session}/discharge-gate")).json()["ready"]
    home = (await api.post(f"/sessions/{session}/discharge")).json()
    assert home["no_drive_until"] == "2026-03-08T06:00:00-04:00"
    [discharged] = await events(stage, PatientDischarged)
    assert discharged.no_drive_until == datetime(2026, 3, 8, 10, 0, tzinfo=UTC)
    assert (await api.get(f"/sessions/{session}/discharge-gate")).status_code == 409

    await stage.advance(minutes=24 * 60 - 1)
    assert await events(stage, FollowUpCallDue) == []
    await stage.advance(minutes=1)
    [due] = await events(stage, FollowUpCallDue)
    assert (due.number, due.after, due.due_at, due.chair) == (1, "discharge", discharged.discharged_at + timedelta(hours=24), 2)


async def test_scores_are_totalled_kept_and_shown_beside_what_was_measured(stage: Stage, api: httpx2.AsyncClient) -> None:
    session = await recovering(stage, api)
    await stage.advance(minutes=1)
    await measure(stage, api, sys=160, dia=79, hr=70, spo2=98, rr=14, oxygen=0)
    path = f"/sessions/{session}/recovery-scores"
    kept = await api.post(path, json={"scale": "aldrete", "components": ALDRETE | {"activity": 0}})
    assert (kept.status_code, kept.json()["total"], kept.json()["fit"]) == (201, 8, False)
    beside = {part["id"]: (part["score"], part["computed"]) for part in kept.json()["components"]}
    assert (beside["circulation"], beside["saturation"], beside["activity"]) == ((2, 1), (2, 2), (0, None))
    facts = await gate(api, session)
    assert facts["aldrete"]["detail"] == "Aldrete 8: 9 or more needed, twice 15 min apart"

    for minutes, met in ((0, False), (14, False), (1, True)):
        await stage.advance(minutes=minutes)
        await api.post(path, json={"scale": "aldrete", "components": ALDRETE | {"activity": 1}})
        assert (await gate(api, session))["aldrete"]["met"] is met
    assert (await gate(api, session))["padss"]["source"] == "never heard of"
    await stage.advance(minutes=1)
    listed = (await api.get(path)).json()
    assert [(row["scale"], row["total"]) for row in listed] == [
        ("aldrete", None),
        ("padss", None),
        *[("aldrete", t) for t in (8, 9, 9, 9)],
    ]
    assert listed[1]["components"][0]["computed"] is None, "the last check is older than 15 minutes"


async def test_a_provider_shortens_the_recovery_with_a_reason(
    stage: Stage, api: httpx2.AsyncClient, provider: httpx2.AsyncClient
) -> None:
    session = await recovering(stage, api)
    path, order = f"/sessions/{session}/minimum-recovery", {"minutes": 30, "reason": "seen, wide awake"}
    assert (await api.put(path, json=order)).status_code == 403
    assert (await provider.put(path, json=order)).status_code == 204
    await stage.advance(minutes=30)
    fact = (await gate(api, session))["recovery_time"]
    assert (fact["met"], fact["detail"]) == (True, "30 of 30 minutes, as dr-lee ordered: seen, wide awake")


async def test_high_risk_calls_the_prescriber_and_only_a_provider_takes_it_back(
    stage: Stage, api: httpx2.AsyncClient, provider: httpx2.AsyncClient
) -> None:
    session = await recovering(stage, api)
    path = f"/sessions/{session}/rescreen"
    found = await api.post(path, json={"answers": NO | {"q4": True}})
    assert (found.json()["level"], found.json()["outcome"]) == ("HIGH", "never")
    assert "do not leave alone" in found.json()["advice"]
    [raised] = [alarm for alarm in await events(stage, AlarmRaised) if alarm.code == "SUICIDE-RISK"]
    assert (raised.priority, raised.title) == ("high", "prescriber needed before discharge")
    assert (await gate(api, session))["suicide_rescreen"]["met"] is False
    assert (await provider.post(f"{path}/signature")).json()["detail"] == "a signature does not change HIGH"

    assert (await api.post(path, json={"level": "LOW", "reason": "asked again"})).status_code == 403
    assert (await api.post(path, json={"answers": NO | {"q6": None}})).status_code == 403
    assert (await provider.post(path, json={"level": "MODERATE"})).json()["faults"][0]["field"] == "body.reason"
    assert ("SUICIDE-RISK", "high") in await open_codes(api, session)
    assert (await provider.post(path, json={"level": "MODERATE", "reason": "evaluated, safety plan"})).status_code == 201
    assert "SUICIDE-RISK" in {alarm.code for alarm in await events(stage, AlarmEnded)}

    assert (await gate(api, session))["suicide_rescreen"]["met"] is False
    assert (await api.post(f"{path}/signature")).status_code == 403
    assert (await provider.post(f"{path}/signature")).json()["signed_by"] == "dr-lee"
    fact = (await gate(api, session))["suicide_rescreen"]
    assert (fact["met"], fact["source"]) == (True, "signed by dr-lee")
    assert (await api.post(path, json={"level": "NONE", "reason": "asked again"})).status_code == 403


async def test_an_answer_that_cannot_be_read_counts_as_high_until_a_human_clears_it(
    stage: Stage, api: httpx2.AsyncClient
) -> None:
    session = await recovering(stage, api)
    path = f"/sessions/{session}/rescreen"
    assert (await api.post(path, json={"answers": NO | {"q5": None}})).json()["level"] == "HIGH-PENDING"
    assert ("SUICIDE-RISK", "high") in await open_codes(api, session)
    assert (await gate(api, session))["suicide_rescreen"]["met"] is False
    assert (await api.post(path, json={"answers": NO})).status_code == 422
    assert (await api.post(path, json={"answers": NO, "reason": "read out to the patient"})).json()["level"] == "NONE"
    assert await open_codes(api, session) == set()
    assert (await gate(api, session))["suicide_rescreen"]["met"] is True


async def test_a_risk_found_when_the_patient_was_ready_takes_the_readiness_back(stage: Stage, api: httpx2.AsyncClient) -> None:
    session = await recovering(stage, api)
    await recover(stage, api, session)
    assert (await api.post(f"/sessions/{session}/discharge-gate")).json()["phase"] == "DISCHARGE_READY"
    await api.post(f"/sessions/{session}/rescreen", json={"level": "HIGH"})
    refused = await api.post(f"/sessions/{session}/discharge")
    assert (refused.status_code, refused.json()["detail"]) == (409, "the session is RECOVERY")


async def test_leaving_against_advice(stage: Stage, api: httpx2.AsyncClient) -> None:
    session = await infusing(stage, api)
    path, body = f"/sessions/{session}/departure", {"reason": "has to catch a bus", "escort_called": False}
    refused = await api.post(path, json=body)
    assert (refused.status_code, refused.json()["title"], "infusion/stop" in refused.json()["todo"]) == (
        409,
        "The infusion runs",
        True,
    )
    await api.post(f"/sessions/{session}/infusion/stop", json={"reason": "the patient leaves"})
    await api.post(f"/sessions/{session}/rescreen", json={"level": "HIGH"})
    left = (await api.post(path, json=body)).json()
    assert (left["phase"], left["todo"], left["no_drive_until"]) == ("LEFT", ["call the escort now"], "2026-03-08T06:00:00-04:00")
    assert "recovery_time: 0 of 60 minutes" in left["missing"]
    [event] = await events(stage, PatientLeftAgainstAdvice)
    assert (event.escort_called, {f.id for f in event.missing} >= {"vital_signs", "gait"}) == (False, True)
    assert not any(fact.met for fact in event.missing)
    assert (await api.post(path, json=body)).status_code == 409
    assert (await api.get("/sessions")).json() == []
    assert await open_codes(api, session) == {("SUICIDE-RISK", "high")}, "somebody must still go after this patient"

    await stage.advance(minutes=60)
    assert [(due.number, due.after) for due in await events(stage, FollowUpCallDue)] == [(1, "departure")]
    call = f"/sessions/{session}/follow-up-calls"
    assert (await api.post(f"{call}/1", json={"reached": False, "note": "no answer"})).json()["attempts"] == 1
    assert [row["number"] for row in (await api.get("/follow-up-calls", params={"session_id": session})).json()] == [1, 2]
    assert (await api.post(f"{call}/1", json={"reached": True})).json()["attempts"] == 2
    assert (await api.post(f"{call}/1", json={"reached": True})).status_code == 409
    assert (await api.post(f"{call}/2", json={"reached": True})).status_code == 200
    await stage.advance(minutes=24 * 60)
    assert len(await events(stage, FollowUpCallDue)) == 1, "the second was made before it was due"
    assert [(made.number, made.reached) for made in await events(stage, FollowUpCallMade)] == [(1, False), (1, True), (2, True)]
    assert (await api.get("/follow-up-calls")).json() == []
    assert len((await api.get("/follow-up-calls", params={"all": True})).json()) == 2


async def test_who_leaves_before_the_infusion_may_drive(stage: Stage, api: httpx2.AsyncClient) -> None:
    session = await arrive(stage, api)
    left = (await api.post(f"/sessions/{session}/departure", json={"reason": "waited too long", "escort_called": True})).json()
    assert (left["no_drive_until"], left["missing"], left["todo"], len(left["calls_due"])) == (None, [], [], 2)


async def test_a_stay_that_is_too_long(stage: Stage, api: httpx2.AsyncClient) -> None:
    session = await recovering(stage, api)
    for _ in range(8):
        await stage.advance(minutes=14.5)
        await measure(stage, api, sys=124, dia=79, hr=70, spo2=98, rr=14)
    assert "MAX-STAY" not in {alarm.code for alarm in await events(stage, AlarmRaised)}
    await stage.advance(minutes=4)
    [raised] = [alarm for alarm in await events(stage, AlarmRaised) if alarm.code == "MAX-STAY"]
    assert (raised.priority, raised.advice.startswith("ask the provider")) == ("medium", True)
    assert (raised.raised_at - datetime.fromisoformat((await api.get(f"/sessions/{session}")).json()["ended_at"])).seconds == 7200
    await api.post(f"/sessions/{session}/discharge-gate")
    await stage.advance(minutes=60)
    changed = [alarm for alarm in await events(stage, AlarmPriorityChanged) if alarm.code == "MAX-STAY"]
    assert [(alarm.previous, alarm.priority) for alarm in changed] == [("medium", "high")]

    # It does not keep the patient here once somebody answered it.
    assert "MAX-STAY" in (await gate(api, session))["alarms_answered"]["detail"]
    for alarm in (await api.get("/alarms", params={"session_id": session})).json():
        await api.post(f"/alarms/{alarm['alarm_id']}/acknowledgement", json={})
    assert "MAX-STAY" not in (await gate(api, session))["alarms_answered"]["detail"]
    await recover(stage, api, session)
    for alarm in (await api.get("/alarms", params={"session_id": session, "all": True})).json():
        await api.post(f"/alarms/{alarm['alarm_id']}/resolution", json={"resolution": "true-watch"})
    judged = (await api.post(f"/sessions/{session}/discharge-gate")).json()
    assert judged["ready"], judged["missing"]
    assert (await api.post(f"/sessions/{session}/discharge")).status_code == 200
    assert "MAX-STAY" in {alarm.code for alarm in await events(stage, AlarmEnded)}
    assert await open_codes(api, session) == set()


async def test_who_is_ready_in_time_raises_nothing_until_no_longer_ready(stage: Stage, api: httpx2.AsyncClient) -> None:
    session = await recovering(stage, api)
    await recover(stage, api, session)
    assert (await api.post(f"/sessions/{session}/discharge-gate")).json()["ready"]
    await stage.advance(minutes=65)
    assert "MAX-STAY" not in {alarm.code for alarm in await events(stage, AlarmRaised)}
    stated = {"attestations": [{"fact": "escort_present", "met": False, "detail": "went for coffee"}]}
    await api.post(f"/sessions/{session}/attestations", json=stated)
    again = (await api.post(f"/sessions/{session}/discharge-gate")).json()
    assert "escort_present: escort not here: went for coffee" in again["missing"]
    assert ("MAX-STAY", "medium") in {(alarm.code, alarm.priority) for alarm in await events(stage, AlarmRaised)}


GARBAGE: list[tuple[str, Any, str]] = [
    ("recovery-scores", {"scale": "apgar", "components": {}}, "body.scale"),
    ("recovery-scores", {"scale": "aldrete", "components": ALDRETE | {"activity": 3}}, "body.components.activity"),
    ("recovery-scores", {"scale": "aldrete", "components": ALDRETE | {"activity": True}}, "body.components.activity"),
    ("recovery-scores", {"scale": "aldrete", "components": ALDRETE | {"activity": "2"}}, "body.components.activity"),
    ("recovery-scores", {"scale": "aldrete", "components": dict(list(ALDRETE.items())[1:])}, "body.components.activity"),
    ("recovery-scores", {"scale": "padss", "components": ALDRETE}, "body.components.activity"),
    ("rescreen", {}, "body"),
    ("rescreen", {"level": "NONE", "answers": NO}, "body"),
    ("rescreen", {"level": "SOME"}, "body.level"),
    ("rescreen", {"answers": NO | {"q4": "yes"}}, "body.answers.q4"),
    ("rescreen", {"answers": NO | {"q4": 0}}, "body.answers.q4"),
    ("rescreen", {"answers": NO | {"q2": None}}, "body.answers.q2"),
    ("rescreen", {"answers": {k: v for k, v in NO.items() if k != "q5"}}, "body.answers.q5"),
    ("departure", {"reason": "", "escort_called": True}, "body.reason"),
    ("departure", {"reason": "bus", "escort_called": "yes"}, "body.escort_called"),
    ("departure", {"reason": "a\0b", "escort_called": True}, "body.reason"),
    ("follow-up-calls/0", {"reached": True}, "path.number"),
    ("follow-up-calls/1", {"reached": None}, "body.reached"),
    ("minimum-recovery", {"minutes": 29, "reason": "quick"}, "body.minutes"),
    ("minimum-recovery", {"minutes": 10**30, "reason": "quick"}, "body.minutes"),
    ("minimum-recovery", {"minutes": 181, "reason": "quick"}, "body.minutes"),
    ("minimum-recovery", {"minutes": 30, "reason": "   "}, "body.reason"),
]  # fmt: skip


async def test_garbage_names_the_field_and_keeps_nothing(
    stage: Stage, api: httpx2.AsyncClient, provider: httpx2.AsyncClient
) -> None:
    session = await recovering(stage, api)
    for path, body, field in GARBAGE:
        put = path == "minimum-recovery"
        answer = await (provider.put if put else api.post)(f"/sessions/{session}/{path}", json=body)
        fields = [fault["field"] for fault in answer.json()["faults"]]
        assert (answer.status_code, any(name.startswith(field) for name in fields)) == (422, True), (path, body, answer.text)
    assert (await api.post(f"/sessions/{session}/follow-up-calls/1", json={"reached": True})).status_code == 404
    assert (await provider.post(f"/sessions/{session}/rescreen/signature")).status_code == 409
    for table in ("recovery_scores", "rescreens", "minimum_recoveries", "follow_up_calls"):
        assert await stage.running["monitoring"].store.pool.fetchval(f"SELECT count(*) FROM {table}") == 0
    assert [event for event in await stage.events(SESSIONS) if isinstance(event, PatientLeftAgainstAdvice)] == []


async def test_where_there_is_no_recovery_nothing_can_be_recorded(
    stage: Stage, api: httpx2.AsyncClient, provider: httpx2.AsyncClient
) -> None:
    session = await arrive(stage, api)
    score = {"scale": "aldrete", "components": ALDRETE}
    assert (await api.post(f"/sessions/{session}/recovery-scores", json=score)).status_code == 409
    assert (await api.post(f"/sessions/{session}/rescreen", json={"level": "NONE"})).status_code == 409
    assert (await api.get(f"/sessions/{session}/discharge-gate")).status_code == 409
    assert len((await api.get(f"/sessions/{session}/recovery-scores")).json()) == 2
    await api.post(f"/sessions/{session}/cancellation", json={"reason": "unwell"})
    assert (await provider.put(f"/sessions/{session}/minimum-recovery", json={"minutes": 40, "reason": "why"})).status_code == 409
    unknown = UUID(int=0)
    for path, body in (("departure", {"reason": "gone", "escort_called": True}), ("rescreen", {"level": "NONE"})):
        assert (await api.post(f"/sessions/{unknown}/{path}", json=body)).status_code == 404
    assert (await api.get(f"/sessions/{unknown}/recovery-scores")).status_code == 404
