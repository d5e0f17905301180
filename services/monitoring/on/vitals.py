"""Vitals: readings, session state and alarms, a batch in one transaction."""

from collections.abc import Mapping, Sequence
from datetime import UTC, timedelta
from uuid import UUID

from kit.db import Tx
from kit.stream import Handlers, batch
from schemas.event import Event
from schemas.monitoring.vitals import VitalsMeasured
from services.monitoring import store, tables
from services.monitoring.record import UNBOUND, Source, feed, raise_alarm
from services.monitoring.rules.inputs import Reading
from services.monitoring.rules.phases import WATCHED
from services.monitoring.rules.watch import judged
from services.monitoring.store import Binding, Kept, Session

SKEWED, IMPLAUSIBLE = "CLOCK", "IMPLAUSIBLE"
HAND = "hand-"
"""How a device is called that is a nurse's hand: with the session's id."""


async def watch(events: Sequence[VitalsMeasured], tx: Tx) -> None:
    """Keep the readings, judge those of sessions that are watched, and tell of what cannot be judged."""
    bindings = await store.bindings_of(tx, {e.device_id for e in events}, min(e.measured_at for e in events))
    kept = [_kept(event, bindings, tx) for event in events]
    sessions = await store.hold_many(tx, {k.session_id for k in kept if k.session_id is not None})
    for one in kept:
        _place(one, sessions)
    new = await store.keep_readings(tx, kept)
    strangers = {one.device_id for one in kept if one.session_id is None}
    strangers -= await store.placed(tx, strangers) if strangers else set()
    inputs: dict[UUID, list[Reading]] = {}
    causes: dict[int, Event] = {}
    for event, one in zip(events, kept, strict=True):
        if one.key not in new:
            continue
        new.discard(one.key)
        await _tell(event, one, one.device_id in strangers, tx)
        if (session := sessions.get(one.session_id) if one.session_id else None) is None:
            continue
        _show(session, one, event)
        if one.applied is not None:
            reading = Reading(
                one.measured_at.timestamp(), one.device_id, one.values, one.method == "continuous", one.method == "manual"
            )
            inputs.setdefault(session.session_id, []).append(reading)
            causes[id(reading)] = event
    for session_id, readings in inputs.items():
        await feed(tx, sessions[session_id], readings, causes=causes)
    if sessions:
        await store.keep(tx, list(sessions.values()))


def _kept(event: VitalsMeasured, bindings: Mapping[str, Sequence[Binding]], tx: Tx) -> Kept:
    measured = event.measured_at
    session_id = event.session_id
    if event.method != "manual" or event.device_id != f"{HAND}{session_id}":
        binding = next((b for b in bindings.get(event.device_id, ()) if b.covers(measured)), None)
        session_id = binding.session_id if binding else None
    values, aside = tables.plausible().sort([(m.code, m.value, m.unit) for m in event.measurements])
    time = tables.alarm_limits().time
    behind = event.received_at - measured
    if -behind > timedelta(seconds=time.skew_seconds * tx.rate):
        values, aside = {}, dict.fromkeys([m.code for m in event.measurements], "measured ahead of our clock")
    return Kept(
        event.device_id,
        measured,
        ",".join(sorted({m.code for m in event.measurements})),
        session_id,
        event.received_at,
        event.method,
        behind > timedelta(seconds=time.late_seconds * tx.rate),
        event.simulated,
        values,
        aside,
    )


def _place(one: Kept, sessions: Mapping[UUID, Session]) -> None:
    session = sessions.get(one.session_id) if one.session_id else None
    if session is None or session.phase not in WATCHED or not one.values:
        return
    if judged(one.measured_at.timestamp(), session.watch):
        one.applied = session.watch.applied + 1


def _show(session: Session, one: Kept, event: VitalsMeasured) -> None:
    """The last value of each code, and how far the device is behind."""
    instant = one.measured_at.astimezone(UTC).isoformat(timespec="microseconds")
    for code, value in one.values.items():
        _, seen = session.latest.get(code, (None, ""))
        if instant >= seen:
            session.latest[code] = (value, instant)
    session.watch.behind[one.device_id] = round((event.received_at - event.measured_at).total_seconds(), 3)


async def _tell(event: VitalsMeasured, one: Kept, stranger: bool, tx: Tx) -> None:
    """What cannot be judged is told: who measures for nobody and belongs to no chair, on a wrong clock, or what no body has."""
    source = Source(f"device {event.device_id}", device_id=event.device_id, chair=event.chair)
    if stranger:
        await raise_alarm(tx, source, UNBOUND, "a monitor is bound to no session", "medium", cause=event)
    if not one.aside:
        return
    if one.values or not all(text.startswith("measured ahead") for text in one.aside.values()):
        await raise_alarm(tx, source, IMPLAUSIBLE, "a monitor's values cannot be judged", "medium", cause=event)
    else:
        await raise_alarm(tx, source, SKEWED, "a monitor's clock is ahead", "medium", cause=event)


HANDLERS: Handlers = {VitalsMeasured: batch(watch, own_inbox=True)}
