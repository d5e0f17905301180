"""Vitals: readings, session state and alarms, a batch in one transaction."""

from collections.abc import Sequence
from datetime import UTC, timedelta

from kit.db import Tx
from kit.stream import Handlers, batch
from schemas.monitoring.vitals import VitalsMeasured
from services.monitoring import store, tables
from services.monitoring.record import UNBOUND, Source, expect, raise_alarm, record
from services.monitoring.rules.phases import WATCHED
from services.monitoring.store import Kept

SKEWED = "CLOCK"


async def watch(events: Sequence[VitalsMeasured], tx: Tx) -> None:
    """Keep the readings, judge those of sessions that are watched, and tell of devices that nobody bound."""
    first = min(event.measured_at for event in events)
    bindings = await store.bindings_of(tx, {event.device_id for event in events}, first)
    kept = [_kept(event, bindings, tx) for event in events]
    new = await store.keep_readings(tx, kept)
    sessions = await store.hold_many(tx, {k.session_id for k in kept if k.session_id is not None})
    engine = tables.engine()
    for event, reading in sorted(zip(events, kept, strict=True), key=lambda pair: pair[0].measured_at):
        if reading.key not in new:
            continue
        new.discard(reading.key)
        if await _skewed(event, tx):
            continue
        session = sessions.get(reading.session_id) if reading.session_id else None
        if session is None:
            source = Source(f"device {event.device_id}", device_id=event.device_id, chair=event.chair)
            await raise_alarm(tx, source, UNBOUND, "a monitor is bound to no session", "medium", cause=event)
            continue
        at, instant = event.measured_at.timestamp(), event.measured_at.astimezone(UTC).isoformat(timespec="microseconds")
        for code, value in reading.values.items():
            _, seen = session.latest.get(code, (None, ""))
            if instant >= seen:
                session.latest[code] = (value, instant)
        if session.phase in WATCHED:
            continuous = event.method == "continuous"
            changes, pending = engine.step(session.engine, at, reading.values, session.baseline, continuous=continuous)
            await record(tx, session, engine, changes, cause=event)
            expect(tx, session, pending)
    if sessions:
        await store.keep(tx, list(sessions.values()))


def _kept(event: VitalsMeasured, bindings: dict[str, list[store.Binding]], tx: Tx) -> Kept:
    binding = next((b for b in bindings.get(event.device_id, ()) if b.covers(event.measured_at)), None)
    values = {m.code: m.value for m in event.measurements}
    late = timedelta(seconds=tables.alarm_limits().time.late_seconds * tx.rate)
    return Kept(
        event.device_id,
        event.measured_at,
        ",".join(sorted(values)),
        binding.session_id if binding else None,
        event.received_at,
        event.method,
        event.received_at - event.measured_at > late,
        event.simulated,
        values,
    )


async def _skewed(event: VitalsMeasured, tx: Tx) -> bool:
    """A clock ahead of ours makes its readings useless for delays: told, and not judged."""
    skew = timedelta(seconds=tables.alarm_limits().time.skew_seconds * tx.rate)
    if event.measured_at - event.received_at <= skew:
        return False
    source = Source(f"device {event.device_id}", device_id=event.device_id, chair=event.chair)
    await raise_alarm(tx, source, SKEWED, "a monitor's clock is ahead", "medium", cause=event)
    return True


HANDLERS: Handlers = {VitalsMeasured: batch(watch)}
