"""Trends is rebuilt from its topics after any loss, and equals a plain recomputation of them."""

import asyncio
import json
import os
import random
import signal
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.protocol.admin import DeleteGroupsRequest

from kit.testing import said
from kit.topics import create_topics
from schemas.monitoring.alarms import ALARMS
from schemas.monitoring.sessions import SESSIONS
from schemas.monitoring.vitals import VITALS
from schemas.topic import Topic
from schemas.trends.trends import TRENDS, AlarmLoadComputed, SessionSummarised
from services.trends import rules
from services.trends.agent import changelogs_of, group_of
from services.trends.settings import TrendsSettings
from tests.integration.trends.process import STOOD_STILL, Trends, produce
from tests.unit.trends.facts import (
    COUNTING,
    EIGHT,
    LIMITS,
    Said,
    answered,
    changed,
    discharged,
    ended,
    raised,
    reading,
    started,
)  # fmt: skip

SESSION_IDS = [UUID(int=number) for number in range(1, 5)]
NON_EMPTY_GROUP = 68
SOURCES = (VITALS, SESSIONS, ALARMS)


def story(session: UUID) -> list[tuple[Topic, Said]]:
    """A session as it is heard: measured, infused, alarmed about, and over after an hour and a half."""
    n = session.int * 10
    alarms = [
        (700 + n, raised(n, 700 + n, "medium", session)),
        (730 + n, changed(n, 730 + n, "medium", "high", session)),
        (745 + n, answered(n, 745 + n, "high", session)),
        (900 + n, ended(n, 900 + n, session)),
        *[(4000 + 10 * k, raised(n + k, 4000 + 10 * k, "low", session, code="A16")) for k in range(1, 4)],
    ]
    readings = [
        (second, reading(second, session, sys=110 + (second + n) % 89, heart=60 + second % 61, oxygen=88 + second % 11))
        for second in range(0, 4800, 15)
    ]
    told = [(second, VITALS, fact) for second, fact in readings]
    told += [(600, SESSIONS, started(600, session)), (5400 + n, SESSIONS, discharged(5400 + n, session))]
    told += [(second, ALARMS, fact) for second, fact in alarms]
    return [(topic, fact) for _, topic, fact in sorted(told, key=lambda one: one[0])]


async def outputs(kafka: str, prefix: str) -> tuple[dict[UUID, SessionSummarised], dict[datetime, AlarmLoadComputed]]:
    """The summary and the hour that rest on most facts."""
    summaries: dict[UUID, SessionSummarised] = {}
    hours: dict[datetime, AlarmLoadComputed] = {}
    for _, event in sorted(await said(kafka, prefix, TRENDS), key=lambda one: getattr(one[1], "facts", 0)):
        if isinstance(event, SessionSummarised):
            summaries[event.session_id] = event.model_copy(update={"facts": 0})
        elif isinstance(event, AlarmLoadComputed):
            hours[event.hour] = event.model_copy(update={"facts": 0, "computed_at": event.hour})
    return summaries, hours


async def plain(kafka: str, prefix: str) -> rules.Recomputed:
    """What an ordinary consumer reads from the sources, computed at once."""
    return rules.recompute([fact for topic in SOURCES for fact in await said(kafka, prefix, topic)], LIMITS, COUNTING)


