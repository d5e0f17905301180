"""Counts of the drug cabinet: one person counts every vial, another confirms, and what does not match becomes a case."""

from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from kit.http import Command, Refused, Routes, needs
from schemas.monitoring.drug_ledger import StockCounted
from services.monitoring import tables
from services.monitoring.api.cases import open_case
from services.monitoring.api.ledger import Quantity
from services.monitoring.rules.ledger import Comparison, compare
from services.monitoring.store import cases, ledger

routes = Routes(tags=["drug ledger"])


class VialCounted(Quantity):
    """What lies in a vial; an opened one may be estimated."""

    vial_id: UUID


class CountRequest(BaseModel):
    """Every vial of a stock that should hold something."""

    model_config = ConfigDict(extra="forbid")

    moment: str = Field(max_length=20)
    vials: Annotated[list[VialCounted], Field(max_length=2000)]


class LineShown(BaseModel):
    """A vial of a count, against the book."""

    vial_id: UUID
    book_mg: Decimal
    counted_mg: Decimal
    outcome: str


class CountShown(BaseModel):
    """A count. It holds once a second person confirmed it."""

    count_id: UUID
    stock_id: UUID
    moment: str
    counted_by: str
    confirmed_by: str | None
    lines: list[LineShown]


@routes.post("/drug-ledger/stocks/{stock_id}/counts", dependencies=[needs("drugs.write")], status_code=201)
async def count(stock_id: UUID, body: CountRequest, tx: Command) -> CountShown:
    """Count every vial of a stock. Another person confirms it before anything of the stock moves."""
    stock = await ledger.hold_stock(tx, stock_id=stock_id)
    if stock is None:
        raise Refused(404, "No such stock", f"the ledger knows no stock {stock_id}")
    known = [row.id for row in tables.drug_ledger().count]
    if body.moment not in known:
        raise Refused(422, "Not an occasion to count", field="body.moment", expected=f"one of: {', '.join(known)}")
    vials = {vial.vial_id: vial for vial in await ledger.vials(tx, stock_id)}
    counted = {line.vial_id: line.in_mg(stock.mg_per_ml) for line in body.vials}
    left_out = sorted(vial.number for vial in vials.values() if vial.shelf_mg > 0 and vial.vial_id not in counted)
    if left_out or not counted.keys() <= vials.keys() or len(counted) != len(body.vials):
        told = f"every vial of the stock that should hold something, once, and no other; left out: {left_out or 'none'}"
        raise Refused(422, "The count is not whole", field="body.vials", expected=told, todo="count a vial that is gone as 0 mg")
    lines = [cases.Line(vial_id, vials[vial_id].shelf_mg, mg) for vial_id, mg in sorted(counted.items())]
    kept = await cases.add_count(tx, stock_id, body.moment, await ledger.last_number(tx, stock_id), lines)
    tx.audit("count drugs", f"count {kept.count_id}")
    return _shown(kept, lines, stock)


@routes.post("/drug-ledger/counts/{count_id}/confirmation", dependencies=[needs("drugs.witness")])
async def confirm(count_id: UUID, tx: Command) -> CountShown:
    """Confirm, as another person, that a count is right. Each vial that differs from the book becomes a case."""
    kept = await cases.count(tx, count_id)
    stock = await ledger.hold_stock(tx, stock_id=kept.stock_id) if kept else None
    kept = await cases.count(tx, count_id)
    if kept is None or stock is None:
        raise Refused(404, "No such count", f"the ledger knows no count {count_id}")
    if kept.confirmed_by is not None:
        raise Refused(409, "The count is confirmed", f"by {kept.confirmed_by}")
    if kept.counted_by == tx.actor:
        raise Refused(403, "A second person is needed", "whoever counted cannot confirm", todo="ask a colleague to count again")
    if kept.entry_number != await ledger.last_number(tx, kept.stock_id):
        raise Refused(409, "Something moved since it was counted", todo="count again, and confirm before anything moves")
    lines, rows = await cases.lines(tx, count_id), tables.drug_ledger()
    judged = [(line.vial_id, _compare(line, stock)) for line in lines]
    await cases.confirm(tx, count_id)
    beyond = [(vial_id, found) for vial_id, found in judged if found.outcome == "beyond tolerance"]
    for vial_id, found in beyond:
        await open_case(tx, vial_id, found, count_id=count_id)
    tx.emit(
        StockCounted(
            count_id=count_id,
            stock_id=kept.stock_id,
            moment=kept.moment,
            book_mg=sum((line.book_mg for line in lines), Decimal(0)),
            counted_mg=sum((line.counted_mg for line in lines), Decimal(0)),
            beyond_tolerance=len(beyond),
            table_version=rows.version,
            counted_by=kept.counted_by,
            confirmed_by=tx.actor,
            counted_at=kept.counted_at,
        )
    )
    tx.audit("confirm count of drugs", f"count {count_id}")
    return _shown(await cases.count(tx, count_id) or kept, lines, stock)


def _compare(line: cases.Line, stock: ledger.Stock) -> Comparison:
    return compare(line.book_mg, line.counted_mg, stock.mg_per_ml, tables.drug_ledger().tolerance)


def _shown(kept: cases.Counted, lines: list[cases.Line], stock: ledger.Stock) -> CountShown:
    return CountShown(
        count_id=kept.count_id,
        stock_id=kept.stock_id,
        moment=kept.moment,
        counted_by=kept.counted_by,
        confirmed_by=kept.confirmed_by,
        lines=[LineShown(**vars(line), outcome=_compare(line, stock).outcome) for line in lines],
    )
