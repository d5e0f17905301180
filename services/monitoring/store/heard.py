"""What other services said."""

from datetime import datetime
from uuid import UUID

from kit.db import Tx
from services.monitoring.rules.gates import Said
from services.monitoring.rules.infusion import Order
from services.monitoring.rules.units import Milligrams, Minutes
from services.monitoring.store.named import queries
from services.monitoring.store.sessions import Session


async def order(tx: Tx, order_id: UUID) -> Order | None:
    """An order, if it was heard of."""
    row = await queries.order(tx.db, order_id=order_id)
    if row is None:
        return None
    return Order(
        Milligrams(row["dose_mg"]),
        Minutes(row["duration_minutes"]),
        row["signed_at"],
        row["dose_mg_per_kg"],
        row["dosing_weight_kg"],
        row["indication"],
    )


async def said_about(tx: Tx, session: Session) -> dict[str, Said | None]:
    """What other services said that the start gate asks for."""
    screening = await queries.screening(tx.db, patient_id=session.patient_id)
    consent = await queries.consent(tx.db, patient_id=session.patient_id)
    signed = await order(tx, session.order_id)
    return {
        "eligibility": screening
        and Said(
            screening["decision"] in ("ELIGIBLE", "ELIGIBLE_WITH_CONDITIONS", "REVIEW") and screening["expires_at"] > tx.now,
            "screenings",
            screening["decided_at"],
            screening["decision"] + _expired(screening["expires_at"], tx),
            todo="screen the patient again",
        ),
        "consent": consent
        and Said(
            consent["expires_at"] > tx.now,
            "consents",
            consent["signed_at"],
            f"version {consent['version']}" + _expired(consent["expires_at"], tx),
            todo="let the patient read and sign the consent again",
        ),
        "order": Said(True, "orders", signed.signed_at) if signed else None,
    }


def _expired(expires_at: datetime, tx: Tx) -> str:
    return "" if expires_at > tx.now else ", expired"
