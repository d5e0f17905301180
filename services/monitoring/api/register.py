"""What the drug ledger shows: balances, the register of a lot, and whether a session's drug is explained."""

import json
from datetime import datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel

from kit.http import Command, Refused, Routes, needs
from schemas.monitoring.drug_ledger import Movement
from services.monitoring import store, tables
from services.monitoring.rules.ledger import DrugLedger, by_formula
from services.monitoring.store import ledger

routes = Routes(tags=["drug ledger"])


class VialShown(BaseModel):
    """A vial and what should lie in it."""

    vial_id: UUID
    number: int
    shelf_mg: Decimal
    blocked: bool


class BalanceShown(BaseModel):
    """What a location, NDC and lot holds: in vials, in hand, and by which movements."""

    stock_id: UUID
    location: str
    drug: str
    schedule: str
    ndc: str
    lot: str
    mg_per_ml: Decimal
    balance_mg: Decimal
    on_shelf_mg: Decimal
    in_hand_mg: Decimal
    """Drawn, and neither given nor gone: open draws, and differences of settled ones."""
    moved_mg: dict[str, Decimal]
    adds_up: bool
    """Whether opening + received + transferred in - given - wasted - destroyed - lost - transferred out is the balance."""
    vials: list[VialShown]
    inventory_due: datetime | None
    """When all of it must be counted again; null while it never was, which is overdue."""


class EntryShown(BaseModel):
    """A line of the register. The patient's name and address are intake's; the strength is the lot's."""

    number: int
    entry_id: UUID
    vial_id: UUID
    vial: int
    movement: Movement
    mg: Decimal
    balance_mg: Decimal
    draw_id: UUID | None
    session_id: UUID | None
    patient_id: UUID | None
    reference: str
    reason: str
    reverses: UUID | None
    actor: str
    witnesses: list[str]
    moved_at: datetime


class Register(BaseModel):
    """A page of a lot's entries, in order."""

    entries: list[EntryShown]
    next_after: int | None
    """Ask again with `after` set to this; null on the last page."""
    kept_years: int


class DrawShown(BaseModel):
    """What became of a draw."""

    draw_id: UUID
    vial_id: UUID
    label: str
    drawn_mg: Decimal
    given_mg: Decimal
    wasted_mg: Decimal
    lost_mg: Decimal
    waste_waiting_mg: Decimal | None
    settled: bool


class ReconciliationShown(BaseModel):
    """Whether all that was drawn for a session is explained, and what is not, in words."""

    session_id: UUID
    reconciled: bool
    missing: list[str]
    draws: list[DrawShown]


@routes.get("/drug-ledger/rules", dependencies=[needs("drugs.read")])
async def show_rules() -> DrugLedger:
    """Movements, tolerance, counts, retention and deadlines, each with its source and evidence."""
    return tables.drug_ledger()


@routes.get("/drug-ledger/balances", dependencies=[needs("drugs.read")])
async def show_balances(tx: Command) -> list[BalanceShown]:
    """What each location, NDC and lot holds."""
    rows, vials = tables.drug_ledger(), await ledger.vials(tx)
    schedules = {row.id: row.schedule for row in rows.drug}
    found = []
    for row in await ledger.balances(tx):
        mine = [vial for vial in vials if vial.stock_id == row["stock_id"]]
        shelf, counted = sum((vial.shelf_mg for vial in mine), Decimal(0)), row["inventory_at"]
        balance, moved = (
            row["balance_mg"] or Decimal(0),
            {name: Decimal(mg) for name, mg in json.loads(row["sums"] or "{}").items()},
        )
        found.append(
            BalanceShown(
                **{name: row[name] for name in ("stock_id", "location", "drug", "ndc", "lot", "mg_per_ml")},
                schedule=schedules.get(row["drug"], ""),
                balance_mg=balance,
                on_shelf_mg=shelf,
                in_hand_mg=balance - shelf,
                moved_mg=moved,
                adds_up=by_formula(moved) == balance,
                vials=[VialShown(**{n: v for n, v in vars(vial).items() if n != "stock_id"}) for vial in mine],
                inventory_due=_years_after(counted, rows.inventory.years) if counted else None,
            )
        )
    return found


@routes.get("/drug-ledger/stocks/{stock_id}/register", dependencies=[needs("drugs.read")])
async def show_register(
    stock_id: UUID,
    tx: Command,
    after: Annotated[int, Query(ge=0, lt=2**31)] = 0,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> Register:
    """The register of a lot, in order, a page at a time."""
    rows = await ledger.register(tx, stock_id, after, limit + 1)
    if not rows and after == 0:
        raise Refused(404, "No such register", f"the ledger has no entry of stock {stock_id}")
    shown = [EntryShown.model_validate(dict(row)) for row in rows[:limit]]
    return Register(
        entries=shown,
        next_after=shown[-1].number if len(rows) > limit else None,
        kept_years=tables.drug_ledger().retention.years,
    )


@routes.get("/drug-ledger/sessions/{session_id}", dependencies=[needs("drugs.read")])
async def show_reconciliation(session_id: UUID, tx: Command) -> ReconciliationShown:
    """Whether a session's drug is explained, and what is missing."""
    if await store.see(tx, session_id) is None:
        raise Refused(404, "No such session", f"monitoring knows no session {session_id}")
    found = await ledger.reconciliation(tx, session_id)
    return ReconciliationShown(
        session_id=session_id,
        reconciled=found.reconciled,
        missing=list(found.missing),
        draws=[
            DrawShown(
                draw_id=kept.draw_id,
                vial_id=kept.vial_id,
                label=kept.draw.label,
                drawn_mg=kept.draw.drawn,
                given_mg=kept.draw.given,
                wasted_mg=kept.draw.wasted,
                lost_mg=kept.draw.lost,
                waste_waiting_mg=kept.draw.waiting,
                settled=kept.draw.settled,
            )
            for kept in found.draws
        ],
    )


def _years_after(at: datetime, years: int) -> datetime:
    """The same day years later; 29 February becomes the 28th."""
    try:
        return at.replace(year=at.year + years)
    except ValueError:
        return at.replace(year=at.year + years, day=28)
