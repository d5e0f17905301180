"""Topics are made with explicit settings, and one that differs from its contract is named: `python -m kit.topics`."""

import asyncio
import sys
from collections.abc import Sequence
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from kit.errors import AWAY
from kit.kafka import client_settings
from kit.settings import KafkaSettings, SettingsRefused, load
from schemas.catalogue import topics
from schemas.topic import Topic

ALREADY_THERE = 36
"""Kafka's error code TOPIC_ALREADY_EXISTS: another starter was quicker."""
SEGMENT_BYTES = 64 * 1024 * 1024
LED_WITHIN = 30.0
"""Wall seconds a new topic has to get its leaders."""


def new_topic(topic: Topic, prefix: str, replication: int) -> NewTopic:
    """A topic as the broker is asked for it."""
    return NewTopic(
        topic.kafka_name(prefix),
        topic.partitions,
        replication,
        topic_configs={
            "cleanup.policy": "delete",
            "retention.ms": str(int(topic.retention.total_seconds() * 1000)),
            "segment.bytes": str(SEGMENT_BYTES),
            "min.insync.replicas": str(max(1, replication - 1)),
            "message.timestamp.type": "CreateTime",
        },
    )


async def create_topics(kafka: dict[str, Any], prefix: str, replication: int = 1) -> tuple[list[str], list[str]]:
    """Create the topics that are missing. Returns (created, faults): a fault names a topic whose partition count differs.

    Partition counts are never changed: keys would move. Raises what the broker raises when it is away.
    """
    admin = AIOKafkaAdminClient(**kafka)
    await admin.start()
    try:
        wanted = {topic.kafka_name(prefix): new_topic(topic, prefix, replication) for topic in topics().values()}
        known = sorted(set(await admin.list_topics()) & set(wanted))
        there = {found["topic"]: len(found["partitions"]) for found in await admin.describe_topics(known)} if known else {}
        missing = [name for name in wanted if name not in there]
        if missing:
            answer: Any = await admin.create_topics([wanted[name] for name in missing])
            refused = [f"{name}: broker error {code}" for name, code, *_ in answer.topic_errors if code not in (0, ALREADY_THERE)]
            if refused:
                return [], refused
            await _led(admin, {name: wanted[name].num_partitions for name in missing})
        if there:
            await admin.alter_configs(
                [ConfigResource(ConfigResourceType.TOPIC, name, wanted[name].topic_configs) for name in there]
            )
        faults = [
            f"{name} has {count} partitions, its contract says {wanted[name].num_partitions}"
            for name, count in there.items()
            if count != wanted[name].num_partitions
        ]
        return missing, faults
    finally:
        await admin.close()


async def create_compacted(kafka: dict[str, Any], names: Sequence[str], partitions: int, replication: int = 1) -> None:
    """Create topics that keep the last record of each key, where they are missing, and wait until every partition has a leader.

    Raises what the broker raises when it is away, TimeoutError when a partition gets no leader, RuntimeError when one is refused.
    """
    admin = AIOKafkaAdminClient(**kafka)
    await admin.start()
    try:
        configs = {"cleanup.policy": "compact", "segment.bytes": str(SEGMENT_BYTES)}
        wanted = [NewTopic(name, partitions, replication, topic_configs=configs) for name in names]
        answer: Any = await admin.create_topics(wanted)
        refused = [f"{name}: broker error {code}" for name, code, *_ in answer.topic_errors if code not in (0, ALREADY_THERE)]
        if refused:
            raise RuntimeError("; ".join(refused))
        await _led(admin, dict.fromkeys(names, partitions))
    finally:
        await admin.close()


async def _led(admin: AIOKafkaAdminClient, partitions: dict[str, int]) -> None:
    """Wait until each partition has a leader. A consumer that is assigned a topic before that reads nothing of it for minutes.

    Raises TimeoutError after LED_WITHIN seconds.
    """
    async with asyncio.timeout(LED_WITHIN):
        while True:
            found = {topic["topic"]: topic["partitions"] for topic in await admin.describe_topics(list(partitions))}
            if all(sum(part["leader"] >= 0 for part in found.get(name, ())) == count for name, count in partitions.items()):
                return
            await asyncio.sleep(0.05)


async def _main() -> int:
    try:
        settings = load(KafkaSettings)
    except SettingsRefused as error:
        print(error, file=sys.stderr)
        return 78
    for _ in range(30):
        try:
            created, faults = await create_topics(client_settings(settings), settings.prefix, settings.kafka_replication)
            break
        except AWAY:
            await asyncio.sleep(1)
    else:
        print(f"Kafka at {settings.kafka} does not answer. Is it running, and is CHAIRSIDE_KAFKA right?", file=sys.stderr)
        return 69
    print(f"topics: {len(created)} created, {len(topics()) - len(created)} there already")
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(_main()))
