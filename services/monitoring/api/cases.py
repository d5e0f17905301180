"""Cases of the drug ledger: a vial's account does not come out, and two people say why before it is used again."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from kit.db import Tx
from kit.fields import Text
from kit.http import Command, Refused, Routes, needs
from schemas.monitoring.drug_ledger import DiscrepancyFound, DiscrepancyResolved, DrawReconciled
from services.monitoring import store, tables
from services.monitoring.api.sentinels import flag
from services.monitoring.record import DISCREPANCY, Source, end_alarm, raise_alarm
from services.monitoring.rules.ledger import Comparison, compare
from services.monitoring.store import cases, ledger

routes = Routes(tags=["drug ledger"])
TRIGGER = "drug-discrepancy"


class CaseShown(BaseModel):
    """A case as it stands."""

    model_config = ConfigDict(from_attributes=True)

    case_id: UUID
    vial_id: UUID
    draw_id: UUID | None
    count_id: UUID | None
    session_id: UUID | None
    expected_mg: Decimal
    found_mg: Decimal
    tolerance_mg: Decimal
    opened_by: str
    opened_at: datetime
    reason: str | None
    explained_by: str | None
    explained_at: datetime | None
    closed_by: str | None
    closed_at: datetime | None


class Explanation(BaseModel):
    """Why the account does not come out."""

    model_config = ConfigDict(extra="forbid")

    reason: Annotated[Text, Field(min_length=10, max_length=1000)]


@routes.get("/drug-ledger/cases", dependencies=[needs("drugs.read")])
async def list_cases(tx: Command, all: bool = False) -> list[CaseShown]:
    """Open cases, newest first; closed ones too when asked."""
    return [CaseShown.model_validate(case) for case in await cases.cases(tx, everything=all)]


@routes.post("/drug-ledger/cases/{case_id}/explanation", dependencies=[needs("drugs.manage")])
async def explain(case_id: UUID, body: Explanation, tx: Command) -> CaseShown:
    """Say why the account does not come out. The vial stays blocked until another person agrees."""
    await _held_case(case_id, tx)
    await cases.explain(tx, case_id, body.reason)
    tx.audit("explain drug case", f"case {case_id}", reason=body.reason)
    return CaseShown.model_validate(await cases.case(tx, case_id))


@routes.post("/drug-ledger/cases/{case_id}/closure", dependencies=[needs("drugs.witness")])
async def close(case_id: UUID, tx: Command) -> CaseShown:
    """Agree with the explanation, as a second person: the case is closed and the vial may be used."""
    case = await _held_case(case_id, tx)
    if case.explained_by is None:
        raise Refused(409, "Nobody has explained the case", todo="explain it first")
    if case.explained_by == tx.actor:
        raise Refused(
            403, "A second person is needed", "whoever explained a case cannot close it", todo="ask a colleague to close it"
        )
    if await cases.close(tx, case):
        await end_alarm(tx, _source(case.vial_id, case.session_id, case.chair), DISCREPANCY)
    tx.emit(
        DiscrepancyResolved(
            case_id=case_id,
            vial_id=case.vial_id,
            session_id=case.session_id,
            explained_by=case.explained_by,
            confirmed_by=tx.actor,
            resolved_at=tx.now,
        )
    )
    tx.audit("close drug case", f"case {case_id}")
    return CaseShown.model_validate(await cases.case(tx, case_id))


async def settle(tx: Tx, draw_id: UUID) -> Comparison | None:
    """Compare a draw with what became of it, once nothing is left of it; a difference beyond tolerance opens a case."""
    kept = await ledger.draw(tx, draw_id)
    if kept is None or not kept.draw.settled:
        return None
    rows, draw = tables.drug_ledger(), kept.draw
    found = compare(draw.drawn, draw.explained, kept.mg_per_ml, rows.tolerance)
    tx.emit(
        DrawReconciled(
            draw_id=draw_id,
            vial_id=kept.vial_id,
            session_id=kept.session_id,
            drawn_mg=draw.drawn,
            given_mg=draw.given,
            wasted_mg=draw.wasted,
            difference_mg=found.difference,
            tolerance_mg=found.tolerance,
            outcome=found.outcome,
            table_version=rows.version,
            reconciled_at=tx.now,
        )
    )
    if found.outcome == "beyond tolerance":
        await open_case(tx, kept.vial_id, found, draw_id=draw_id, session_id=kept.session_id)
    return found


async def open_case(
    tx: Tx,
    vial_id: UUID,
    found: Comparison,
    *,
    draw_id: UUID | None = None,
    count_id: UUID | None = None,
    session_id: UUID | None = None,
) -> None:
    """Open a case, block the vial by it, raise the alarm and flag the review; nothing when a case like it is open."""
    session = await store.see(tx, session_id) if session_id else None
    chair = session.chair if session else None
    case_id = await cases.open_case(tx, vial_id, found, draw_id=draw_id, count_id=count_id, session_id=session_id, chair=chair)
    vial = await ledger.vial(tx, vial_id)
    if case_id is None or vial is None:
        return
    rows = tables.drug_ledger()
    tx.emit(
        DiscrepancyFound(
            case_id=case_id,
            stock_id=vial.stock_id,
            vial_id=vial_id,
            found_by="draw" if draw_id else "count",
            draw_id=draw_id,
            count_id=count_id,
            session_id=session_id,
            expected_mg=found.expected,
            found_mg=found.found,
            difference_mg=found.difference,
            tolerance_mg=found.tolerance,
            table_version=rows.version,
            actor=tx.actor,
            found_at=tx.now,
        )
    )
    source, block = _source(vial_id, session_id, chair), rows.block
    await raise_alarm(tx, source, DISCREPANCY, block.alarm_title, block.alarm_priority, advice=block.alarm_advice)
    await flag(tx, TRIGGER, session_id, case_id)
    tx.audit("open drug case", f"case {case_id}")


def _source(vial_id: UUID, session_id: UUID | None, chair: int | None) -> Source:
    """One alarm a vial and session, so that its events keep one key."""
    return Source(f"vial {vial_id}" + (f" session {session_id}" if session_id else ""), session_id, chair)


async def _held_case(case_id: UUID, tx: Command) -> cases.Case:
    case = await cases.case(tx, case_id)
    if case is None:
        raise Refused(404, "No such case", f"the ledger knows no case {case_id}")
    await ledger.hold_stock(tx, vial_id=case.vial_id)
    case = await cases.case(tx, case_id) or case
    if case.closed_at is not None:
        raise Refused(409, "The case is closed", f"since {case.closed_at.isoformat(timespec='seconds')}")
    return case
