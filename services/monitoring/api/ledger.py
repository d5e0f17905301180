"""The drug ledger: receive, draw, give, lose, transfer, and take an entry back. What needs a witness is in `disposals`."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from kit.fields import Text, WholeNumber
from kit.http import Command, Refused, Routes, needs
from schemas.monitoring.drug_ledger import DrugLost, DrugMoved, Movement
from services.monitoring import store, tables
from services.monitoring.api.cases import settle
from services.monitoring.api.sentinels import flag
from services.monitoring.rules.ledger import Account, Holding, Posting, plain, post, report_by, too_much
from services.monitoring.rules.phases import OVER
from services.monitoring.store import ledger

routes = Routes(tags=["drug ledger"])
AHEAD = timedelta(hours=14)
"""How far a local date may be ahead of UTC."""
OFF_DOSE = "drug-or-dose"


def _exact(given: object) -> object:
    if isinstance(given, bool):
        raise PydanticCustomError("quantity", "Input should be a quantity, such as 7.5")
    return given


Exact = Annotated[Decimal, BeforeValidator(_exact), Field(ge=0, lt=1_000_000, decimal_places=3, allow_inf_nan=False)]
"""An exact quantity with at most three decimals, as a JSON number or as the decimal text that answers carry."""
Reference = Annotated[Text, Field(min_length=1, max_length=120)]
Reason = Annotated[Text, Field(min_length=5, max_length=500)]


class Quantity(BaseModel):
    """How much: either in mg, or in mL of the vial's own concentration."""

    model_config = ConfigDict(extra="forbid")

    mg: Exact | None = None
    ml: Exact | None = None

    @model_validator(mode="after")
    def _one(self) -> "Quantity":
        if (self.mg is None) == (self.ml is None):
            raise PydanticCustomError("quantity", "Input should hold either mg or ml")
        return self

    def in_mg(self, mg_per_ml: Decimal) -> Decimal:
        """The quantity in mg."""
        mg = self.mg if self.mg is not None else (self.ml or Decimal(0)) * mg_per_ml
        if mg != round(mg, 3):
            raise Refused(422, "Finer than the ledger counts", field="body.ml", expected="a volume that makes whole micrograms")
        return round(mg, 3)


class Draw(Quantity):
    """How much is drawn, and for which session."""

    session_id: UUID


class Receipt(BaseModel):
    """Full vials that came, and the paper that says so."""

    model_config = ConfigDict(extra="forbid")

    movement: Literal["opening", "receive", "transfer_in"]
    location: Reference
    drug: str = Field(max_length=60)
    ndc: str = Field(pattern=r"^\d{4,5}-\d{3,4}-\d{1,2}$")
    lot: Reference
    mg_per_ml: Exact
    vial_ml: Annotated[Exact, Field(gt=0)]
    vials: Annotated[WholeNumber, Field(ge=1, le=200)]
    reference: Reference


class Transfer(BaseModel):
    """The paper with which a vial leaves for another registered location."""

    model_config = ConfigDict(extra="forbid")

    reference: Reference


class Loss(Quantity):
    """How much is gone, when somebody noticed by the clinic's calendar, and what happened."""

    discovered_on: date
    reference: Reference
    reason: Reason


class Reversal(BaseModel):
    """Why an entry is taken back."""

    model_config = ConfigDict(extra="forbid")

    reason: Reason


class Entered(BaseModel):
    """An entry that was written."""

    entry: DrugMoved
    note: str = ""
    """What to mind about this strength."""


class Received(BaseModel):
    """Vials that came."""

    stock_id: UUID
    vials: list[UUID]
    balance_mg: Decimal


class Lost(BaseModel):
    """A loss that was written, and whom to tell by when."""

    entry: DrugMoved
    report: DrugLost


@routes.post("/drug-ledger/receipts", dependencies=[needs("drugs.manage")], status_code=201)
async def receive(body: Receipt, tx: Command) -> Received:
    """Take vials into a location, NDC and lot: an opening inventory, a delivery, or a transfer from another location."""
    rows = tables.drug_ledger()
    if body.drug not in {row.id for row in rows.drug}:
        raise Refused(422, "Not a drug of this ledger", field="body.drug", expected=", ".join(row.id for row in rows.drug))
    if body.mg_per_ml not in {row.mg_per_ml for row in rows.strength}:
        known = ", ".join(plain(row.mg_per_ml) for row in rows.strength)
        raise Refused(422, "Not a strength that is made", field="body.mg_per_ml", expected=f"one of: {known}")
    stock = await ledger.open_stock(tx, body.location, body.drug, body.ndc, body.lot, body.mg_per_ml)
    if (stock.drug, stock.mg_per_ml) != (body.drug, body.mg_per_ml):
        told = f"this NDC and lot is {stock.drug} of {plain(stock.mg_per_ml)} mg/mL here"
        raise Refused(409, "The lot is known with another strength", told, todo="read the label again")
    full, paper = Quantity(ml=body.vial_ml).in_mg(stock.mg_per_ml), ledger.Paper(reference=body.reference)
    fresh = await ledger.add_vials(tx, stock, body.vials)
    said = [await move(tx, vial, body.movement, full, paper) for vial in fresh]
    return Received(stock_id=stock.stock_id, vials=[vial.vial_id for vial in fresh], balance_mg=said[-1].balance_mg)


