"""Safety: a suicide-risk signal pages a prescriber, and is never silent."""

from kit.db import Tx
from kit.stream import Handlers
from schemas.intake.safety import SuicideRiskSignalled
from services.notifications.record import open_page
from services.notifications.rules.texts import TITLES
from services.notifications.timers import follow


async def page_prescriber(event: SuicideRiskSignalled, tx: Tx) -> None:
    """A prescriber must look; the page says no more than that."""
    page, before = await open_page(
        tx,
        "safety",
        f"signal {event.signal_id}",
        TITLES["safety"],
        "high",
        signal_id=event.signal_id,
        patient_id=event.patient_id,
    )
    await follow(page, before, tx)


HANDLERS: Handlers = {SuicideRiskSignalled: page_prescriber}
