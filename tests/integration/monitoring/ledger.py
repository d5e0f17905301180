"""People of the drug ledger over HTTP, and a patient in a chair, for its tests."""

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx2

from kit.testing import Stage
from schemas.intake.orders import OrderSigned
from schemas.scheduling.appointments import PatientArrived
from services.monitoring.on import appointments, orders

NURSE = ("sessions.read", "sessions.write", "drugs.read", "drugs.write", "drugs.witness", "alarms.acknowledge")


@dataclass
class Clinic:
    """Two nurses, a third, and who keeps the cabinet."""

    stage: Stage

    def __post_init__(self) -> None:
        self.ann, self.ben, self.cem = (self.person(name, *NURSE) for name in ("ann", "ben", "cem"))
        self.keeper = self.person("kim", *NURSE, "drugs.manage")

    def person(self, name: str, *permissions: str) -> httpx2.AsyncClient:
        return self.stage.http("monitoring", actor=name, permissions=permissions)

    async def session(self, chair: int = 2, ordered_mg: float = 50) -> str:
        now, patient, order_id = self.stage.clock.now(), uuid4(), uuid4()
        order = OrderSigned(
            order_id=order_id, patient_id=patient, screening_id=uuid4(), indication="IND-TRD", dose_mg=ordered_mg,
            dose_mg_per_kg=0.5, dosing_weight_kg=82, duration_minutes=40, infusions=6, protocol_version="t",
            prescriber_id="dr-lee", signed_at=now,
        )  # fmt: skip
        arrived = PatientArrived(
            appointment_id=uuid4(), patient_id=patient, order_id=order_id, number=1, chair=chair, arrived_at=now
        )
        async with self.stage.running["monitoring"].store.transaction() as tx:
            await orders.remember_order(order, tx)
            await appointments.open_session(arrived, tx)
        return next(s["session_id"] for s in (await self.ann.get("/sessions")).json() if s["chair"] == chair)

    async def vials(self, count: int = 1, **changed: Any) -> dict[str, Any]:
        """Vials of 10 mg/mL, 20 mL."""
        receipt = {
            "movement": "receive",
            "location": "main",
            "drug": "ketamine",
            "ndc": "12345-678-90",
            "lot": "L1",
            "mg_per_ml": 10,
            "vial_ml": 20,
            "vials": count,
            "reference": "invoice 7",
        }
        return await said(self.keeper.post("/drug-ledger/receipts", json=receipt | changed), 201)

    async def drawn(self, vial: str, session: str, mg: float) -> str:
        entry = await said(self.ann.post(f"/drug-ledger/vials/{vial}/draws", json={"session_id": session, "mg": mg}), 201)
        return str(entry["entry"]["draw_id"])

    async def given(self, draw: str, mg: float) -> dict[str, Any]:
        return await said(self.ann.post(f"/drug-ledger/draws/{draw}/administrations", json={"mg": mg}), 201)

    async def wasted(self, draw: str, mg: float, *, witness: bool = True) -> dict[str, Any]:
        waste = await said(self.ann.post(f"/drug-ledger/draws/{draw}/waste", json={"mg": mg}), 201)
        return await said(self.ben.post(f"/drug-ledger/disposals/{waste['disposal_id']}/witness")) if witness else waste

    async def reconciliation(self, session: str) -> dict[str, Any]:
        return await said(self.ann.get(f"/drug-ledger/sessions/{session}"))

    async def balance(self) -> dict[str, Any]:
        [balance] = await said(self.ann.get("/drug-ledger/balances"))
        return dict(balance)

    async def sql(self, statement: str, *values: Any) -> Any:
        return await self.stage.running["monitoring"].store.pool.fetchval(statement, *values)


async def said(asked: Any, status: int = 200) -> Any:
    """The answer, which must have this status."""
    answer = await asked
    assert answer.status_code == status, answer.text
    return answer.json()