@routes.post("/drug-ledger/vials/{vial_id}/draws", dependencies=[needs("drugs.write")], status_code=201)
async def draw(vial_id: UUID, body: Draw, tx: Command) -> Entered:
    """Draw from a vial for a session. Refused while a case on the vial is open."""
    session = await store.see(tx, body.session_id)
    if session is None:
        raise Refused(404, "No such session", f"monitoring knows no session {body.session_id}")
    if session.phase in OVER:
        raise Refused(409, "The session is over", f"it is {session.phase}")
    stock, vial = await held_vial(tx, vial_id)
    mg = body.in_mg(stock.mg_per_ml)
    draw_id = await ledger.add_draw(tx, vial_id, session.session_id, session.patient_id)
    said = await move(tx, vial, "draw", mg, ledger.Paper(), await ledger.draw(tx, draw_id))
    note = next((row.note for row in tables.drug_ledger().strength if row.mg_per_ml == stock.mg_per_ml), "")
    return Entered(entry=said, note=note)


@routes.post("/drug-ledger/draws/{draw_id}/administrations", dependencies=[needs("drugs.write")], status_code=201)
async def give(draw_id: UUID, body: Quantity, tx: Command) -> Entered:
    """Give of what was drawn; the caller is who gave it. A session that got too much of its order is flagged for review."""
    vial, kept = await held_draw(tx, draw_id)
    said = await move(tx, vial, "give", body.in_mg(kept.mg_per_ml), ledger.Paper(), kept)
    await settle(tx, draw_id)
    session = await store.see(tx, kept.session_id)
    order = await store.order(tx, session.order_id) if session else None
    given = sum((each.draw.given for each in (await ledger.reconciliation(tx, kept.session_id)).draws), Decimal(0))
    if order is not None and too_much(Decimal(str(order.dose)), given, tables.drug_ledger().dose):
        await flag(tx, OFF_DOSE, kept.session_id, draw_id)
    return Entered(entry=said)


@routes.post("/drug-ledger/vials/{vial_id}/transfer", dependencies=[needs("drugs.manage")], status_code=201)
async def transfer_out(vial_id: UUID, body: Transfer, tx: Command) -> Entered:
    """A vial leaves, with all that is in it, for another registered location, whose own ledger takes it in."""
    _, vial = await held_vial(tx, vial_id)
    return Entered(entry=await move(tx, vial, "transfer_out", vial.shelf_mg, ledger.Paper(reference=body.reference)))


@routes.post("/drug-ledger/vials/{vial_id}/loss", dependencies=[needs("drugs.manage")], status_code=201)
async def lose_from_vial(vial_id: UUID, body: Loss, tx: Command) -> Lost:
    """A theft or loss from a vial; answers whom to tell by when."""
    stock, vial = await held_vial(tx, vial_id)
    return await _lose(tx, vial, "lose", body.in_mg(stock.mg_per_ml), body, None)


@routes.post("/drug-ledger/draws/{draw_id}/loss", dependencies=[needs("drugs.manage")], status_code=201)
async def lose_of_draw(draw_id: UUID, body: Loss, tx: Command) -> Lost:
    """A theft or loss of what was drawn; answers whom to tell by when."""
    vial, kept = await held_draw(tx, draw_id, closed=True)
    lost = await _lose(tx, vial, "lose_drawn", body.in_mg(kept.mg_per_ml), body, kept)
    await settle(tx, draw_id)
    return lost


@routes.post("/drug-ledger/entries/{entry_id}/reversal", dependencies=[needs("drugs.manage")], status_code=201)
async def reverse(entry_id: UUID, body: Reversal, tx: Command) -> Entered:
    """Take an entry back by another that says why. The first one stays as it is."""
    row = await ledger.entry(tx, entry_id)
    if row is None:
        raise Refused(404, "No such entry", f"the ledger has no entry {entry_id}")
    _, vial = await held_vial(tx, row["vial_id"])
    row = await ledger.entry(tx, entry_id)
    if row["reversed"] or row["movement"] == "reverse":
        raise Refused(
            409, "The entry cannot be taken back", "it is, or has, a reversal", todo="enter what is right as a new entry"
        )
    kept = await ledger.draw(tx, row["draw_id"]) if row["draw_id"] else None
    posting = _posting(row["to_account"], row["from_account"], row["mg"], await ledger.holding(tx, vial, kept))
    said = await _write(tx, vial, "reverse", posting, ledger.Paper(reason=body.reason, reverses=entry_id), kept)
    return Entered(entry=said)


