"""Monitoring, wired."""

from kit.db import Tx
from kit.deadletters import DeadLetter
from kit.partitions import Daily
from kit.service import Service
from schemas.intake.consents import CONSENTS
from schemas.intake.orders import ORDERS
from schemas.intake.screenings import SCREENINGS
from schemas.monitoring.alarms import WatchKept
from schemas.monitoring.vitals import VITALS
from schemas.notifications.pages import PAGES
from schemas.scheduling.appointments import APPOINTMENTS
from services.monitoring import tables
from services.monitoring.api import (
    adverse_events,
    alarms,
    cases,
    counts,
    departure,
    devices,
    discharge,
    disposals,
    gates,
    gateway,
    infusion,
    ledger,
    limits,
    observations,
    records,
    recovery,
    register,
    sentinels,
    sessions,
)
from services.monitoring.on import appointments, consents, orders, pages, screenings, vitals
from services.monitoring.record import Source, raise_alarm
from services.monitoring.rules.phases import WATCHED
from services.monitoring.settings import MonitoringSettings
from services.monitoring.store import forgetting, queries
from services.monitoring.timers import TIMERS


async def tell_dead_letter(letter: DeadLetter, tx: Tx) -> None:
    """A fact that could not be handled may be about a patient: a high technical alarm, one open per topic and source."""
    source = Source(f"dead letters of {letter.topic} from {letter.source}", device_id=f"monitoring {letter.topic}")
    await raise_alarm(tx, source, "DEAD-LETTER", f"monitoring cannot read {letter.topic}", "high")


async def tell_blind(tx: Tx) -> None:
    """Readings are not read up: one alarm for all chairs."""
    await raise_alarm(tx, Source("monitoring", device_id="monitoring"), "BLIND", "monitoring is blind", "high")


async def keep_watch(tx: Tx) -> None:
    """Say that monitoring has read everything and watches, and which high alarms are open."""
    watched = await queries.count_watched(tx.db, phases=list(WATCHED))
    open_high = tuple([row["alarm_id"] async for row in queries.open_high(tx.db)])
    tx.emit(WatchKept(clinic=tx.settings.prefix, sessions_watched=watched, open_high=open_high, kept_at=tx.now))


SERVICE = Service(
    name="monitoring",
    settings=MonitoringSettings,
    consumes={
        APPOINTMENTS: appointments.HANDLERS,
        ORDERS: orders.HANDLERS,
        SCREENINGS: screenings.HANDLERS,
        CONSENTS: consents.HANDLERS,
        VITALS: vitals.HANDLERS,
        PAGES: pages.HANDLERS,
    },
    routes=(
        *(sessions.routes, gates.routes, infusion.routes, recovery.routes, discharge.routes, departure.routes),
        *(devices.routes, gateway.routes, observations.routes, limits.routes, alarms.routes, records.routes),
        *(ledger.routes, disposals.routes, counts.routes, cases.routes, register.routes),
        *(adverse_events.routes, sentinels.routes),
    ),
    timers=TIMERS,
    checks=(
        *(tables.alarm_limits, tables.news2, tables.start_gate, tables.infusion, tables.discharge_gate, tables.scores),
        *(tables.vitals, tables.drug_ledger, tables.adverse_events, tables.retention),
    ),
    on_dead_letter=tell_dead_letter,
    on_blind=tell_blind,
    beat=keep_watch,
    daily=(Daily("readings", "measured_at", tables.readings_kept, forgetting.readings_needed),),
)
