"""The drug ledger on a real store and broker: drawn is given and wasted, or a case that two people close."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from kit.testing import Stage
from schemas.event import Event
from schemas.monitoring.adverse_events import ADVERSE_EVENTS, SentinelFlagged
from schemas.monitoring.alarms import ALARMS, AlarmEnded, AlarmRaised
from schemas.monitoring.drug_ledger import (
    DRUG_LEDGER,
    DiscrepancyFound,
    DiscrepancyResolved,
    DrawReconciled,
    DrugLost,
    DrugMoved,
    StockCounted,
)
from schemas.topic import Topic
from services.monitoring.app import SERVICE
from tests.integration.monitoring.ledger import Clinic, said

MORNING = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
BECAUSE = {"reason": "the syringe was read wrong; two of us saw it"}


@pytest.fixture
async def clinic(kafka: str, database: str, prefix: str, tmp_path: Path) -> AsyncIterator[Clinic]:
    async with Stage([SERVICE], kafka, {"monitoring": database}, prefix, tmp_path, MORNING) as stage:
        yield Clinic(stage)


async def events(clinic: Clinic, topic: Topic, kind: type[Event]) -> list[Any]:
    await clinic.stage.settle()
    return [event for event in await clinic.stage.events(topic) if isinstance(event, kind)]


async def test_s20_a_waste_that_does_not_match_is_found_alarmed_and_blocks_the_vial(clinic: Clinic) -> None:
    [vial] = (await clinic.vials())["vials"]
    session = await clinic.session()
    draw = await clinic.drawn(vial, session, 50)
    await clinic.given(draw, 41)
    assert (await clinic.reconciliation(session))["missing"][0].endswith("9 mg are neither given nor wasted")
    waste = await clinic.wasted(draw, 7.5, witness=False)
    assert (await clinic.reconciliation(session))["missing"][0].endswith("a waste of 7.5 mg waits for its witness")
    assert await events(clinic, DRUG_LEDGER, DiscrepancyFound) == []
    await said(clinic.ben.post(f"/drug-ledger/disposals/{waste['disposal_id']}/witness"))

    [found] = await events(clinic, DRUG_LEDGER, DiscrepancyFound)
    assert (found.difference_mg, found.tolerance_mg, found.found_by) == (Decimal("1.5"), Decimal(1), "draw")
    [reconciled] = await events(clinic, DRUG_LEDGER, DrawReconciled)
    assert (reconciled.drawn_mg, reconciled.given_mg, reconciled.wasted_mg) == (50, 41, Decimal("7.5"))
    [alarm] = await events(clinic, ALARMS, AlarmRaised)
    assert (alarm.code, alarm.title, alarm.kind, alarm.priority, alarm.chair) == (
        "DRUG-DISCREPANCY",
        "count does not match",
        "technical",
        "medium",
        2,
    )
    assert "ketamine" not in f"{alarm.title} {alarm.advice}"
    [flagged] = await events(clinic, ADVERSE_EVENTS, SentinelFlagged)
    assert (flagged.trigger, flagged.cause_id) == ("drug-discrepancy", found.case_id)
    state = await clinic.reconciliation(session)
    assert (state["reconciled"], state["missing"][0].endswith("the case is open")) == (False, True)

    # Nobody draws from the vial until two people have closed the case; an answer to the alarm does not open it.
    await said(clinic.ann.post(f"/alarms/{alarm.alarm_id}/acknowledgement", json={}))
    another = await clinic.session(chair=3)
    asked = {"session_id": another, "mg": 10}
    assert (await said(clinic.ann.post(f"/drug-ledger/vials/{vial}/draws", json=asked), 409))["title"] == "The vial is blocked"
    case = f"/drug-ledger/cases/{found.case_id}"
    assert (await said(clinic.ben.post(f"{case}/closure"), 409))["title"] == "Nobody has explained the case"
    await said(clinic.keeper.post(f"{case}/explanation", json=BECAUSE))
    await said(clinic.keeper.post(f"{case}/closure"), 403)
    assert await events(clinic, ALARMS, AlarmEnded) == []
    closed = await said(clinic.ben.post(f"{case}/closure"))
    assert (closed["explained_by"], closed["closed_by"]) == ("kim", "ben")
    assert len(await events(clinic, ALARMS, AlarmEnded)) == len(await events(clinic, DRUG_LEDGER, DiscrepancyResolved)) == 1
    assert (await clinic.reconciliation(session))["reconciled"]
    await clinic.drawn(vial, another, 10)
    await said(clinic.ben.post(f"{case}/closure"), 409)


async def test_a_difference_within_tolerance_is_recorded_as_such(clinic: Clinic) -> None:
    [vial] = (await clinic.vials(lot="L5", mg_per_ml=50, vial_ml=10))["vials"]
    session = await clinic.session()
    draw = await clinic.drawn(vial, session, 50)
    await clinic.given(draw, 41)
    await clinic.wasted(draw, 7.5)
    [reconciled] = await events(clinic, DRUG_LEDGER, DrawReconciled)
    assert (reconciled.outcome, reconciled.difference_mg) == ("within tolerance", Decimal("1.5"))
    assert await events(clinic, ALARMS, AlarmRaised) == []
    assert (await clinic.reconciliation(session))["reconciled"]
    balance = await clinic.balance()
    assert (balance["balance_mg"], balance["in_hand_mg"], balance["adds_up"]) == ("451.500", "1.500", True)


async def test_a_waste_is_witnessed_by_another_person_who_did_not_give(clinic: Clinic) -> None:
    [vial] = (await clinic.vials())["vials"]
    draw = await clinic.drawn(vial, await clinic.session(), 50)
    await clinic.given(draw, 20)
    await said(clinic.cem.post(f"/drug-ledger/draws/{draw}/administrations", json={"ml": 2}), 201)
    waste = await clinic.wasted(draw, 10, witness=False)
    path = f"/drug-ledger/disposals/{waste['disposal_id']}"
    assert "declared" in (await said(clinic.ann.post(f"{path}/witness"), 403))["detail"]
    assert "gave" in (await said(clinic.cem.post(f"{path}/witness"), 403))["detail"]
    assert (await clinic.balance())["balance_mg"] == "160.000"
    await said(clinic.ann.post(f"/drug-ledger/draws/{draw}/administrations", json={"mg": 1}), 409)
    assert (await said(clinic.ann.post(f"{path}/withdrawal")))["state"] == "withdrawn"
    await said(clinic.ben.post(f"{path}/witness"), 409)
    assert (
        "10 mg of this draw are in hand"
        in (await said(clinic.ann.post(f"/drug-ledger/draws/{draw}/waste", json={"mg": 10.001}), 409))["detail"]
    )
    assert (await clinic.wasted(draw, 10))["witnesses"] == ["ben"]
    [entry] = [e for e in await events(clinic, DRUG_LEDGER, DrugMoved) if e.movement == "waste"]
    assert (entry.actor, entry.witnesses, entry.balance_mg) == ("ann", ("ben",), 150)
    await said(clinic.ann.post(f"/drug-ledger/draws/{draw}/administrations", json={"mg": 1}), 409)


async def test_the_database_itself_refuses_to_change_an_entry(clinic: Clinic) -> None:
    await clinic.vials()
    for statement in ("UPDATE drug_entries SET mg = 1", "DELETE FROM drug_entries", "TRUNCATE drug_entries CASCADE"):
        with pytest.raises(asyncpg.RestrictViolationError, match="append-only"):
            await clinic.sql(statement)
    with pytest.raises(asyncpg.CheckViolationError):
        await clinic.sql(
            "INSERT INTO drug_entries SELECT $1, stock_id, 99, vial_id, draw_id, movement, from_account, to_account, mg, -1,"
            " reference, reason, reverses, actor, witnesses, moved_at FROM drug_entries",
            uuid4(),
        )
    assert (await clinic.balance())["balance_mg"] == "200.000"


async def test_an_entry_is_taken_back_once_and_stays_in_the_register(clinic: Clinic) -> None:
    got = await clinic.vials()
    draw = await clinic.drawn(got["vials"][0], await clinic.session(), 50)
    wrong = (await clinic.given(draw, 14))["entry"]["entry_id"]
    path = f"/drug-ledger/entries/{wrong}/reversal"
    await said(clinic.ann.post(path, json={"reason": "typed 14 for 41"}), 403)
    back = await said(clinic.keeper.post(path, json={"reason": "typed 14 for 41"}), 201)
    assert back["entry"]["balance_mg"] == "200.000"
    await said(clinic.keeper.post(path, json={"reason": "typed 14 for 41"}), 409)
    await said(
        clinic.keeper.post(f"/drug-ledger/entries/{back['entry']['entry_id']}/reversal", json={"reason": "no, it was 14"}), 409
    )
    await clinic.given(draw, 41)
    await clinic.wasted(draw, 9)
    page = await said(clinic.ann.get(f"/drug-ledger/stocks/{got['stock_id']}/register", params={"limit": 4}))
    rest = await said(clinic.ann.get(f"/drug-ledger/stocks/{got['stock_id']}/register", params={"after": page["next_after"]}))
    told = [(line["movement"], line["mg"], line["balance_mg"]) for line in page["entries"] + rest["entries"]]
    assert told == [
        ("receive", "200.000", "200.000"),
        ("draw", "50.000", "200.000"),
        ("give", "14.000", "186.000"),
        ("reverse", "14.000", "200.000"),
        ("give", "41.000", "159.000"),
        ("waste", "9.000", "150.000"),
    ]
    assert (rest["next_after"], rest["kept_years"], page["entries"][3]["reason"]) == (None, 7, "typed 14 for 41")
    assert page["entries"][2]["patient_id"]
    assert (await clinic.balance())["adds_up"]


async def test_two_draws_that_race_never_draw_more_than_there_is(clinic: Clinic) -> None:
    [vial] = (await clinic.vials())["vials"]
    sessions = [await clinic.session(chair) for chair in (2, 3)]
    asked = [
        person.post(f"/drug-ledger/vials/{vial}/draws", json={"session_id": session, "mg": 60})
        for session in sessions
        for person in (clinic.ann, clinic.ben, clinic.cem)
    ]
    answers = await asyncio.gather(*asked)
    assert sorted(answer.status_code for answer in answers) == [201, 201, 201, 409, 409, 409]
    refused = next(answer.json() for answer in answers if answer.status_code == 409)
    assert refused["detail"] == "60 mg cannot move: 20 mg are in the vial; the lot's balance is 200 mg"
    assert await clinic.sql("SELECT count(*) FROM drug_draws") == 3


async def test_a_draw_sent_twice_under_one_key_is_one_draw(clinic: Clinic) -> None:
    [vial] = (await clinic.vials())["vials"]
    asked, key = {"session_id": await clinic.session(), "mg": 50}, {"Idempotency-Key": str(uuid4())}
    first, again = [await clinic.ann.post(f"/drug-ledger/vials/{vial}/draws", json=asked, headers=key) for _ in range(2)]
    assert (first.json(), again.headers["Idempotency-Replayed"]) == (again.json(), "true")
    assert await clinic.sql("SELECT count(*) FROM drug_entries WHERE movement = 'draw'") == 1


async def test_a_count_by_two_people_that_differs_from_the_book_blocks_the_vial(clinic: Clinic) -> None:
    got = await clinic.vials(2)
    whole, short = got["vials"]
    path = f"/drug-ledger/stocks/{got['stock_id']}/counts"
    partly = {"moment": "open", "vials": [{"vial_id": whole, "ml": 20}]}
    assert "left out: [2]" in (await said(clinic.ann.post(path, json=partly), 422))["faults"][0]["expected"]
    await said(clinic.ann.post(path, json=partly | {"moment": "noon"}), 422)
    full = {"moment": "open", "vials": [{"vial_id": whole, "ml": "19.9"}, {"vial_id": short, "ml": 19.5}]}
    count = await said(clinic.ann.post(path, json=full), 201)
    confirm = f"/drug-ledger/counts/{count['count_id']}/confirmation"
    await said(clinic.ann.post(confirm), 403)
    shown = await said(clinic.ben.post(confirm))
    assert {line["vial_id"]: line["outcome"] for line in shown["lines"]} == {
        whole: "within tolerance",
        short: "beyond tolerance",
    }
    [counted], [found] = [await events(clinic, DRUG_LEDGER, kind) for kind in (StockCounted, DiscrepancyFound)]
    assert (counted.book_mg, counted.counted_mg, counted.beyond_tolerance) == (400, 394, 1)
    assert (str(found.vial_id), found.found_by, found.session_id) == (short, "count", None)
    session = await clinic.session()
    await said(clinic.ann.post(f"/drug-ledger/vials/{short}/draws", json={"session_id": session, "mg": 10}), 409)
    await clinic.drawn(whole, session, 10)
    await said(clinic.ben.post(confirm), 409)

    stale = await said(clinic.ann.post(path, json=full | {"moment": "close"}), 201)
    await clinic.drawn(whole, session, 10)
    moved = await said(clinic.ben.post(f"/drug-ledger/counts/{stale['count_id']}/confirmation"), 409)
    assert moved["title"] == "Something moved since it was counted"


async def test_destruction_has_two_witnesses_and_a_loss_its_deadlines(clinic: Clinic) -> None:
    first, second, third = (await clinic.vials(3))["vials"]
    destroyed = await said(clinic.keeper.post(f"/drug-ledger/vials/{first}/destruction", json={"reference": "form 41 no 3"}), 201)
    path = f"/drug-ledger/disposals/{destroyed['disposal_id']}/witness"
    assert (await said(clinic.ann.post(path)))["state"] == "waiting"
    await said(clinic.ann.post(path), 403)
    assert (await said(clinic.ben.post(path)))["state"] == "done"
    loss = {"mg": 200, "discovered_on": "2026-02-27", "reference": "incident 4", "reason": "cabinet found open"}
    lost = await said(clinic.keeper.post(f"/drug-ledger/vials/{second}/loss", json=loss), 201)
    assert (lost["report"]["notify_field_office_by"], lost["report"]["file_form_106_by"]) == ("2026-03-02", "2026-04-13")
    assert len(await events(clinic, DRUG_LEDGER, DrugLost)) == 1
    await said(clinic.keeper.post(f"/drug-ledger/vials/{third}/loss", json=loss | {"discovered_on": "2026-03-04"}), 422)
    await said(clinic.keeper.post(f"/drug-ledger/vials/{third}/transfer", json={"reference": "to the annex"}), 201)
    balance = await clinic.balance()
    assert Decimal(balance["balance_mg"]) == 0
    assert (balance["adds_up"], balance["schedule"], balance["inventory_due"]) == (True, "C-III", None)


async def test_what_is_asked_wrongly_names_the_field_and_does_nothing(clinic: Clinic) -> None:
    [vial] = (await clinic.vials())["vials"]
    session = await clinic.session()
    for asked, field in (
        ({"session_id": session, "mg": True}, "body.mg"),
        ({"session_id": session, "mg": 1.0005}, "body.mg"),
        ({"session_id": session}, "body"),
        ({"session_id": session, "mg": 1, "left": 1}, "body.left"),
        ({"session_id": session, "mg": 0}, "body"),
    ):
        told = await said(clinic.ann.post(f"/drug-ledger/vials/{vial}/draws", json=asked), 422)
        assert told["faults"][0]["field"] == field
    for path in (f"vials/{uuid4()}/draws", f"vials/{vial}/draws"):
        await said(clinic.ann.post(f"/drug-ledger/{path}", json={"session_id": str(uuid4()), "mg": 1}), 404)
    await said(clinic.keeper.post("/drug-ledger/receipts", json={}), 422)
    refused = clinic.person("rob", "sessions.read")
    await said(refused.get("/drug-ledger/balances"), 403)
    assert await clinic.sql("SELECT count(*) FROM drug_draws") == 0
    receipt = {
        "movement": "receive",
        "location": "main",
        "drug": "ketamine",
        "ndc": "12345-678-90",
        "lot": "L1",
        "mg_per_ml": 50,
        "vial_ml": 10,
        "vials": 1,
        "reference": "invoice 8",
    }
    strange = await said(clinic.keeper.post("/drug-ledger/receipts", json=receipt), 409)
    assert strange["title"] == "The lot is known with another strength"
    undiluted = await clinic.vials(lot="L9", mg_per_ml=100, vial_ml=5)
    drawn = await clinic.ann.post(f"/drug-ledger/vials/{undiluted['vials'][0]}/draws", json={"session_id": session, "mg": 41})
    assert "undiluted" in drawn.json()["note"]


async def test_a_dose_that_is_a_tenth_too_high_is_flagged_for_review(clinic: Clinic) -> None:
    [vial] = (await clinic.vials())["vials"]
    session = await clinic.session(ordered_mg=41)
    draw = await clinic.drawn(vial, session, 50)
    await clinic.given(draw, 45)
    assert await events(clinic, ADVERSE_EVENTS, SentinelFlagged) == []
    await clinic.given(draw, 0.1)
    [flagged] = await events(clinic, ADVERSE_EVENTS, SentinelFlagged)
    assert (flagged.trigger, str(flagged.session_id), str(flagged.cause_id)) == ("drug-or-dose", session, draw)
    await clinic.given(draw, 1)
    assert len(await events(clinic, ADVERSE_EVENTS, SentinelFlagged)) == 1
