"""Orders: what a prescriber signed."""

from uuid import UUID

from schemas.event import Event, Instant
from schemas.topic import Topic


class OrderSigned(Event):
    """A prescriber signed an order for a series of infusions."""

    order_id: UUID
    patient_id: UUID
    screening_id: UUID
    indication: str
    dose_mg: float
    dose_mg_per_kg: float
    dosing_weight_kg: float
    duration_minutes: int
    infusions: int
    protocol_version: str
    prescriber_id: str
    signed_at: Instant


ORDERS = Topic("orders", "intake", (OrderSigned,), key=("patient_id",))
