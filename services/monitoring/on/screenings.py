"""Screenings: what the start gate asks for."""

from kit.db import Tx
from kit.stream import Handlers
from schemas.intake.screenings import ScreeningDecided
from services.monitoring.store import queries


async def remember_screening(event: ScreeningDecided, tx: Tx) -> None:
    """Keep the latest decision about a patient."""
    await queries.hear_screening(
        tx.db,
        patient_id=event.patient_id,
        decision=event.decision,
        decided_at=event.decided_at,
        expires_at=event.expires_at,
    )


HANDLERS: Handlers = {ScreeningDecided: remember_screening}
