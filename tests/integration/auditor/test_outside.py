"""The auditor's own way out and its heartbeat, against a real server on loopback."""

import json
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from pydantic import SecretStr

from kit.clock import wall
from kit.errors import Rejected
from kit.jobs import Attempt
from kit.testing import Stage
from kit.webhooks import signature
from schemas.auditor.audits import AUDITS, AuditFaultAcknowledged, AuditKept
from services.auditor.app import SERVICE
from services.auditor.jobs import BeatOutside, beat
from services.auditor.timers import tell_blind
from tests.integration.auditor.conftest import MORNING, SECRET
from tests.integration.auditor.house import Outside, Watched, watched


async def test_it_beats_outside_only_while_both_watchers_live(beating: Watched, outside: Outside) -> None:
    async def kept() -> list[AuditKept]:
        return [event for event in await beating.stage.events(AUDITS) if isinstance(event, AuditKept)]

    async def beaten() -> int:
        return len(outside.to("/beat"))

    async def twice_kept() -> bool:
        return len(await kept()) >= 2

    await beating.until("the auditor's own beat", twice_kept)
    assert await beaten() == 0, "nobody was heard yet: nothing is known to be well"
    async with beating.alive():
        await beating.until("a heartbeat", beaten)

    async def silent() -> bool:
        return {"monitoring silent", "notifications silent"} <= set(await beating.kinds())

    await beating.until("silence", silent)
    so_far, known = await beaten(), len(await kept())

    async def more_kept() -> bool:
        return len(await kept()) >= known + 3

    await beating.until("more of the auditor's own beats", more_kept)
    assert await beaten() == so_far
    last = (await kept())[-1]
    assert not last.all_well
    assert "no beat of monitoring is fresh" in last.not_well
    async with beating.alive():

        async def again() -> bool:
            return await beaten() > so_far

        await beating.until("a heartbeat, now that both live", again)
    assert {fault.kind for fault in await beating.mended()} == {"monitoring silent", "notifications silent"}


async def test_a_fault_leaves_by_both_ways_until_somebody_takes_care(beating: Watched, outside: Outside) -> None:
    alarm = await beating.raise_alarm()
    await beating.after(6)

    [(_, _, _, mail)] = outside.to("/out")
    message = json.loads(mail)
    text = "North: HIGH chair 3, systolic pressure high, since 08:00 UTC: nobody was told in time"
    assert (message["title"], message["message"]) == (text, text)
    [(_, _, headers, body)] = outside.to("/hook")
    signed = signature(SECRET, headers["webhook-id"], headers["webhook-timestamp"], body)
    assert headers["webhook-signature"] == signed
    [line] = json.loads(body)["faults"]
    assert (line["kind"], line["chair"], line["priority"]) == ("nobody told", 3, "high")

    await beating.after(60)
    assert len(outside.to("/out")) >= 2, "it is said again, with what is wrong since"
    people = beating.stage.http("auditor", actor="charge-1", permissions=("audits.read", "audits.acknowledge"))
    listed = (await people.get("/faults")).json()
    assert {fault["kind"] for fault in listed} == {"nobody told", "not passed on"}
    assert all(fault["said_outside"] for fault in listed)
    for fault in listed:
        answer = await people.post(f"/faults/{fault['fault_id']}/acknowledgement", json={})
        assert (answer.status_code, answer.json()["acknowledged_by"]) == (200, "charge-1")
    again = await people.post(f"/faults/{listed[0]['fault_id']}/acknowledgement", json={})
    assert (again.status_code, again.json()["title"]) == (409, "Somebody takes care of it")
    await beating.stage.settle()
    known = len(outside.to("/out"))
    await beating.after(50)
    assert len(outside.to("/out")) == known
    acknowledged = [event for event in await beating.stage.events(AUDITS) if isinstance(event, AuditFaultAcknowledged)]
    assert {event.by for event in acknowledged} == {"charge-1"}
    await beating.end(alarm)
    await beating.stage.settle()
    over = await people.post(f"/faults/{listed[0]['fault_id']}/acknowledgement", json={})
    assert (over.status_code, over.json()["title"]) == (409, "It is right again")


async def test_a_way_out_that_is_away_is_tried_again(beating: Watched, outside: Outside) -> None:
    outside.status = "503 Away"
    await beating.raise_alarm()
    await beating.after(6)
    await beating.after(10)
    assert outside.refused
    people = beating.stage.http("auditor", permissions=("audits.read",))
    [fault] = (await people.get("/faults")).json()
    assert fault["said_outside"] == 0
    assert fault["not_said"]
    assert outside.address not in fault["not_said"]
    outside.status = "200 OK"
    await beating.after(60)
    shown = {fault["kind"]: fault for fault in (await people.get("/faults")).json()}
    assert shown["nobody told"]["said_outside"] > 0


