"""Scheduling, wired."""

from kit.service import Service
from schemas.intake.orders import ORDERS
from services.scheduling import tables
from services.scheduling.api import appointments, staff
from services.scheduling.on import orders
from services.scheduling.settings import SchedulingSettings
from services.scheduling.timers import TIMERS

SERVICE = Service(
    name="scheduling",
    settings=SchedulingSettings,
    consumes={ORDERS: orders.HANDLERS},
    routes=(appointments.routes, staff.routes),
    timers=TIMERS,
    checks=(tables.planning,),
)
