"""The auditor, wired."""

from kit.service import Service
from schemas.monitoring.alarms import ALARMS
from schemas.notifications.pages import PAGES
from services.auditor import tables
from services.auditor.api import faults, figures
from services.auditor.jobs import JOBS
from services.auditor.on import alarms, pages
from services.auditor.settings import AuditorSettings
from services.auditor.timers import OWN_GAUGES, TIMERS, keep_audit, tell_blind, tell_dead_letter

SERVICE = Service(
    name="auditor",
    settings=AuditorSettings,
    consumes={ALARMS: alarms.HANDLERS, PAGES: pages.HANDLERS},
    routes=(faults.routes, figures.routes),
    timers=TIMERS,
    jobs=JOBS,
    checks=(tables.ceilings,),
    on_dead_letter=tell_dead_letter,
    on_blind=tell_blind,
    beat=keep_audit,
    gauges=OWN_GAUGES,
)
