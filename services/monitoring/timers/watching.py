"""Watching: from the start of an infusion until the patient leaves, the engine knows what is to come and when."""

from dataclasses import replace

from kit.db import Tx
from kit.timers import Timers
from services.monitoring import store
from services.monitoring.record import LookAgain, feed
from services.monitoring.rules.inputs import Override, Setting, Stage
from services.monitoring.rules.phases import INFUSION, WATCHED
from services.monitoring.store import Session, engine

NOT_POSTPARTUM = ("A14", "A14-red")
"""NEWS2 is not for the time after a birth (clinical 2.5)."""


def stage_of(session: Session) -> Stage | None:
    """What the engine calls a session's phase."""
    if session.phase not in WATCHED:
        return None
    return "infusion" if session.phase in INFUSION else "recovery"


async def watch(tx: Tx, session: Session, *, indication: str = "") -> None:
    """Begin to watch, with the patient's own limits. The session must be kept afterwards."""
    without = NOT_POSTPARTUM if indication == "IND-PPD" else ()
    overrides = await engine.overrides_of(tx, session.patient_id)
    await feed(tx, session, [Setting(tx.now.timestamp(), stage_of(session), session.baseline, overrides, without)])


async def adjust(tx: Tx, session: Session, *, overrides: tuple[Override, ...] | None = None) -> None:
    """The phase, the baseline or the patient's limits changed. The session must be kept afterwards."""
    known = session.watch.conditions
    if known.stage is None:
        return
    now = Setting(tx.now.timestamp(), stage_of(session), session.baseline, known.overrides, known.without)
    await feed(tx, session, [now if overrides is None else replace(now, overrides=overrides)])


async def unwatch(tx: Tx, session: Session) -> None:
    """Watch no longer: alarms end with their conditions, and only those that latch wait for an answer."""
    if session.watch.conditions.stage is not None:
        await feed(tx, session, [Setting(tx.now.timestamp(), None, session.baseline)])
    tx.disarm(LookAgain, key=str(session.session_id))


async def look_again(timer: LookAgain, tx: Tx) -> None:
    """Let the deadlines pass that are due: everything that was said until now has been read."""
    session = await store.hold(tx, timer.session_id)
    if session is None:
        return
    session.watch.armed = None
    await feed(tx, session, [], until=tx.now.timestamp())
    await store.keep(tx, [session])


TIMERS: Timers = {LookAgain: look_again}
