"""Pharmacy: the simulated clinic's vials, and each milligram's way from a vial into a patient or, before a witness, the bin."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from chairside.simulator.door import Door, Who
from chairside.simulator.habits import Drawing

CUSTODIAN = Who("drug-custodian", "custodian-1")


@dataclass(frozen=True)
class Syringe:
    """What was drawn up for a session."""

    draw_id: str
    drawn: Decimal


@dataclass
class Cabinet:
    """The vials of a morning, one a patient."""

    door: Door
    habit: Drawing
    _vials: Iterator[str] = field(default_factory=lambda: iter(()))

    async def stock(self, vials: int, lot: str) -> None:
        """Take so many vials in. Raises Refusal."""
        receipt = {
            "movement": "receive",
            "location": "main",
            "drug": "ketamine",
            "ndc": "00000-000-00",
            "lot": lot,
            "mg_per_ml": self.habit.mg_per_ml,
            "vial_ml": self.habit.vial_ml,
            "vials": vials,
            "reference": "simulated invoice",
        }
        self._vials = iter((await self.door.ask(CUSTODIAN, "monitoring", "POST", "/drug-ledger/receipts", receipt))["vials"])

    async def draw(self, who: Who, session_id: str, dose_mg: float) -> Syringe:
        """Draw up for a dose, in whole mL and with something to spare. Raises Refusal."""
        ml = dose_mg * (1 + self.habit.spare_percent / 100) // self.habit.mg_per_ml + 1
        drawn = await self._ask(who, f"/vials/{next(self._vials)}/draws", {"session_id": session_id, "ml": ml})
        return Syringe(drawn["entry"]["draw_id"], Decimal(drawn["entry"]["mg"]))

    async def account(self, syringe: Syringe, given_mg: float, gave: Who, witness: Who) -> None:
        """Enter what was given, and the rest as waste that somebody else saw. Raises Refusal."""
        given = round(Decimal(given_mg), 3)
        if given:
            await self._ask(gave, f"/draws/{syringe.draw_id}/administrations", {"mg": str(given)})
        waste = await self._ask(gave, f"/draws/{syringe.draw_id}/waste", {"mg": str(syringe.drawn - given)})
        await self._ask(witness, f"/disposals/{waste['disposal_id']}/witness", None)

    async def _ask(self, who: Who, path: str, body: Any) -> Any:
        return await self.door.ask(who, "monitoring", "POST", f"/drug-ledger{path}", body)