async def rows(kafka: str, settings: TrendsSettings) -> dict[str, Any]:
    """The rows as the changelogs hold them; none while there are no changelogs."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    there = set(changelogs_of(settings)) <= set(await admin.list_topics())
    await admin.close()
    if not there:
        return {}
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka, enable_auto_commit=False)
    await consumer.start()
    places = [TopicPartition(name, number) for name in changelogs_of(settings) for number in range(TRENDS.partitions)]
    consumer.assign(places)
    await consumer.seek_to_beginning(*places)
    ends = await consumer.end_offsets(places)
    found: dict[str, Any] = {}
    while any([await consumer.position(place) < end for place, end in ends.items()]):
        for records in (await consumer.getmany(timeout_ms=200)).values():
            found |= {record.key.decode(): json.loads(record.value) for record in records}
    await consumer.stop()
    return found


async def lose(kafka: str, settings: TrendsSettings) -> None:
    """Delete the changelogs, and the group with all it has committed."""
    group = group_of(settings)
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        await admin.delete_topics(list(changelogs_of(settings)))
        async with asyncio.timeout(90):  # the process that ended is a member until its session times out
            while (await delete_group(admin, group)) == NON_EMPTY_GROUP:
                await asyncio.sleep(0.5)
        offsets = await admin.list_consumer_group_offsets(group)
        assert offsets == {}, "the group still knows how far it was"
    finally:
        await admin.close()


async def delete_group(admin: Any, group: str) -> int:
    """Ask for a group's end; returns the broker's error code."""
    answer = await admin._send_request(DeleteGroupsRequest([group]), await admin.find_coordinator(group))
    [(_, code)] = answer.results
    return int(code)


async def until_equal(trends: Trends, kafka: str, prefix: str) -> None:
    """Wait until what is said equals the plain computation."""
    wanted = await plain(kafka, prefix)
    assert len(wanted.summaries) == len(SESSION_IDS)
    assert len(wanted.hours) == 2
    found: Any = None
    try:
        async with asyncio.timeout(120):
            while (found := await outputs(kafka, prefix)) != (wanted.summaries, wanted.hours):
                if trends.process.poll() == STOOD_STILL:
                    trends.start()
                await asyncio.sleep(0.3)
    except TimeoutError:
        raise AssertionError(f"{differing(found, (wanted.summaries, wanted.hours))}\n{trends.log.read_text()[-3000:]}") from None


def differing(found: Any, wanted: Any) -> list[str]:
    """What is said otherwise than computed, field by field."""
    lines = []
    for ones, others in zip(found, wanted, strict=True):
        for key in ones.keys() | others.keys():
            one, other = (side[key].model_dump() if key in side else {} for side in (ones, others))
            lines += [
                f"{key} {name}: {one.get(name)} != {other.get(name)}" for name in one | other if one.get(name) != other.get(name)
            ]
    return lines


async def until_read(trends: Trends, kafka: str, settings: TrendsSettings, before: dict[str, Any]) -> None:
    """Wait until the rows are what they were."""
    found: dict[str, Any] = {}
    try:
        async with asyncio.timeout(120):
            while (found := await rows(kafka, settings)) != before:
                if trends.process.poll() == STOOD_STILL:
                    trends.start()
                await asyncio.sleep(0.3)
    except TimeoutError:
        assert found == before, trends.log.read_text()[-3000:]


async def test_a_kill_and_the_loss_of_all_state_change_nothing(kafka: str, prefix: str, tmp_path: Path) -> None:
    await create_topics({"bootstrap_servers": kafka}, prefix)
    settings = TrendsSettings(kafka=kafka, prefix=prefix, jwks=os.devnull)
    facts = [(topic, *fact) for session in SESSION_IDS for topic, fact in story(session)]
    twice = random.Random(7).sample(facts, 20)
    half = len(facts) // 2
    trends = Trends(kafka, prefix, tmp_path / "trends.log")
    try:
        await produce(kafka, prefix, facts[:half])
        await trends.until_said(EIGHT)
        await trends.end(signal.SIGKILL)
        trends.start()
        await produce(kafka, prefix, [*facts[half:], *[one for one in twice if one[0] is not VITALS]])
        await until_equal(trends, kafka, prefix)
        assert await trends.end(signal.SIGTERM) == 0

        before, known = await rows(kafka, settings), {envelope.id for envelope, _ in await said(kafka, prefix, TRENDS)}
        assert len(before) == len(SESSION_IDS) + 2
        await lose(kafka, settings)
        assert await rows(kafka, settings) == {}
        trends.start()
        await until_read(trends, kafka, settings, before)
        await until_equal(trends, kafka, prefix)
        assert await trends.end(signal.SIGTERM) == 0
    finally:
        trends.process.kill()
        trends.process.wait()
    for envelope, event in await said(kafka, prefix, TRENDS):
        assert envelope.id in known or isinstance(event, SessionSummarised), "a fact is said again under its old id"
