"""Orders: what the start gate asks for, and the dose that runs."""

from kit.db import Tx
from kit.stream import Handlers
from schemas.intake.orders import OrderSigned
from services.monitoring.store import queries


async def remember_order(event: OrderSigned, tx: Tx) -> None:
    """Keep the order."""
    await queries.hear_order(
        tx.db,
        order_id=event.order_id,
        patient_id=event.patient_id,
        dose_mg=event.dose_mg,
        dose_mg_per_kg=event.dose_mg_per_kg,
        dosing_weight_kg=event.dosing_weight_kg,
        indication=event.indication,
        duration_minutes=event.duration_minutes,
        signed_at=event.signed_at,
    )


HANDLERS: Handlers = {OrderSigned: remember_order}
