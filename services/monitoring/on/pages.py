"""Pages: an answer by link is recorded for exactly the alarms it names; one that lapsed must be given again."""

from kit.db import Tx
from kit.stream import Handlers
from schemas.notifications.pages import AcknowledgementLapsed, PageAcknowledged
from services.monitoring import store
from services.monitoring.record import acknowledge, reopen
from services.monitoring.store import queries


async def record_answer(event: PageAcknowledged, tx: Tx) -> None:
    """Record the answer with the priority that was shown."""
    for answered in event.alarms:
        alarm = await queries.alarm(tx.db, alarm_id=answered.alarm_id)
        if alarm is None or alarm["ended_at"] is not None:
            continue
        session = await store.hold(tx, alarm["session_id"]) if alarm["session_id"] else None
        await acknowledge(
            tx,
            session,
            alarm,
            answer_id=event.answer_id,
            priority=answered.priority,
            by=event.staff_id,
            via="link",
            at=event.answered_at,
        )
        if session is not None:
            await store.keep(tx, [session])


async def record_lapse(event: AcknowledgementLapsed, tx: Tx) -> None:
    """The answer is too old while the alarm stands: another is needed, unless one was given meanwhile."""
    alarm = await queries.alarm(tx.db, alarm_id=event.alarm_id)
    if alarm is None or alarm["ended_at"] is not None:
        return
    if await queries.last_answer(tx.db, alarm_id=event.alarm_id) != event.answer_id:
        return
    await queries.set_acknowledged(tx.db, alarm_id=event.alarm_id, priority=None)
    session = await store.hold(tx, alarm["session_id"]) if alarm["session_id"] else None
    if session is not None:
        await reopen(tx, session, alarm["cause"])
        await store.keep(tx, [session])


HANDLERS: Handlers = {PageAcknowledged: record_answer, AcknowledgementLapsed: record_lapse}
