"""Series: the infusions one order asks for, as a plan."""

from uuid import UUID

from schemas.event import Event, Instant
from schemas.topic import Topic


class SeriesPlanned(Event):
    """Every infusion of an order has a place in the calendar."""

    series_id: UUID
    patient_id: UUID
    order_id: UUID
    appointments: tuple[UUID, ...]
    first_at: Instant
    last_at: Instant
    planned_at: Instant


SERIES = Topic("series", "scheduling", (SeriesPlanned,), key=("patient_id",))
