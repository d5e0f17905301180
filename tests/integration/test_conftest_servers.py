"""The servers tests get are real, separate and fresh."""

import asyncpg
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic


async def test_a_record_reaches_the_broker(kafka: str, prefix: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    await admin.create_topics([NewTopic(f"{prefix}.first", 1, 1)])
    await admin.close()
    producer = AIOKafkaProducer(bootstrap_servers=kafka)
    await producer.start()
    try:
        assert (await producer.send_and_wait(f"{prefix}.first", b"one")).offset == 0
    finally:
        await producer.stop()


async def test_a_database_is_fresh(database: str) -> None:
    await _create_once(database)


async def test_the_next_database_is_fresh_too(database: str) -> None:
    await _create_once(database)


async def _create_once(database: str) -> None:
    connection = await asyncpg.connect(database)
    try:
        await connection.execute("CREATE TABLE only_once (id int)")
    finally:
        await connection.close()
