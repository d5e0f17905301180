"""Vitals: what a device measured, or a nurse by hand."""

from typing import Literal
from uuid import UUID

from schemas.event import Event, Instant, Part
from schemas.topic import SESSION_PARTITIONS, Topic


class Measurement(Part):
    """One value with its LOINC code and UCUM unit. A null value is a probe that is off."""

    code: str
    value: float | None
    unit: str


class VitalsMeasured(Event):
    """A device (or a nurse) measured a patient's vital signs at one instant."""

    device_id: str
    """What a nurse enters comes from `hand-<session>`."""
    session_id: UUID | None = None
    """Null while the device is bound to no session."""
    chair: int | None = None
    measured_at: Instant
    received_at: Instant
    measurements: tuple[Measurement, ...]
    method: Literal["cuff", "continuous", "manual"]
    """How pressure was measured, where there is one: an arm cuff now and then, or beat to beat."""
    simulated: bool = False
    by: str | None = None
    """The member of staff who entered it, where one did."""


VITALS = Topic(
    "vitals",
    "monitoring",
    (VitalsMeasured,),
    key=("session_id", "device_id"),
    partitions=SESSION_PARTITIONS,
    on_rejected="set aside",
)
