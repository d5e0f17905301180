"""What should have been measured by now."""

from datetime import UTC, datetime, timedelta
from typing import ClassVar
from uuid import UUID

from kit.db import Tx
from kit.timers import Timer, Timers
from schemas.monitoring.alarms import Priority
from schemas.monitoring.vitals import VITALS
from schemas.topic import Topic
from services.monitoring import store, tables
from services.monitoring.record import ConfirmationDue, Source, end_alarm, escalate, record
from services.monitoring.rules.phases import INFUSION, WATCHED
from services.monitoring.rules.tables import DIASTOLIC, SYSTOLIC, Missed
from services.monitoring.store import Session

MISSED, MISSED_TITLE = "MISSED-BP", "blood pressure not taken"


class PressureDue(Timer):
    """A blood pressure should have been taken by now."""

    waits_for: ClassVar[tuple[Topic, ...]] = (VITALS,)
    session_id: UUID


class Silence(Timer):
    """The monitor should have said something by now."""

    waits_for: ClassVar[tuple[Topic, ...]] = (VITALS,)
    session_id: UUID


def watch(tx: Tx, session: Session) -> None:
    """Begin to watch for what does not come, from the start of an infusion."""
    rule = tables.alarm_limits()
    first = tx.now + timedelta(minutes=rule.missed.first_minutes + rule.missed.low_after_minutes)
    tx.arm(PressureDue(session_id=session.session_id), key=str(session.session_id), at=first)
    gap = tx.now + timedelta(seconds=rule.technical.data_gap_seconds)
    tx.arm(Silence(session_id=session.session_id), key=str(session.session_id), at=gap)


async def unwatch(tx: Tx, session: Session) -> None:
    """Watch no longer: alarms end with their conditions, and only those that latch wait for an answer."""
    for timer in (PressureDue, Silence):
        tx.disarm(timer, key=str(session.session_id))
    engine = tables.engine()
    await record(tx, session, engine, engine.unwatched(session.engine))
    await end_alarm(tx, Source.of(session), MISSED)


def interval(session: Session, rule: Missed) -> timedelta:
    """How often pressure must be taken in this phase."""
    if session.phase not in INFUSION:
        return timedelta(minutes=rule.recovery_minutes)
    raised = (
        session.baseline.get(SYSTOLIC, 0) >= rule.raised_systolic or session.baseline.get(DIASTOLIC, 0) >= rule.raised_diastolic
    )
    return timedelta(minutes=rule.infusion_minutes_if_raised if raised else rule.infusion_minutes)


async def judge_pressure(timer: PressureDue, tx: Tx) -> None:
    """Raise, or end, the alarm of a pressure that was not taken; then look again when the next is due."""
    session = await store.hold(tx, timer.session_id)
    if session is None or session.phase not in WATCHED or session.started_at is None:
        return
    rule = tables.alarm_limits().missed
    taken = session.engine.last.get(SYSTOLIC)
    if taken is None or taken < session.started_at.timestamp():
        due = session.started_at + timedelta(minutes=rule.first_minutes)
    else:
        due = datetime.fromtimestamp(taken, UTC) + interval(session, rule)
    low, medium = due + timedelta(minutes=rule.low_after_minutes), due + timedelta(minutes=rule.medium_after_minutes)
    source = Source.of(session)
    priority: Priority | None = "medium" if tx.now >= medium else "low" if tx.now >= low else None
    if priority is None:
        await end_alarm(tx, source, MISSED)
        again = low
    else:
        await escalate(tx, source, MISSED, MISSED_TITLE, priority, advice="take a blood pressure")
        again = medium if priority == "low" else tx.now + timedelta(minutes=rule.low_after_minutes)
    tx.arm(PressureDue(session_id=session.session_id), key=str(session.session_id), at=again)


async def judge_silence(timer: Silence, tx: Tx) -> None:
    """Raise the alarm of a monitor that fell silent; then look again when it could next be silent too long."""
    session = await store.hold(tx, timer.session_id)
    if session is None or session.phase not in WATCHED:
        return
    engine = tables.engine()
    changes, again = engine.silence(session.engine, tx.now.timestamp())
    await record(tx, session, engine, changes)
    await store.keep(tx, [session])
    soonest = tx.now + timedelta(seconds=1)
    tx.arm(
        Silence(session_id=session.session_id), key=str(session.session_id), at=max(soonest, datetime.fromtimestamp(again, UTC))
    )


async def judge_confirmation(timer: ConfirmationDue, tx: Tx) -> None:
    """A confirmation that did not come raises its alarm as unconfirmed."""
    session = await store.hold(tx, timer.session_id)
    if session is None or session.phase not in WATCHED:
        return
    engine = tables.engine()
    changes = engine.unconfirmed(session.engine, timer.code, timer.priority)
    await record(tx, session, engine, changes)
    await store.keep(tx, [session])


TIMERS: Timers = {PressureDue: judge_pressure, Silence: judge_silence, ConfirmationDue: judge_confirmation}
