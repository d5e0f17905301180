"""Sentinel events: what the clinic must review, and by when."""

from datetime import date, datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from kit.db import Tx
from kit.http import Command, Routes, needs
from services.monitoring import tables
from services.monitoring.rules.adverse import due
from services.monitoring.store import adverse

routes = Routes(tags=["adverse events"])


class SentinelShown(BaseModel):
    """What must be reviewed."""

    model_config = ConfigDict(from_attributes=True)

    sentinel_id: UUID
    trigger: str
    label: str = ""
    session_id: UUID | None
    cause_id: UUID
    incident_case_due: datetime
    first_review_due: datetime
    analysis_due: date | None
    flagged_by: str
    flagged_at: datetime


async def flag(tx: Tx, trigger: str, session_id: UUID | None, cause_id: UUID) -> None:
    """Flag what must be reviewed, once for each trigger and cause."""
    rows = tables.adverse_events()
    said = await adverse.flag(tx, trigger, session_id, cause_id, due(rows.fires(trigger), tx.now), rows.version)
    if said is not None:
        tx.emit(said)


@routes.get("/sentinels", dependencies=[needs("sessions.read")])
async def list_sentinels(tx: Command, session_id: UUID | None = None) -> list[SentinelShown]:
    """What must be reviewed, of a session or of all, newest first."""
    labels = {row.id: row.label for row in tables.adverse_events().trigger}
    found = [SentinelShown.model_validate(row) for row in await adverse.sentinels(tx, session_id)]
    return [shown.model_copy(update={"label": labels.get(shown.trigger, shown.trigger)}) for shown in found]