async def _lose(tx: Command, vial: ledger.Vial, movement: Movement, mg: Decimal, body: Loss, of: ledger.KeptDraw | None) -> Lost:
    if body.discovered_on > (tx.now + AHEAD).date():
        raise Refused(422, "Not yet", field="body.discovered_on", expected="a day that is not in the future")
    rows = tables.drug_ledger()
    said = await move(tx, vial, movement, mg, ledger.Paper(reference=body.reference, reason=body.reason), of)
    notify_by, file_by = report_by(body.discovered_on, rows.loss)
    report = DrugLost(
        entry_id=said.entry_id,
        stock_id=said.stock_id,
        vial_id=said.vial_id,
        mg=said.mg,
        discovered_on=body.discovered_on,
        notify_field_office_by=notify_by,
        file_form_106_by=file_by,
        table_version=rows.version,
        actor=tx.actor,
        reported_at=tx.now,
    )
    tx.emit(report)
    return Lost(entry=said, report=report)


async def held_vial(tx: Command, vial_id: UUID) -> tuple[ledger.Stock, ledger.Vial]:
    """A vial and its stock, held: nothing else of the lot moves meanwhile. Raises Refused."""
    stock = await ledger.hold_stock(tx, vial_id=vial_id)
    vial = await ledger.vial(tx, vial_id)
    if stock is None or vial is None:
        raise Refused(404, "No such vial", f"the ledger knows no vial {vial_id}")
    return stock, vial


async def held_draw(tx: Command, draw_id: UUID, *, closed: bool = False) -> tuple[ledger.Vial, ledger.KeptDraw]:
    """A draw and its vial, held. Raises Refused when it waits for a witness, or is settled and must not be."""
    kept = await ledger.draw(tx, draw_id)
    if kept is None:
        raise Refused(404, "No such draw", f"the ledger knows no draw {draw_id}")
    _, vial = await held_vial(tx, kept.vial_id)
    kept = await ledger.draw(tx, draw_id) or kept
    if kept.draw.waiting is not None:
        raise Refused(409, "A waste of this draw waits for its witness", todo="let it be witnessed, or withdraw it")
    if kept.draw.settled and not closed:
        raise Refused(409, "The draw is settled", "its rest was given or wasted", todo="take the wrong entry back first")
    return vial, kept


async def move(
    tx: Command, vial: ledger.Vial, movement: Movement, mg: Decimal, paper: ledger.Paper, of: ledger.KeptDraw | None = None
) -> DrugMoved:
    """Write a movement and say it. Raises Refused when the vial is blocked, or an account would become negative."""
    row = tables.drug_ledger().moves(movement)
    refuse_blocked(vial, movement)
    if mg <= 0:
        raise Refused(422, "Nothing moves", field="body", expected="more than 0")
    posting = _posting(row.takes_from, row.gives_to, mg, await ledger.holding(tx, vial, of))
    return await _write(tx, vial, movement, posting, paper, of)


def refuse_blocked(vial: ledger.Vial, movement: Movement) -> None:
    """Raises Refused when an open case keeps a vial from this movement."""
    if vial.blocked and not tables.drug_ledger().moves(movement).when_blocked:
        raise Refused(
            409,
            "The vial is blocked",
            "its count does not match and the case is open",
            todo="close the case by two people, or take another vial",
        )


def _posting(takes_from: Account, gives_to: Account, mg: Decimal, holding: Holding) -> Posting:
    posted = post(takes_from, gives_to, mg, holding)
    if isinstance(posted, Posting):
        return posted
    where = {"shelf": "in the vial", "hand": "in hand of this draw"}.get(posted.account, "in the lot")
    raise Refused(
        409,
        "More than there is",
        f"{plain(mg)} mg cannot move: {plain(posted.held)} mg are {where}; the lot's balance is {plain(holding.balance)} mg",
        todo="count again; correct a wrong entry by a reversal",
    )


async def _write(
    tx: Command, vial: ledger.Vial, movement: Movement, posting: Posting, paper: ledger.Paper, of: ledger.KeptDraw | None
) -> DrugMoved:
    said = await ledger.write(tx, vial, movement, posting, paper, of)
    tx.emit(said)
    tx.audit(f"drug ledger: {movement}", f"entry {said.entry_id}", reason=paper.reason)
    return said
