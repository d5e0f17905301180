"""The drug ledger: stocks, vials, draws and entries that are never changed. Quantities are exact, in mg."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from kit.db import Tx
from schemas.monitoring.drug_ledger import DrugMoved, Movement
from services.monitoring.rules.ledger import Draw, Holding, Posting, missing
from services.monitoring.store.named import queries
from services.monitoring.store.sessions import see


@dataclass(frozen=True)
class Stock:
    """A location, NDC and lot, held until the transaction ends."""

    stock_id: UUID
    location: str
    drug: str
    ndc: str
    lot: str
    mg_per_ml: Decimal


@dataclass(frozen=True)
class Vial:
    """A vial, what it holds, and whether an open case blocks it."""

    stock_id: UUID
    vial_id: UUID
    number: int
    shelf_mg: Decimal
    blocked: bool


@dataclass(frozen=True)
class KeptDraw:
    """A draw, whose it is, and what became of it."""

    draw_id: UUID
    vial_id: UUID
    session_id: UUID
    patient_id: UUID
    mg_per_ml: Decimal
    gave: tuple[str, ...]
    """Who gave of it."""
    draw: Draw


@dataclass(frozen=True)
class Reconciliation:
    """Whether all that was drawn for a session is explained, and what is not."""

    session_id: UUID
    reconciled: bool
    missing: tuple[str, ...]
    draws: tuple[KeptDraw, ...]


async def open_stock(tx: Tx, location: str, drug: str, ndc: str, lot: str, mg_per_ml: Decimal) -> Stock:
    """The stock of a location, NDC and lot, opened when there was none, and held."""
    await queries.open_stock(tx.db, stock_id=tx.new_id(), location=location, drug=drug, ndc=ndc, lot=lot, mg_per_ml=mg_per_ml)
    row = await queries.hold_stock(tx.db, stock_id=None, vial_id=None, location=location, ndc=ndc, lot=lot)
    return Stock(**dict(row))


async def hold_stock(tx: Tx, *, stock_id: UUID | None = None, vial_id: UUID | None = None) -> Stock | None:
    """A stock, by itself or by a vial of it, held."""
    row = await queries.hold_stock(tx.db, stock_id=stock_id, vial_id=vial_id, location=None, ndc=None, lot=None)
    return Stock(**dict(row)) if row else None


async def add_vials(tx: Tx, stock: Stock, count: int) -> list[Vial]:
    """New vials of a stock, with nothing in them yet."""
    last = await queries.last_vial(tx.db, stock_id=stock.stock_id)
    fresh = [Vial(stock.stock_id, tx.new_id(), last + 1 + number, Decimal(0), blocked=False) for number in range(count)]
    for vial in fresh:
        await queries.add_vial(tx.db, vial_id=vial.vial_id, stock_id=stock.stock_id, number=vial.number)
    return fresh


async def vial(tx: Tx, vial_id: UUID) -> Vial | None:
    """A vial as it stands; hold its stock first where something will move."""
    row = await queries.vial(tx.db, vial_id=vial_id)
    return Vial(**dict(row)) if row else None


async def vials(tx: Tx, stock_id: UUID | None = None) -> list[Vial]:
    """The vials of a stock, or of all."""
    return [Vial(**dict(row)) async for row in queries.vials(tx.db, stock_id=stock_id)]


async def add_draw(tx: Tx, vial_id: UUID, session_id: UUID, patient_id: UUID) -> UUID:
    """A draw for a session's patient."""
    draw_id = tx.new_id()
    await queries.add_draw(
        tx.db, draw_id=draw_id, vial_id=vial_id, session_id=session_id, patient_id=patient_id, drawn_by=tx.actor, drawn_at=tx.now
    )
    return draw_id


async def draw(tx: Tx, draw_id: UUID) -> KeptDraw | None:
    """One draw."""
    return next(iter(await _draws(tx, draw_id=draw_id, session_id=None)), None)


async def reconciliation(tx: Tx, session_id: UUID) -> Reconciliation:
    """Whether a session's drug is explained to the last milligram, tolerance and closed cases allowed for."""
    session = await see(tx, session_id)
    draws = await _draws(tx, draw_id=None, session_id=session_id)
    lacks = missing([kept.draw for kept in draws], infused=session is None or session.started_at is not None)
    return Reconciliation(session_id, not lacks, lacks, tuple(draws))


async def _draws(tx: Tx, *, draw_id: UUID | None, session_id: UUID | None) -> list[KeptDraw]:
    return [_draw(row) async for row in queries.draws(tx.db, draw_id=draw_id, session_id=session_id)]


def _draw(row: Any) -> KeptDraw:
    return KeptDraw(
        row["draw_id"],
        row["vial_id"],
        row["session_id"],
        row["patient_id"],
        row["mg_per_ml"],
        tuple(row["gave"]),
        Draw(
            label=f"draw of {row['drawn_at']:%H:%M} UTC from vial {row['vial']} of lot {row['lot']}",
            **{name: row[name] for name in ("drawn", "given", "wasted", "lost", "waiting", "wasted_up", "open_case")},
        ),
    )


