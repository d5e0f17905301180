"""The drug of one session, accounted for over HTTP: taken in, drawn, given, and the rest wasted before a witness."""

from typing import Any

import httpx2

from kit.testing import Stage

DRUGS = ("drugs.read", "drugs.write", "drugs.witness")


async def account_for_drug(
    stage: Stage, session: str, *, drawn: float = 50, given: float = 41, wasted: float | None = None
) -> str:
    """Explain the drug of a session, in mg; all that is left is wasted where nothing else is said. Returns the draw."""
    draw = await draw_up(stage, session, drawn)
    nurse, witness = (person(stage, name, *DRUGS) for name in ("nurse-1", "nurse-2"))
    await said(nurse.post(f"/drug-ledger/draws/{draw}/administrations", json={"mg": given}))
    left = drawn - given if wasted is None else wasted
    waste = await said(nurse.post(f"/drug-ledger/draws/{draw}/waste", json={"mg": left}))
    await said(witness.post(f"/drug-ledger/disposals/{waste['disposal_id']}/witness"))
    return draw


async def draw_up(stage: Stage, session: str, mg: float) -> str:
    """Take in a vial of 10 mg/mL, and draw from it. Returns the draw."""
    receipt = {
        "movement": "receive", "location": "main", "drug": "ketamine", "ndc": "12345-678-90", "lot": "L1", "mg_per_ml": 10,
        "vial_ml": 20, "vials": 1, "reference": "invoice 7",
    }  # fmt: skip
    [vial] = (await said(person(stage, "kim", "drugs.manage").post("/drug-ledger/receipts", json=receipt)))["vials"]
    body = {"session_id": session, "mg": mg}
    drawn = await said(person(stage, "nurse-1", *DRUGS).post(f"/drug-ledger/vials/{vial}/draws", json=body))
    return str(drawn["entry"]["draw_id"])


def person(stage: Stage, name: str, *permissions: str) -> httpx2.AsyncClient:
    """Somebody who asks monitoring."""
    return stage.http("monitoring", actor=name, permissions=permissions)


async def said(asked: Any) -> Any:
    """The answer's body, which must be a success."""
    answer = await asked
    assert answer.is_success, answer.text
    return answer.json()
