"""The flight recorder on a real store and broker: what is played from the record is what was said, and what is stored."""

import json
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
import pytest

from chairside.recorder.course import lines
from chairside.recorder.known import known
from chairside.recorder.limits import differences, summary
from chairside.recorder.plot import picture
from chairside.recorder.record import Record, instant, named
from kit.testing import Stage
from schemas.monitoring.alarms import (
    ALARMS,
    AlarmAcknowledged,
    AlarmConditionCleared,
    AlarmEnded,
    AlarmPriorityChanged,
    AlarmRaised,
)
from schemas.notifications.pages import AcknowledgementLapsed
from services.monitoring import store, tables
from services.monitoring.app import SERVICE
from services.monitoring.on import pages
from services.monitoring.rules.engine import Engine
from services.monitoring.rules.recorder import replay
from tests.integration.monitoring.test_session import ALL, MORNING, infusing, measure, recover

REVIEWER = ("sessions.read", "sessions.record")
ENGINE = tables.engine()


@pytest.fixture
async def stage(kafka: str, database: str, prefix: str, tmp_path: Path) -> AsyncIterator[Stage]:
    async with Stage([SERVICE], kafka, {"monitoring": database}, prefix, tmp_path, MORNING) as there:
        yield there


@pytest.fixture
def api(stage: Stage) -> httpx2.AsyncClient:
    return stage.http("monitoring", actor="nurse-1", permissions=(*ALL, "orders.sign"))


@pytest.fixture
def reviewer(stage: Stage) -> httpx2.AsyncClient:
    return stage.http("monitoring", actor="reviewer-1", permissions=REVIEWER)


async def read(reviewer: httpx2.AsyncClient, session: str, most: int = 5000) -> Record:
    found: list[Any] = []
    after = None
    while not found or after is not None:
        answer = await reviewer.post(f"/sessions/{session}/record", json={"after": after, "most": most})
        assert answer.status_code == 200, answer.text
        found.append(answer.json())
        after = found[-1]["next"]
    return Record.of(found)


async def eventful(stage: Stage, api: httpx2.AsyncClient) -> str:
    """A session with a low saturation, answers and a lapse, late readings, values set aside, an own limit, a slower infusion."""
    session = await infusing(stage, api)
    await stage.advance(minutes=1)
    await measure(stage, api, sys=128, dia=80, hr=72, spo2=97, rr=14)
    for _ in range(4):
        await stage.advance(seconds=10)
        await measure(stage, api, hr=75, spo2=87)
    [low] = [alarm for alarm in (await api.get("/alarms")).json() if alarm["code"] == "A7"]
    await stage.advance(seconds=7)
    assert (await api.post(f"/alarms/{low['alarm_id']}/acknowledgement", json={})).status_code == 200
    await stage.advance(minutes=2)
    [given] = [e for e in await stage.events(ALARMS) if isinstance(e, AlarmAcknowledged) and str(e.alarm_id) == low["alarm_id"]]
    lapsed = AcknowledgementLapsed(
        page_id=UUID(int=1),
        answer_id=given.answer_id,
        alarm_id=UUID(low["alarm_id"]),
        session_id=UUID(session),
        priority=low["priority"],
        lapsed_at=stage.clock.now(),
    )
    async with stage.running["monitoring"].store.transaction() as tx:
        await pages.HANDLERS[AcknowledgementLapsed](lapsed, tx)
    await stage.advance(seconds=20)
    await measure(stage, api, hr=75, spo2=96)
    for back in (15, 12, 9):
        await measure(stage, api, seconds_ago=back, hr=140, spo2=91)
    await measure(stage, api, seconds_ago=55, sys=184, dia=112)
    await measure(stage, api, sys=70, dia=90, hr=76)
    own = {"alarm": "A1", "priority": "high", "marks": {"at_least": 190}, "reason": "known hypertension, treated",
           "expires_at": (stage.clock.now() + timedelta(hours=5)).isoformat()}  # fmt: skip
    assert (answer := await api.post(f"/sessions/{session}/limits", json=own)).status_code == 201, answer.text
    slower = {"reason": "dizzy", "rate_percent": 50}
    assert (await api.post(f"/sessions/{session}/infusion/slow", json=slower)).status_code == 200
    await stage.advance(minutes=1)
    await measure(stage, api, sys=206, dia=118, hr=96, spo2=97, rr=16)
    await stage.advance(seconds=45)
    await measure(stage, api, seconds_ago=31, sys=204, dia=116)
    await stage.advance(minutes=9)
    await measure(stage, api, sys=124, dia=76, hr=80, spo2=98, rr=15)
    return session