async def holding(tx: Tx, kept: Vial, of: KeptDraw | None = None) -> Holding:
    """What is where before something moves. The stock must be held."""
    last = await queries.last_entry(tx.db, stock_id=kept.stock_id)
    hand = of.draw.drawn - of.draw.explained if of else Decimal(0)
    return Holding(last["balance_mg"] if last else Decimal(0), kept.shelf_mg, hand)


@dataclass(frozen=True)
class Paper:
    """What an entry points to, and who saw it."""

    reference: str = ""
    reason: str = ""
    reverses: UUID | None = None
    witnesses: tuple[str, ...] = ()
    by: str = ""
    """Who did it, when that is not the caller: the one who declared what a witness now confirms."""


async def write(tx: Tx, kept: Vial, movement: Movement, posting: Posting, paper: Paper, of: KeptDraw | None = None) -> DrugMoved:
    """Write an entry for good; returns what to say. The stock must be held."""
    last = await queries.last_entry(tx.db, stock_id=kept.stock_id)
    said = DrugMoved(
        entry_id=tx.new_id(),
        stock_id=kept.stock_id,
        vial_id=kept.vial_id,
        movement=movement,
        mg=posting.mg,
        balance_mg=posting.balance,
        draw_id=of.draw_id if of else None,
        session_id=of.session_id if of else None,
        patient_id=of.patient_id if of else None,
        reverses=paper.reverses,
        actor=paper.by or tx.actor,
        witnesses=paper.witnesses,
        moved_at=tx.now,
    )
    await queries.add_entry(
        tx.db,
        **said.model_dump(exclude={"session_id", "patient_id"}),
        number=(last["number"] if last else 0) + 1,
        from_account=posting.takes_from,
        to_account=posting.gives_to,
        reference=paper.reference,
        reason=paper.reason,
    )
    return said


async def last_number(tx: Tx, stock_id: UUID) -> int:
    """The number of a stock's last entry; 0 when it has none."""
    last = await queries.last_entry(tx.db, stock_id=stock_id)
    return last["number"] if last else 0


async def entry(tx: Tx, entry_id: UUID) -> Any:
    """One entry, and whether it was taken back."""
    return await queries.entry(tx.db, entry_id=entry_id)


async def register(tx: Tx, stock_id: UUID, after: int, most: int) -> list[Any]:
    """A lot's entries in order, after a number."""
    return [row async for row in queries.register(tx.db, stock_id=stock_id, after=after, most=most)]


async def balances(tx: Tx) -> list[Any]:
    """What each location, NDC and lot holds."""
    return [row async for row in queries.balances(tx.db)]


@dataclass(frozen=True)
class Disposal:
    """A waste or destruction that was declared."""

    disposal_id: UUID
    movement: Movement
    vial_id: UUID
    draw_id: UUID | None
    mg: Decimal
    reference: str
    declared_by: str
    declared_at: datetime
    witnesses: tuple[str, ...]
    done_at: datetime | None
    withdrawn_at: datetime | None


async def declare(tx: Tx, movement: Movement, vial_id: UUID, mg: Decimal, reference: str, draw_id: UUID | None) -> Disposal:
    """Declare a waste or destruction; it counts once its witnesses confirm it."""
    fresh = Disposal(tx.new_id(), movement, vial_id, draw_id, mg, reference, tx.actor, tx.now, (), None, None)
    await queries.declare_disposal(
        tx.db,
        disposal_id=fresh.disposal_id,
        movement=movement,
        vial_id=vial_id,
        draw_id=draw_id,
        mg=mg,
        reference=reference,
        declared_by=tx.actor,
        declared_at=tx.now,
    )
    return fresh


async def disposal(tx: Tx, disposal_id: UUID) -> Disposal | None:
    """A declaration; hold its stock first where it will change."""
    row = await queries.disposal(tx.db, disposal_id=disposal_id)
    return Disposal(**dict(row) | {"witnesses": tuple(row["witnesses"])}) if row else None


async def waiting(tx: Tx) -> list[Disposal]:
    """What waits for its witnesses, oldest first."""
    return [Disposal(**dict(row) | {"witnesses": tuple(row["witnesses"])}) async for row in queries.waiting_disposals(tx.db)]


async def witness(tx: Tx, disposal_id: UUID, witnesses: tuple[str, ...], *, done: bool, entry_id: UUID | None) -> None:
    """Keep who has seen it; with the last of them it is done."""
    await queries.witness_disposal(
        tx.db, disposal_id=disposal_id, witnesses=list(witnesses), done_at=tx.now if done else None, entry_id=entry_id
    )


async def withdraw(tx: Tx, disposal_id: UUID) -> None:
    """A declaration was a slip."""
    await queries.withdraw_disposal(tx.db, disposal_id=disposal_id, withdrawn_by=tx.actor, withdrawn_at=tx.now)