async def test_a_fault_that_is_mended_is_not_said_again(beating: Watched, outside: Outside) -> None:
    alarm = await beating.raise_alarm()
    await beating.after(6)
    await beating.answer_at_bedside(alarm)
    await beating.end(alarm)
    await beating.after(180)
    assert len(outside.to("/out")) == 1


async def test_a_hundred_faults_are_one_message(beating: Watched, outside: Outside) -> None:
    for _ in range(100):
        await beating.raise_alarm()
    await beating.after(6)
    bodies = [json.loads(body) for _, _, _, body in outside.to("/hook")]
    assert sum(len(body["faults"]) for body in bodies) == 100
    assert len(bodies) < 20
    mails = [json.loads(body)["message"] for _, _, _, body in outside.to("/out")]
    assert all(mail.count("\n") <= 10 for mail in mails)


async def test_nothing_set_says_it_in_the_log_and_beats_nowhere(there: Watched, capsys: pytest.CaptureFixture[str]) -> None:
    await there.raise_alarm()
    await there.after(6)
    people = there.stage.http("auditor", permissions=("audits.read",))
    [fault] = (await people.get("/faults")).json()
    assert fault["said_outside"] == 1
    figures = (await people.get("/figures")).json()
    assert (figures["ways_out"], figures["heartbeat"]) == ([], False)
    assert "no way out is set" in capsys.readouterr().out


async def test_a_heartbeat_that_comes_late_is_not_said(beating: Watched, outside: Outside) -> None:
    settings = beating.stage.running["auditor"].settings
    old = BeatOutside(said_at=wall() - timedelta(seconds=5))
    with pytest.raises(Rejected, match="too late to be true"):
        await beat(old, Attempt(uuid4(), 1, beating.now, settings))
    assert outside.to("/beat") == []
    await beat(BeatOutside(said_at=wall()), Attempt(uuid4(), 1, beating.now, settings))
    assert [(method, path) for method, path, _, _ in outside.to("/beat")] == [("GET", "/beat")]


async def test_what_it_cannot_read_is_a_fault_and_no_heartbeat_leaves(beating: Watched, outside: Outside) -> None:
    for _ in range(2):
        topic = "monitoring.alarms"
        await beating.producer.send_and_wait(
            f"{beating.stage.prefix}.{topic}.v1", value=b"\xff", key=b"x", headers=[("ce_type", b"AlarmRaised")]
        )
    await beating.stage.settle()
    [fault] = await beating.faults()
    assert (fault.kind, fault.priority) == ("unreadable", "high")
    assert len(outside.to("/out")) == 1
    await beating.after(61)
    assert len(outside.to("/out")) == 2, "it is said again while nobody takes care"
    people = beating.stage.http("auditor", permissions=("audits.read", "audits.acknowledge"))
    assert (await people.post(f"/faults/{fault.fault_id}/acknowledgement", json={})).json()["mended_at"]


async def test_blindness_is_said_once_and_is_over_with_the_next_beat(beating: Watched) -> None:
    for _ in range(2):
        async with beating.stage.running["auditor"].store.transaction() as tx:
            await tell_blind(tx)

    async def mended() -> bool:
        return "auditor blind" in [fault.kind for fault in await beating.mended()]

    await beating.until("its mending", mended)
    assert [fault.kind for fault in await beating.faults() if fault.kind == "auditor blind"] == ["auditor blind"]


async def test_a_restart_is_no_silence_of_the_others(
    outside: Outside, kafka: str, database: str, prefix: str, tmp_path: Path
) -> None:
    """Both stopped with us, an hour ago: what was silent while we were away was not silent to us, until it is."""
    settings = {"auditor": {"beat_seconds": 1}}
    for hour in (0, 1):
        morning = MORNING + timedelta(hours=hour)
        async with (
            Stage([SERVICE], kafka, {"auditor": database}, prefix, tmp_path, morning, settings) as stage,
            watched(stage) as voices,
            voices.alive(),
        ):

            async def well(stage: Stage = stage, since: object = morning) -> bool:
                kept = [event for event in await stage.events(AUDITS) if isinstance(event, AuditKept)]
                return any(event.all_well and event.kept_at == since for event in kept)

            await voices.until("all is well", well)
            assert await voices.kinds() == []


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"webhook_url": "ftp://x"}, "is no https address"),
        ({"heartbeat_url": "mailto:x"}, "is no https address"),
        ({"webhook_url": "https://x"}, "needs CHAIRSIDE_AUDITOR_WEBHOOK_SECRET"),
        ({"webhook_secret": "short"}, "at least 16"),
    ],
)
def test_a_way_out_that_cannot_work_refuses_the_start(given: dict[str, str], why: str) -> None:
    ours = {"kafka": "k:1", "database_url": SecretStr("postgresql://a@b/c"), "jwks": "x"}
    with pytest.raises(ValueError, match=why):
        SERVICE.settings(**ours, **given)
