"""The faust agents, under the rules that were measured: decode inside, one at a time, the offset in the row, never raise.

A raised exception would acknowledge the event, a windowed table would never close, and more than one at a time would commit
past an event in flight. What fails for good is counted; what fails for now is tried again, and at last ends the process.

Two agents share the work. One follows a session (`following`): readings, alarms and the session's own events, in the partition
that its key has in all three topics. What that adds to the clinic's alarm load it says on `trends` under the clinic's key, and
the other adds it up (`adding`). A timer says what a session came to once it is over (`telling`).
"""

import tempfile
from pathlib import Path
from typing import Any

import faust

from kit.metrics import Metrics
from schemas.monitoring.alarms import ALARMS
from schemas.monitoring.sessions import SESSIONS
from schemas.monitoring.vitals import VITALS
from schemas.topic import Topic
from schemas.trends.trends import TRENDS
from services.trends.agent.adding import Adding
from services.trends.agent.carefully import Care
from services.trends.agent.following import Following
from services.trends.agent.saying import Voice
from services.trends.agent.telling import Telling
from services.trends.agent.written import WrittenApp
from services.trends.settings import TrendsSettings

CONSUMES: tuple[Topic, ...] = (VITALS, SESSIONS, ALARMS, TRENDS)
PRODUCES: tuple[Topic, ...] = (TRENDS,)
AHEAD, FETCH_BYTES = 256, 1024 * 1024
"""How much is read ahead: a backlog must not fill the memory."""
TELL_EVERY_SECONDS = 1.0
TABLES = ("sessions", "hours")
ROWS = 2
"""The shape of the rows. A new shape is a new number: a new group with new changelogs, rebuilt from the topics."""


def group_of(settings: TrendsSettings) -> str:
    """The consumer group, which is the faust application's name."""
    return f"{settings.prefix}.trends.{ROWS}"


def changelogs_of(settings: TrendsSettings) -> tuple[str, ...]:
    """Where faust keeps the rows. They must be there before it starts: it is not given what it made in one breath."""
    return tuple(f"{group_of(settings)}-{name}-changelog" for name in TABLES)


def new_app(settings: TrendsSettings, metrics: Metrics) -> faust.App:
    """The faust application, with its agents. Raises TableRefused when a table of limits or targets does not allow a start."""
    partitions = TRENDS.partitions
    app = WrittenApp(
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
        stream_buffer_maxsize=AHEAD,
        consumer_max_fetch_size=FETCH_BYTES,
        store="memory://",
        datadir=Path(tempfile.gettempdir()) / group_of(settings),
        loghandlers=[],
    )

    def topic(*topics: Topic) -> Any:
        names = [one.kafka_name(settings.prefix) for one in topics]
        return app.topic(*names, key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw")

    own = topic(TRENDS)
    sessions = app.Table(TABLES[0], partitions=partitions, key_type=str)
    hours = app.Table(TABLES[1], partitions=partitions, key_type=str)
    voice, care = Voice(own), Care(metrics, {one.kafka_name(settings.prefix): one.name for one in CONSUMES})
    following, adding, telling = Following(sessions, voice), Adding(hours, voice), Telling(sessions, voice)

    @app.agent(topic(VITALS, SESSIONS, ALARMS))
    async def follow(stream: Any) -> None:
        async for event in stream.events():
            await care.of(event.message, event.value, following.take)

    @app.agent(own)
    async def add_up(stream: Any) -> None:
        async for event in stream.events():
            await care.of(event.message, event.value, adding.take)

    async def tell() -> None:
        if not app.rebalancing and not app.in_recovery:  # rows still being read back are old
            await telling.tell()

    app.timer(interval=TELL_EVERY_SECONDS)(tell)

    return app
