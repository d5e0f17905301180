"""Waste and destruction: one person declares it, others witness it with their own tokens, and only then it counts."""

from datetime import datetime
from decimal import Decimal
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from kit.http import Command, Refused, Routes, needs
from schemas.monitoring.drug_ledger import Movement
from services.monitoring import tables
from services.monitoring.api.cases import settle
from services.monitoring.api.ledger import Quantity, Reference, held_draw, held_vial, move, refuse_blocked
from services.monitoring.rules.ledger import may_witness, plain
from services.monitoring.store import ledger

routes = Routes(tags=["drug ledger"])


class VialWaste(Quantity):
    """What remains in an opened vial and is thrown away."""


class Destruction(BaseModel):
    """The form under which a whole vial is destroyed."""

    model_config = ConfigDict(extra="forbid")

    reference: Reference


class DisposalShown(BaseModel):
    """A declared waste or destruction, and how many witnesses it still needs."""

    disposal_id: UUID
    movement: Movement
    vial_id: UUID
    draw_id: UUID | None
    mg: Decimal
    reference: str
    declared_by: str
    declared_at: datetime
    witnesses: list[str]
    witnesses_missing: int
    state: Literal["waiting", "done", "withdrawn"]


@routes.get("/drug-ledger/disposals", dependencies=[needs("drugs.read")])
async def list_waiting(tx: Command) -> list[DisposalShown]:
    """What waits for its witnesses, oldest first."""
    return [_shown(disposal) for disposal in await ledger.waiting(tx)]


@routes.post("/drug-ledger/draws/{draw_id}/waste", dependencies=[needs("drugs.write")], status_code=201)
async def waste_of_draw(draw_id: UUID, body: Quantity, tx: Command) -> DisposalShown:
    """Declare all that is left of a draw as waste; 0 when nothing is left. Once witnessed, the draw is judged."""
    vial, kept = await held_draw(tx, draw_id)
    mg, hand = body.in_mg(kept.mg_per_ml), kept.draw.drawn - kept.draw.explained
    if mg > hand:
        raise Refused(409, "More than there is", f"{plain(hand)} mg of this draw are in hand", todo="read the syringe again")
    return await _declare(tx, vial, "waste", mg, "", draw_id)


@routes.post("/drug-ledger/vials/{vial_id}/waste", dependencies=[needs("drugs.write")], status_code=201)
async def waste_of_vial(vial_id: UUID, body: VialWaste, tx: Command) -> DisposalShown:
    """Declare what remains in an opened vial as waste."""
    stock, vial = await held_vial(tx, vial_id)
    mg = body.in_mg(stock.mg_per_ml)
    if not 0 < mg <= vial.shelf_mg:
        raise Refused(409, "Not what there is", f"{plain(vial.shelf_mg)} mg are in the vial", todo="measure it again")
    return await _declare(tx, vial, "vial_waste", mg, "", None)


@routes.post("/drug-ledger/vials/{vial_id}/destruction", dependencies=[needs("drugs.manage")], status_code=201)
async def destroy(vial_id: UUID, body: Destruction, tx: Command) -> DisposalShown:
    """Declare that a vial is destroyed with all that is in it; two others witness it."""
    _, vial = await held_vial(tx, vial_id)
    if vial.shelf_mg == 0:
        raise Refused(409, "The vial is empty", "there is nothing to destroy")
    return await _declare(tx, vial, "destroy", vial.shelf_mg, body.reference, None)


@routes.post("/drug-ledger/disposals/{disposal_id}/witness", dependencies=[needs("drugs.witness")])
async def witness(disposal_id: UUID, tx: Command) -> DisposalShown:
    """Confirm, as another person, that it was seen; the last witness makes it an entry."""
    disposal, vial = await _held(disposal_id, tx)
    kept = await ledger.draw(tx, disposal.draw_id) if disposal.draw_id else None
    refused = may_witness(tx.actor, disposal.declared_by, kept.gave if kept else (), disposal.witnesses)
    if refused:
        raise Refused(403, "Another person must witness it", refused, todo="ask a colleague, with a token of their own")
    seen, entry_id = (*disposal.witnesses, tx.actor), None
    done = len(seen) >= tables.drug_ledger().moves(disposal.movement).witnesses
    if done and disposal.mg > 0:
        paper = ledger.Paper(reference=disposal.reference, witnesses=seen, by=disposal.declared_by)
        entry_id = (await move(tx, vial, disposal.movement, disposal.mg, paper, kept)).entry_id
    await ledger.witness(tx, disposal_id, seen, done=done, entry_id=entry_id)
    if done and disposal.draw_id:
        await settle(tx, disposal.draw_id)
    tx.audit("witness", f"disposal {disposal_id}")
    return await _now(disposal_id, tx)


@routes.post("/drug-ledger/disposals/{disposal_id}/withdrawal", dependencies=[needs("drugs.write")])
async def withdraw(disposal_id: UUID, tx: Command) -> DisposalShown:
    """A declaration was a slip, and nobody has made it an entry yet."""
    await _held(disposal_id, tx)
    await ledger.withdraw(tx, disposal_id)
    tx.audit("withdraw", f"disposal {disposal_id}")
    return await _now(disposal_id, tx)


async def _declare(
    tx: Command, vial: ledger.Vial, movement: Movement, mg: Decimal, reference: str, draw_id: UUID | None
) -> DisposalShown:
    refuse_blocked(vial, movement)
    disposal = await ledger.declare(tx, movement, vial.vial_id, mg, reference, draw_id)
    tx.audit(f"declare {movement}", f"disposal {disposal.disposal_id}")
    return _shown(disposal)


async def _held(disposal_id: UUID, tx: Command) -> tuple[ledger.Disposal, ledger.Vial]:
    disposal = await ledger.disposal(tx, disposal_id)
    if disposal is None:
        raise Refused(404, "No such declaration", f"the ledger knows no disposal {disposal_id}")
    _, vial = await held_vial(tx, disposal.vial_id)
    disposal = await ledger.disposal(tx, disposal_id) or disposal
    shown = _shown(disposal)
    if shown.state != "waiting":
        raise Refused(409, "It waits for nobody", f"it is {shown.state}")
    return disposal, vial


async def _now(disposal_id: UUID, tx: Command) -> DisposalShown:
    disposal = await ledger.disposal(tx, disposal_id)
    if disposal is None:
        raise Refused(404, "No such declaration", f"the ledger knows no disposal {disposal_id}")
    return _shown(disposal)


def _shown(disposal: ledger.Disposal) -> DisposalShown:
    needed = tables.drug_ledger().moves(disposal.movement).witnesses
    state: Literal["waiting", "done", "withdrawn"] = "done" if disposal.done_at else "waiting"
    return DisposalShown(
        **{name: value for name, value in vars(disposal).items() if name not in ("witnesses", "done_at", "withdrawn_at")},
        witnesses=list(disposal.witnesses),
        witnesses_missing=max(0, needed - len(disposal.witnesses)),
        state="withdrawn" if disposal.withdrawn_at else state,
    )
