"""The faust agent, under the rules that were measured: decode inside, one at a time, the offset in the row, never raise.

A raised exception would acknowledge the event, a windowed table would never close, and more than one at a time would commit
past an event in flight. What fails for good is counted; what fails for now is tried again, and at last ends the process.
"""

import asyncio
import os
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import faust
import structlog

from kit.cloudevents import envelope_of, event_of, headers_of, type_of
from kit.errors import Rejected
from kit.metrics import Metrics
from schemas.event import Envelope, Event
from schemas.monitoring.sessions import SESSIONS, InfusionStarted
from schemas.monitoring.vitals import VITALS, VitalsMeasured
from schemas.topic import Topic
from schemas.trends.trends import TRENDS, Trend, TrendComputed
from services.trends import rules
from services.trends.settings import TrendsSettings

log = structlog.get_logger("trends")
NAMES = UUID("0f4d7c2e-2f0b-4a0e-9a39-7f6f1f2f5b1d")
TRIES = 5
KINDS: dict[str, type[Event]] = {"VitalsMeasured": VitalsMeasured, "InfusionStarted": InfusionStarted}
CONSUMES: tuple[Topic, ...] = (VITALS, SESSIONS)
PRODUCES: tuple[Topic, ...] = (TRENDS,)


def group_of(settings: TrendsSettings) -> str:
    """The consumer group, which is the faust application's name."""
    return f"{settings.prefix}.trends"


def new_app(settings: TrendsSettings, metrics: Metrics) -> faust.App:
    """The faust application, with its one agent."""
    partitions = TRENDS.partitions
    app = faust.App(
        group_of(settings),
        broker=f"kafka://{settings.kafka.replace(',', ';')}",
        web_enabled=False,
        topic_disable_leader=True,
        topic_partitions=partitions,
        topic_replication_factor=settings.kafka_replication,
        table_standby_replicas=0,
        broker_session_timeout=6,
        broker_heartbeat_interval=1,
        broker_commit_interval=0.5,
        consumer_group_instance_id=settings.instance,
        consumer_auto_offset_reset="earliest",
        stream_wait_empty=True,
        store="memory://",
        datadir=Path(tempfile.gettempdir()) / group_of(settings),
        loghandlers=[],
    )
    names = [topic.kafka_name(settings.prefix) for topic in CONSUMES]
    source = app.topic(*names, key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw")
    answers = app.topic(
        TRENDS.kafka_name(settings.prefix), key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw"
    )
    table = app.Table("sessions", partitions=partitions, key_type=str)

    @app.agent(source)
    async def follow(stream: Any) -> None:
        async for event in stream.events():
            await _handle(event.message, event.value, table, answers, metrics)

    return app


async def _handle(message: Any, value: bytes, table: Any, answers: Any, metrics: Metrics) -> None:
    topic = VITALS.name if VITALS.name in message.topic else SESSIONS.name
    for attempt in range(TRIES):
        try:
            await _take(message, value, table, answers, topic)
            metrics.handled(topic, 1, 0.0)
            return
        except Rejected as error:
            metrics.dead_letter(topic)
            log.error("event set aside", topic=topic, partition=message.partition, offset=message.offset, error=str(error))
            return
        except Exception:
            log.exception("trying again", topic=topic, partition=message.partition, offset=message.offset)
            await asyncio.sleep(0.1 * 2**attempt)
    os._exit(70)


async def _take(message: Any, value: bytes, table: Any, answers: Any, topic: str) -> None:
    headers = [
        (name, bytes(body)) for name, body in (message.headers.items() if hasattr(message.headers, "items") else message.headers)
    ]
    kind = KINDS.get(type_of(headers) or "")
    if kind is None:
        return
    envelope, event = envelope_of(headers), event_of(kind, value)
    session = getattr(event, "session_id", None)
    if session is None:
        return
    key, place = str(session), f"offset {topic}"
    row = table.get(key) or rules.fresh()
    if message.offset <= row.get(place, -1):
        return
    if isinstance(event, InfusionStarted):
        table[key] = {**rules.start(row, event.started_at.timestamp()), place: message.offset}
        return
    assert isinstance(event, VitalsMeasured)
    at = event.measured_at.timestamp()
    values = {m.code: (m.value, m.unit) for m in event.measurements if m.value is not None}
    new = rules.take(row, at, values)
    if values and rules.due(new, at):
        new["said"] = at
        await _say(message, envelope, event, new, answers)
    table[key] = {**new, place: message.offset}


async def _say(message: Any, cause: Envelope, event: VitalsMeasured, row: rules.Row, answers: Any) -> None:
    """Say the trend, and wait until every replica has it. Its id is drawn from its cause: said twice, it is one."""
    assert event.session_id is not None
    computed = TrendComputed(
        session_id=event.session_id,
        trends=tuple(Trend(**trend) for trend in rules.trends(row)),
        window_minutes=rules.WINDOW_MINUTES,
        computed_at=datetime.fromtimestamp(row["said"], UTC),
    )
    key = TRENDS.key_of(computed)
    envelope = Envelope(
        id=uuid5(NAMES, f"{message.topic} {message.partition} {message.offset}"),
        type="TrendComputed",
        source="trends",
        time=computed.computed_at,
        subject=key,
        correlation_id=cause.correlation_id,
        causation_id=cause.id,
        traceparent=cause.traceparent,
    )
    sent = await answers.send(key=key.encode(), value=computed.model_dump_json().encode(), headers=dict(headers_of(envelope)))
    await sent
