"""Facts of a session as trends hears them, and the rows they come to."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

from schemas.event import Envelope, Event
from schemas.monitoring.alarms import AlarmAcknowledged, AlarmEnded, AlarmPriorityChanged, AlarmRaised, Priority
from schemas.monitoring.sessions import InfusionStarted, PatientDischarged
from schemas.monitoring.vitals import Measurement, VitalsMeasured
from schemas.trends.trends import AlarmLoadComputed, LoadCount, SessionSummarised
from services.trends import rules, tables

EIGHT = datetime(2026, 3, 2, 8, tzinfo=UTC)
SYS, HEART, OXYGEN = "8480-6", "8867-4", "59408-5"
SESSION = UUID(int=1)
LIMITS, COUNTING = tables.limits(), tables.load_targets().counting
Said = tuple[Envelope, Event]


def at(seconds: float) -> datetime:
    return EIGHT + timedelta(seconds=seconds)


def said(event: Event, session: UUID = SESSION, number: int = 0) -> Said:
    identity = uuid5(session, f"{event!r} {number}")
    envelope = Envelope(
        id=identity, type=type(event).__name__, source="monitoring", time=EIGHT, subject=str(session), correlation_id=identity
    )
    return envelope, event


def reading(second: float, session: UUID = SESSION, **values: float) -> Said:
    codes = {"sys": (SYS, "mm[Hg]"), "heart": (HEART, "/min"), "oxygen": (OXYGEN, "%"), "odd": ("moaas", "{score}")}
    measured = VitalsMeasured(
        device_id="m",
        session_id=session,
        measured_at=at(second),
        received_at=at(second),
        measurements=tuple(Measurement(code=codes[name][0], value=v, unit=codes[name][1]) for name, v in values.items()),
        method="continuous",
    )
    return said(measured, session)


def started(second: float, session: UUID = SESSION) -> Said:
    event = InfusionStarted(
        session_id=session, chair=1, dose_mg=40, rate_mg_per_minute=1, duration_minutes=40, actor="n", started_at=at(second)
    )
    return said(event, session)


def discharged(second: float, session: UUID = SESSION) -> Said:
    return said(PatientDischarged(session_id=session, patient_id=session, chair=1, actor="n", discharged_at=at(second)), session)


def raised(number: int, second: float, priority: Priority, session: UUID = SESSION, *, code: str = "A1") -> Said:
    event = AlarmRaised(
        alarm_id=UUID(int=number << 96),
        code=code,
        title="t",
        kind="technical" if code == "A16" else "physiological",
        priority=priority,
        session_id=session,
        limits_version="v",
        raised_at=at(second),
    )
    return said(event, session)


def changed(number: int, second: float, previous: Priority, priority: Priority, session: UUID = SESSION) -> Said:
    event = AlarmPriorityChanged(
        alarm_id=UUID(int=number << 96), code="A1", title="t", session_id=session, previous=previous, priority=priority,
        changed_at=at(second),
    )  # fmt: skip
    return said(event, session)


def answered(number: int, second: float, priority: Priority, session: UUID = SESSION) -> Said:
    event = AlarmAcknowledged(
        alarm_id=UUID(int=number << 96), session_id=session, priority=priority, by="n", via="bedside",
        answer_id=UUID(int=number), acknowledged_at=at(second),
    )  # fmt: skip
    return said(event, session)


def ended(number: int, second: float, session: UUID = SESSION) -> Said:
    event = AlarmEnded(alarm_id=UUID(int=number << 96), code="A1", session_id=session, ended_at=at(second))
    return said(event, session)


def followed(events: Sequence[Said]) -> tuple[dict[str, rules.Row], list[LoadCount]]:
    """The rows and counts of events in the order they are heard, as the agent takes them."""
    rows: dict[str, rules.Row] = {}
    counts: list[LoadCount] = []
    for envelope, event in events:
        row, found = rows.get(envelope.subject) or rules.fresh(), ()  # type: tuple[rules.Row, tuple[LoadCount, ...]]
        if isinstance(event, VitalsMeasured):
            values = {m.code: (m.value, m.unit) for m in event.measurements if m.value is not None}
            row = rules.take(row, event.measured_at.timestamp(), values, envelope.id.hex[:8], LIMITS)
        elif isinstance(event, InfusionStarted):
            row, found = rules.start(row, event.started_at.timestamp())
        elif over := rules.over_at(event, envelope.time):
            row, found = rules.end(row, over.timestamp())
        elif isinstance(event, AlarmRaised | AlarmPriorityChanged | AlarmAcknowledged | AlarmEnded):
            row, found = rules.heard(row, event, COUNTING)
        rows[envelope.subject] = row
        counts += found
    return rows, counts


def summaries(events: Sequence[Said]) -> dict[UUID, SessionSummarised]:
    rows, _ = followed(events)
    found = {UUID(key): rules.summary(UUID(key), row, LIMITS) for key, row in rows.items()}
    return {key: one.model_copy(update={"facts": 0}) for key, one in found.items() if one is not None}


def hours(events: Sequence[Said]) -> dict[datetime, AlarmLoadComputed]:
    _, counts = followed(events)
    rows: dict[int, rules.Row] = {}
    for count in counts:
        hour = rules.hour_of(count.at)
        rows[hour] = rules.add(rows.get(hour) or rules.fresh_hour(), hour, [count])
    found = [
        rules.figures(row, hour, "clinic", datetime.fromtimestamp(hour, UTC), COUNTING) for hour, row in sorted(rows.items())
    ]
    return {one.hour: one.model_copy(update={"facts": 0}) for one in found}
