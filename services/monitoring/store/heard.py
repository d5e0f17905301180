"""What other services said."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from kit.db import Tx
from services.monitoring.rules.gates import Said
from services.monitoring.store.named import queries
from services.monitoring.store.sessions import Session


@dataclass(frozen=True)
class Order:
    """An order that was heard of."""

    dose_mg: float
    duration_minutes: int
    signed_at: datetime


async def order(tx: Tx, order_id: UUID) -> Order | None:
    """An order, if it was heard of."""
    row = await queries.order(tx.db, order_id=order_id)
    return Order(row["dose_mg"], row["duration_minutes"], row["signed_at"]) if row else None


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
            screening["decision"],
        ),
        "consent": consent and Said(consent["expires_at"] > tx.now, "consents", consent["signed_at"], consent["version"]),
        "order": Said(True, "orders", signed.signed_at) if signed else None,
    }