def said(event: Any) -> tuple[str, ...]:
    """What an event says, and when."""
    if isinstance(event, AlarmRaised):
        return event.raised_at.isoformat(), "raised", event.code, event.priority, event.advice
    if isinstance(event, AlarmPriorityChanged):
        return event.changed_at.isoformat(), "priority", event.code, event.priority, event.advice
    if isinstance(event, AlarmConditionCleared):
        return event.cleared_at.isoformat(), "cleared", event.code
    return event.ended_at.isoformat(), "ended", event.code


def played(record: Record) -> list[tuple[str, ...]]:
    """The same of what the recorder plays; an end is told by the alarm that stood last."""
    found, code = [], {}
    for at, fact in record.heard(ENGINE):
        when = datetime.fromtimestamp(at, MORNING.tzinfo).isoformat()
        if fact.what in ("raised", "priority"):
            code[fact.cause] = fact.alarm
            found.append((when, fact.what, fact.alarm, fact.priority, ENGINE.advice(fact.alarm, fact.priority)))
        elif fact.what != "returned":
            found.append((when, fact.what, code[fact.cause]))
    return sorted(found)


async def test_what_is_played_is_what_was_said_and_what_is_stored(
    stage: Stage, api: httpx2.AsyncClient, reviewer: httpx2.AsyncClient
) -> None:
    session = await eventful(stage, api)
    record = await read(reviewer, session)
    kinds = (AlarmRaised, AlarmPriorityChanged, AlarmConditionCleared, AlarmEnded)
    events = [event for event in await stage.events(ALARMS) if isinstance(event, kinds) and str(event.session_id) == session]
    assert played(record) == sorted(said(event) for event in events)
    assert {said(event)[1] for event in events} == {"raised", "priority", "cleared", "ended"}
    assert any(event.late for event in events if isinstance(event, AlarmRaised | AlarmPriorityChanged)), "late readings count"
    notes = {note["kind"] for note in record.head["notes"]}
    assert {"Setting", "Answered", "Acknowledged", "Until", "Lapsed"} <= notes

    told = record.told(ENGINE)
    assert (record.missing, record.disagreements(told), record.versions) == ([], [], [ENGINE.version])
    watch, _ = replay(ENGINE, record.log)
    async with stage.running["monitoring"].store.transaction() as tx:
        kept = await store.see(tx, UUID(session))
    assert kept is not None
    assert watch.conditions == kept.watch.conditions
    assert watch.signals == kept.watch.signals

    told[0].steps[-1] = told[0].steps[-1]._replace(priority="low" if told[0].now.priority != "low" else "high")
    assert len(record.disagreements(told)) == 1, "a record that does not give what is stored says so"
    record.log.pop(3)
    assert record.missing == [4]


