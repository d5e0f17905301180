"""The drug ledger: every milligram of a controlled drug, from the invoice to the patient or the bin."""

from datetime import date
from decimal import Decimal
from typing import Literal
from uuid import UUID

from schemas.event import Event, Instant
from schemas.topic import Topic

Movement = Literal[
    "opening",
    "receive",
    "transfer_in",
    "transfer_out",
    "draw",
    "give",
    "waste",
    "vial_waste",
    "destroy",
    "lose",
    "lose_drawn",
    "reverse",
]
Outcome = Literal["exact", "within tolerance", "beyond tolerance"]


class DrugMoved(Event):
    """Milligrams moved from one account of the ledger to another. An entry is never changed; `reverse` takes one back."""

    entry_id: UUID
    stock_id: UUID
    vial_id: UUID
    movement: Movement
    mg: Decimal
    """More than 0, exact."""
    balance_mg: Decimal
    """What its location, NDC and lot hold afterwards."""
    draw_id: UUID | None = None
    session_id: UUID | None = None
    patient_id: UUID | None = None
    reverses: UUID | None = None
    """The entry that is taken back."""
    actor: str
    witnesses: tuple[str, ...] = ()
    moved_at: Instant


class DrawReconciled(Event):
    """What was drawn for a patient was compared with what was given and wasted."""

    draw_id: UUID
    vial_id: UUID
    session_id: UUID
    drawn_mg: Decimal
    given_mg: Decimal
    wasted_mg: Decimal
    difference_mg: Decimal
    """Drawn, less given and wasted."""
    tolerance_mg: Decimal
    outcome: Outcome
    table_version: str
    reconciled_at: Instant


class StockCounted(Event):
    """Two people counted what lies in the cabinet of one location, NDC and lot."""

    count_id: UUID
    stock_id: UUID
    moment: str
    """The row of the counts, such as open or close."""
    book_mg: Decimal
    counted_mg: Decimal
    beyond_tolerance: int
    """How many vials differ by more than the tolerance."""
    table_version: str
    counted_by: str
    confirmed_by: str
    counted_at: Instant


class DiscrepancyFound(Event):
    """A vial's account does not come out; nothing is drawn from it until two people have closed the case."""

    case_id: UUID
    stock_id: UUID
    vial_id: UUID
    found_by: Literal["draw", "count"]
    draw_id: UUID | None = None
    count_id: UUID | None = None
    session_id: UUID | None = None
    expected_mg: Decimal
    found_mg: Decimal
    difference_mg: Decimal
    tolerance_mg: Decimal
    table_version: str
    actor: str
    found_at: Instant


class DiscrepancyResolved(Event):
    """Two people closed a case; why is kept with the case."""

    case_id: UUID
    vial_id: UUID
    session_id: UUID | None = None
    explained_by: str
    confirmed_by: str
    resolved_at: Instant


class DrugLost(Event):
    """A controlled drug was stolen or lost, and whom the law says to tell by when."""

    entry_id: UUID
    stock_id: UUID
    vial_id: UUID
    mg: Decimal
    discovered_on: date
    notify_field_office_by: date
    file_form_106_by: date
    table_version: str
    actor: str
    reported_at: Instant


DRUG_LEDGER = Topic(
    "drug_ledger",
    "monitoring",
    (DrugMoved, DrawReconciled, StockCounted, DiscrepancyFound, DiscrepancyResolved, DrugLost),
    key=("vial_id", "stock_id"),
)
