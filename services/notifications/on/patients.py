"""Patients: who may be given a channel."""

from kit.db import Tx
from kit.stream import Handlers
from schemas.intake.patients import PatientRegistered
from services.notifications.store import messages_people as people


async def remember_patient(event: PatientRegistered, tx: Tx) -> None:
    """A patient has a chart; of it nothing is kept here but its number."""
    await people.hear(tx, event.patient_id)


HANDLERS: Handlers = {PatientRegistered: remember_patient}
