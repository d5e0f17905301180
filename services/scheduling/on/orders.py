"""Orders: a signed order becomes a series of appointments, or a place on the waitlist."""

from datetime import timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from kit.db import Tx
from kit.stream import Handlers
from schemas.intake.orders import OrderSigned
from schemas.scheduling.appointments import AppointmentBooked
from schemas.scheduling.series import SeriesPlanned
from schemas.scheduling.waitlist import WaitlistJoined
from services.scheduling import store, tables
from services.scheduling.rules import Hours, NoPlace, Place, chair_time, plan
from services.scheduling.settings import SchedulingSettings, settings_of
from services.scheduling.timers import NoShow

TRIES = 3
"""How often a series is planned anew after somebody else was quicker."""


async def plan_series(event: OrderSigned, tx: Tx) -> None:
    """Find places and hold them; when somebody was quicker, look again with a fresh calendar."""
    await store.hold_calendar(tx)
    if await store.series_of(tx, event.order_id) is not None:
        return
    settings, planning = settings_of(tx), tables.planning()
    length = chair_time(event.duration_minutes, settings.preparation_minutes, planning)
    reasons: tuple[str, ...] = ("others were quicker each time",)
    for _ in range(TRIES):
        taken = await store.busy(tx, event.patient_id)
        found = plan(event.infusions, length, tx.now, settings.chairs, hours(settings), taken, planning)
        if isinstance(found, NoPlace):
            reasons = found.reasons
            break
        series_id, ids = tx.new_id(), [tx.new_id() for _ in found]
        try:
            await store.book(tx, ids, event.patient_id, series_id, event.order_id, found)
        except store.Taken:
            continue
        _say(event, tx, series_id, ids, found, timedelta(minutes=settings.no_show_minutes))
        return
    await store.begin_series(tx, tx.new_id(), event.order_id, event.patient_id, placed=False)
    tx.emit(WaitlistJoined(patient_id=event.patient_id, order_id=event.order_id, reasons=reasons, joined_at=tx.now))


def hours(settings: SchedulingSettings) -> Hours:
    """When the clinic is open."""
    return Hours(
        ZoneInfo(settings.time_zone),
        settings.opens,
        settings.closes,
        frozenset(int(day) for day in settings.open_days),
        timedelta(minutes=settings.slot_minutes),
    )


def _say(event: OrderSigned, tx: Tx, series_id: UUID, ids: list[UUID], places: tuple[Place, ...], grace: timedelta) -> None:
    for number, (appointment_id, place) in enumerate(zip(ids, places, strict=True), start=1):
        tx.emit(
            AppointmentBooked(
                appointment_id=appointment_id,
                patient_id=event.patient_id,
                series_id=series_id,
                order_id=event.order_id,
                number=number,
                chair=place.chair,
                starts_at=place.starts_at,
                ends_at=place.ends_at,
            )
        )
        tx.arm(NoShow(appointment_id=appointment_id), key=str(appointment_id), at=place.starts_at + grace)
    tx.emit(
        SeriesPlanned(
            series_id=series_id,
            patient_id=event.patient_id,
            order_id=event.order_id,
            appointments=tuple(ids),
            first_at=places[0].starts_at,
            last_at=places[-1].starts_at,
            planned_at=tx.now,
        )
    )


HANDLERS: Handlers = {OrderSigned: plan_series}