async def test_pages_of_any_size_are_the_same_record_and_each_is_audited(
    stage: Stage, api: httpx2.AsyncClient, reviewer: httpx2.AsyncClient
) -> None:
    session = await eventful(stage, api)
    whole, parts = await read(reviewer, session), await read(reviewer, session, most=3)
    assert (parts.readings, parts.log) == (whole.readings, whole.log)
    assert len(whole.readings) > 10
    rows = await stage.running["monitoring"].store.pool.fetch("SELECT actor, record FROM kit.audit WHERE action = 'read record'")
    assert {(row["actor"], row["record"]) for row in rows} == {("reviewer-1", f"session {session}")}
    assert len(rows) == 1 + -(-len(whole.readings) // 3)
    aside = [row for row in whole.readings if row["set_aside"]]
    assert [sorted(row["set_aside"]) for row in aside] == [["8462-4", "8480-6"]]
    assert "not below" in aside[0]["set_aside"]["8480-6"]

    assert (await api.post(f"/sessions/{session}/record", json={})).status_code == 403
    assert (await reviewer.post(f"/sessions/{UUID(int=5)}/record", json={})).status_code == 404
    assert (await reviewer.post(f"/sessions/{session}/record", json={"most": 0})).status_code == 422


async def test_in_the_middle_only_what_had_arrived_is_known(
    stage: Stage, api: httpx2.AsyncClient, reviewer: httpx2.AsyncClient
) -> None:
    session = await eventful(stage, api)
    record = await read(reviewer, session)
    [answer] = [(alarm, one) for alarm in record.head["alarms"] for one in alarm["answers"]]
    alarm, answered = answer[0], instant(answer[1]["answered_at"])

    before = known(record, ENGINE, answered - timedelta(seconds=1))
    [low] = [one for one in before["alarms"] if one["cause"] == alarm["cause"]]
    assert (low["answered_by"], low["priority"]) == (None, answer[1]["priority"])
    assert low["advice"]
    [low] = [one for one in known(record, ENGINE, answered)["alarms"] if one["cause"] == alarm["cause"]]
    assert (low["answered_by"], instant(low["answered_at"])) == ("nurse-1", answered)
    assert (before["phase"], before["infusion"]["percent"], before["limits"]["version"]) == ("INFUSING", 100, ENGINE.version)
    saturation = next(one for one in before["vitals"] if one["code"] == "59408-5")
    assert (saturation["value"], saturation["age_seconds"]) == (87, 6)
    assert {one["alarm"] for one in before["due"]} >= {"MISSED-BP"}

    [late] = [row for row in record.readings if row["values"].get("8480-6") == 184]
    arrived = instant(late["taken_at"])
    assert arrived - instant(late["measured_at"]) >= timedelta(seconds=50)
    pressure = {
        at: next(one["value"] for one in known(record, ENGINE, at)["vitals"] if one["code"] == "8480-6")
        for at in (instant(late["measured_at"]), arrived)
    }
    assert list(pressure.values()) == [128, 184]

    end = known(record, ENGINE, record.last)
    assert (end["phase"], end["infusion"]["percent"]) == ("SLOWED", 50)
    start = record.started_at
    assert start is not None
    assert named("+00:01:30", record) == start + timedelta(seconds=90)
    assert named(f"{start:%H:%M:%S}", record) == start
    assert known(record, ENGINE, record.opened_at - timedelta(seconds=1))["phase"] is None
    for nothing in ("tomorrow", "25", "10:99:00", "+x"):
        with pytest.raises(ValueError):
            named(nothing, record)


async def test_other_limits_and_a_picture_of_a_session_to_its_end(
    stage: Stage, api: httpx2.AsyncClient, reviewer: httpx2.AsyncClient
) -> None:
    session = await eventful(stage, api)
    assert (await api.post(f"/sessions/{session}/infusion/end", json={})).status_code == 200
    for alarm in (await api.get("/alarms", params={"session_id": session})).json():
        await api.post(f"/alarms/{alarm['alarm_id']}/acknowledgement", json={})
    await recover(stage, api, session)
    record = await read(reviewer, session)
    assert (record.missing, record.disagreements(record.told(ENGINE))) == ([], [])

    kept = tables.alarm_limits()
    rows = tuple(row for row in kept.limit if row.alarm != "A7")
    without = Engine(kept.model_copy(update={"limit": rows}), tables.news2())
    totals = summary(differences(record, ENGINE, without))
    assert totals["causes"]["A7"]["lost"] >= 1
    assert totals["gained"] == 0
    assert summary(differences(record, ENGINE, ENGINE))["lost"] == 0

    svg = picture(record, ENGINE, record.told(ENGINE), other=("2099-01-01", []), at=record.started_at)
    assert svg.count("<polyline") >= 4
    assert "answered" in svg
    assert "simulated" in svg
    text = "\n".join(line for _, line in lines(record, ENGINE, record.heard(ENGINE)))
    for part in ("start by nurse-1", "slow by nurse-1: dizzy", "answered by nurse-1 (bedside)"):
        assert part in text
    json.dumps(known(record, ENGINE, record.last))


async def test_the_list_holds_sessions_that_are_over(stage: Stage, api: httpx2.AsyncClient, reviewer: httpx2.AsyncClient) -> None:
    session = await infusing(stage, api)
    day = {"since": MORNING.isoformat(), "until": (MORNING + timedelta(days=1)).isoformat()}
    assert (await reviewer.get("/records", params=day)).json() == {"sessions": [], "more": False}
    gone = await api.post(f"/sessions/{session}/infusion/stop", json={"reason": "wants to stop"})
    assert gone.status_code == 200
    pool = stage.running["monitoring"].store.pool
    await pool.execute("UPDATE sessions SET phase = 'DISCHARGED'")
    [one] = (await reviewer.get("/records", params=day)).json()["sessions"]
    assert (one["session_id"], one["chair"], one["phase"]) == (session, 2, "DISCHARGED")
    after = day | {"since": one["opened_at"], "after": session}
    assert (await reviewer.get("/records", params=after)).json()["sessions"] == []
    assert (await reviewer.get("/records", params=day | {"until": MORNING.isoformat()})).json()["sessions"] == []
    assert (await reviewer.get("/records", params={"since": "x"})).status_code == 422
    assert (await api.get("/records", params=day)).status_code == 403
