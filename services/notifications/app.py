"""Notifications, wired."""

from kit.db import Tx
from kit.deadletters import DeadLetter
from kit.service import Service
from schemas.intake.patients import PATIENTS
from schemas.intake.safety import SAFETY
from schemas.monitoring.alarms import ALARMS
from schemas.monitoring.sessions import SESSIONS
from schemas.scheduling.appointments import APPOINTMENTS
from schemas.scheduling.staff import STAFF
from services.notifications import tables
from services.notifications.api import answers, channels, contacts, messages, pages, patients, receipts, replies, tasks
from services.notifications.jobs import JOBS, WAITING
from services.notifications.moving import messages as messages_moving
from services.notifications.moving import reminders
from services.notifications.on import alarms, appointments, safety, sessions, staff
from services.notifications.on import patients as on_patients
from services.notifications.record import open_page
from services.notifications.rules.texts import TITLES
from services.notifications.settings import NotificationsSettings
from services.notifications.timers import TIMERS, begin


async def page_dead_letter(letter: DeadLetter, tx: Tx) -> None:
    """A fact that could not be handled may be about a patient: people are told, once per topic and source."""
    source = f"dead letters of {letter.topic} from {letter.source}"
    page = await open_page(tx, "dead letter", source, TITLES["dead letter"], "high", device_id=f"notifications {letter.topic}")
    if page is not None:
        await begin(page, tx)


SERVICE = Service(
    name="notifications",
    settings=NotificationsSettings,
    consumes={
        ALARMS: alarms.HANDLERS,
        SAFETY: safety.HANDLERS,
        STAFF: staff.HANDLERS,
        APPOINTMENTS: appointments.HANDLERS,
        PATIENTS: on_patients.HANDLERS,
        SESSIONS: sessions.HANDLERS,
    },
    routes=(
        *(contacts.routes, channels.routes, pages.routes, answers.routes, receipts.routes, replies.routes),
        *(patients.routes, messages.routes, tasks.routes),
    ),
    timers={**TIMERS, **WAITING, **reminders.TIMERS},
    jobs={**JOBS, **messages_moving.JOBS},
    checks=(tables.escalation, tables.channels, tables.messages, tables.wordings),
    on_dead_letter=page_dead_letter,
)
