"""Adverse events on a real store and broker: recorded, amended, never changed, and told where they must be."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from kit.testing import Stage
from schemas.monitoring.adverse_events import (
    ADVERSE_EVENTS,
    AdverseEventAmended,
    AdverseEventRecorded,
    SentinelFlagged,
    SeriousAdverseEventDeclared,
)
from services.monitoring.app import SERVICE
from tests.integration.monitoring.ledger import Clinic, said

MORNING = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
NAUSEA: dict[str, Any] = {
    "onset": MORNING.isoformat(),
    "term": "nausea",
    "ctcae_grade": 1,
    "related": "probable",
    "serious": False,
    "expected": True,
    "action": "water",
    "outcome": "recovered",
}


@pytest.fixture
async def clinic(kafka: str, database: str, prefix: str, tmp_path: Path) -> AsyncIterator[Clinic]:
    async with Stage([SERVICE], kafka, {"monitoring": database}, prefix, tmp_path, MORNING) as stage:
        yield Clinic(stage)


async def events(clinic: Clinic, kind: type[Any]) -> list[Any]:
    await clinic.stage.settle()
    return [event for event in await clinic.stage.events(ADVERSE_EVENTS) if isinstance(event, kind)]


async def test_recorded_amended_and_both_kept(clinic: Clinic) -> None:
    session = await clinic.session()
    first = await said(clinic.ann.post(f"/sessions/{session}/adverse-events", json=NAUSEA), 201)
    assert (first["version"], first["session_phase"], first["reporter"], first["report_to"]) == (1, "before infusion", "ann", [])
    [recorded] = await events(clinic, AdverseEventRecorded)
    assert (recorded.detail.term, repr(recorded.detail)) == ("nausea", "<AdverseEventDetail: personal>")

    path = f"/adverse-events/{first['adverse_event_id']}"
    await said(clinic.ben.post(f"{path}/amendments", json=NAUSEA | {"ctcae_grade": 2}), 422)
    worse = NAUSEA | {"ctcae_grade": 3, "serious": True, "criteria": ["hospitalisation"], "sentinel": ["transfer"]}
    amended = await said(clinic.ben.post(f"{path}/amendments", json=worse | {"reason": "went to hospital"}), 201)
    assert (amended["version"], len(amended["report_to"])) == (2, 2)
    [declared], [flagged] = await events(clinic, SeriousAdverseEventDeclared), await events(clinic, SentinelFlagged)
    assert any("1-800-FDA-1088" in place for place in declared.report_to)
    assert (flagged.trigger, flagged.first_review_due, flagged.incident_case_due) == (
        "transfer",
        MORNING + timedelta(hours=72),
        MORNING + timedelta(hours=1),
    )
    await said(clinic.ben.post(f"{path}/amendments", json=worse | {"reason": "spelling", "action": "fluids"}), 201)
    assert (len(await events(clinic, AdverseEventAmended)), len(await events(clinic, SeriousAdverseEventDeclared))) == (2, 1)
    assert len(await events(clinic, SentinelFlagged)) == len(await said(clinic.ann.get("/sentinels"))) == 1

    versions = await said(clinic.ann.get(path))
    assert [version["record"]["ctcae_grade"] for version in versions] == [1, 3, 3]
    [latest] = await said(clinic.ann.get(f"/sessions/{session}/adverse-events"))
    assert (latest["version"], latest["reason"]) == (3, "spelling")
    for statement in ("UPDATE adverse_events SET reason = ''", "DELETE FROM adverse_events", "DELETE FROM sentinels"):
        with pytest.raises(asyncpg.RestrictViolationError, match="append-only"):
            await clinic.sql(statement)


async def test_what_is_wrong_is_told_all_at_once_and_nothing_is_kept(clinic: Clinic) -> None:
    session = await clinic.session()
    wrong = NAUSEA | {
        "onset": (MORNING + timedelta(minutes=1)).isoformat(),
        "serious": True,
        "criteria": ["death"],
        "sentinel": ["bad luck"],
    }
    told = await said(clinic.ann.post(f"/sessions/{session}/adverse-events", json=wrong), 422)
    assert [fault["field"] for fault in told["faults"]] == ["body.onset", "body.sentinel", "body.ctcae_grade", "body.outcome"]
    naive = NAUSEA | {"onset": "2026-03-02T08:00:00"}
    told = await said(clinic.ann.post(f"/sessions/{session}/adverse-events", json=naive), 422)
    assert told["faults"][0]["field"] == "body.onset"
    assert await said(clinic.ann.get(f"/sessions/{session}/adverse-events")) == []
    assert await events(clinic, AdverseEventRecorded) == []


async def test_a_passing_rise_of_pressure_is_kept_with_its_peak_and_no_grade(clinic: Clinic) -> None:
    session = await clinic.session()
    rise = NAUSEA | {"term": "bp-rise", "ctcae_grade": None, "peak_systolic": 168, "peak_diastolic": 95}
    await said(clinic.ann.post(f"/sessions/{session}/adverse-events", json=rise), 201)
    [recorded] = await events(clinic, AdverseEventRecorded)
    assert (recorded.detail.ctcae_grade, recorded.detail.peak_systolic) == (None, 168)
    refused = await said(clinic.ann.post(f"/sessions/{session}/adverse-events", json=rise | {"ctcae_grade": 3}), 422)
    assert "passing rise" in refused["faults"][0]["expected"]


async def test_the_catalogue_says_how_well_it_is_known(clinic: Clinic) -> None:
    catalogue = await said(clinic.ann.get("/adverse-event-catalogue"))
    assert {row["evidence"] for row in catalogue["term"]} == {"L", "K"}
    rules = await said(clinic.ann.get("/drug-ledger/rules"))
    assert (rules["retention"]["years"], rules["tolerance"]["evidence"]) == (7, "D")
