"""Arrow: Kafka -> inbox, state and outbox -> offset."""

import json
import signal
from typing import Any

from aiokafka import AIOKafkaProducer

from benchmarks.probe import order
from kit import clock
from kit.cloudevents import headers_of
from schemas.event import Envelope
from schemas.intake.orders import ORDERS
from tests.failure.world import World


async def test_consumer_killed_between_database_commit_and_offset_commit(world: World) -> None:
    world.start("source")
    dying = world.start("applier", PROBE_DIE_AT="commit", PROBE_FLAG=str(world.folder / "died"))
    await world.emit(range(1, 11))
    assert await dying.ended() == -signal.SIGKILL
    assert await world.ask("SELECT count(*) FROM applied") > 0, "the kill did not fall after the store's commit"
    world.start("applier")
    await world.applied(200)
    await world.answered()
    found = await world.account()
    assert found.clean, found


async def test_duplicates_unknown_types_and_a_newer_schema_are_taken_as_they_come(world: World) -> None:
    applier = world.start("applier")
    known, other, newer = clock.new_id(), clock.new_id(), clock.new_id()
    event = order(1, 1)
    later = json.loads(order(1, 2).model_dump_json()) | {"field_of_tomorrow": {"deep": [1, 2]}}
    await _produce(
        world,
        (_headers(event, known), event.model_dump_json().encode()),
        (_headers(event, known), event.model_dump_json().encode()),
        (_headers(event, other, type="OrderDreamt"), b"{}"),
        (_headers(event, newer), json.dumps(later).encode()),
        (_headers(event, known), event.model_dump_json().encode()),
    )
    await world.applied(2)
    await world.until("SELECT sum(next_offset) FROM kit.positions", lambda reached: reached == 5)
    assert await world.ask("SELECT array_agg(event_id ORDER BY place) FROM applied") == [known, newer]
    assert await world.ask("SELECT count(*) FROM kit.dead_letters") == 0
    assert 'chairside_events_skipped_total{topic="orders"' in await _metrics(applier.url)


async def test_undecodable_bytes_become_a_dead_letter_that_parks_its_key_alone(world: World) -> None:
    world.start("applier")
    event = order(1, 1)
    await _produce(
        world,
        (_headers(event, clock.new_id()), b"\xff\x00 not json"),
        ([("ce_id", b"no uuid")], b""),
        (_headers(event, clock.new_id()), event.model_dump_json().encode()),
        (_headers(order(2, 1), clock.new_id()), order(2, 1).model_dump_json().encode()),
        keys=[event.patient_id, "stranger", event.patient_id, order(2, 1).patient_id],
    )
    await world.applied(1)
    await world.until("SELECT count(*) FROM kit.dead_letters WHERE state = 'parked'", lambda found: found == 3)
    assert await world.ask("SELECT count(*) FROM kit.dead_letters WHERE waits_behind") == 1
    errors = await world.ask("SELECT array_agg(error ORDER BY id) FROM kit.dead_letters WHERE NOT waits_behind")
    assert any("unreadable" in error for error in errors)
    assert any("headers" in error for error in errors)
    assert not any("not json" in error for error in errors), "a dead letter's error shows what the record held"


async def test_one_poison_in_a_batch_of_500_is_isolated(world: World) -> None:
    world.start("source")
    poison = (7, 13)
    await world.emit(range(1, 26), keys=20, indication=lambda key, number: "poison" if (key, number) == poison else "IND-TRD")
    await world.until("SELECT count(*) FROM kit.outbox WHERE published_at IS NULL", lambda found: found == 0, source=True)
    world.start("applier", PROBE_MODE="batch")
    await world.until("SELECT count(*) FROM kit.dead_letters", lambda found: found == 13)
    await world.applied(500 - 13)
    await world.answered()
    found = await world.account()
    assert (found.applied, found.lost, found.doubled, found.disordered) == (487, 13, 0, 0)
    assert await world.ask("SELECT count(*) FROM kit.dead_letters WHERE NOT waits_behind") == 1


async def test_a_poisoned_key_parks_in_order_and_redrives_in_order(world: World) -> None:
    world.start("source")
    strict = world.start("applier")
    await world.emit(range(1, 8), keys=4, indication=lambda key, number: "bug" if (key, number) == (2, 3) else "IND-TRD")
    await world.until("SELECT count(*) FROM kit.dead_letters WHERE state = 'parked'", lambda found: found == 5)
    await world.applied(23)
    assert await world.ask("SELECT count(*) FROM kit.strikes") == 0
    strict.send(signal.SIGTERM)
    assert await strict.ended() == 0
    # The bug is mended: what the letter holds is now an order like any other.
    await world.ask(
        "UPDATE kit.dead_letters"
        " SET payload = convert_to(replace(convert_from(payload, 'UTF8'), '\"bug\"', '\"IND-TRD\"'), 'UTF8')"
    )
    world.start("applier")
    await world.ask("UPDATE kit.parked_keys SET redriving = true")
    await world.emit(range(8, 12), keys=4)
    await world.applied(44)
    await world.answered()
    found = await world.account()
    assert found.clean, found
    assert await world.ask("SELECT count(*) FROM kit.parked_keys") == 0


async def test_an_event_that_kills_its_process_becomes_a_dead_letter_after_a_few_restarts(world: World) -> None:
    world.start("source")
    await world.emit(range(1, 4), keys=4, indication=lambda key, number: "killer" if (key, number) == (1, 2) else "IND-TRD")
    deaths = 0
    while await world.ask("SELECT count(*) FROM kit.dead_letters") == 0:
        process = world.start("applier")
        dead = await _death_or_letter(world, process)
        deaths += dead
        assert deaths <= 9, (
            "two stalls and three strikes, and a start each that brought the killer to no poll: it is never isolated"
        )
        if not dead:
            break
    await world.until("SELECT count(*) FROM applied", lambda found: found == 10)
    assert deaths >= 2


async def test_sigterm_under_load_drains_commits_and_leaves_within_10_seconds(world: World) -> None:
    source, applier = world.start("source"), world.start("applier")
    await world.emit(range(1, 101))
    await world.applied(200)
    for process in (applier, source):
        process.send(signal.SIGTERM)
    assert [await applier.ended(within=10), await source.ended(within=10)] == [0, 0]
    world.start("source")
    world.start("applier")
    await world.applied(2000)
    await world.answered()
    found = await world.account()
    assert found.clean, found


async def _death_or_letter(world: World, process: Any) -> bool:
    import asyncio

    async with asyncio.timeout(60):
        while process.popen.poll() is None:
            if await world.ask("SELECT count(*) FROM kit.dead_letters"):
                return False
            await asyncio.sleep(0.05)
    return True


def _headers(event: Any, event_id: Any, type: str = "OrderSigned") -> list[tuple[str, bytes]]:
    return headers_of(
        Envelope(
            id=event_id, type=type, source="intake", time=event.signed_at, subject=str(event.patient_id), correlation_id=event_id
        )
    )


async def _produce(world: World, *records: tuple[list[tuple[str, bytes]], bytes], keys: list[Any] | None = None) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=world.house.kafka)
    await producer.start()
    try:
        for number, (headers, value) in enumerate(records):
            key = str(keys[number] if keys else order(1, 1).patient_id).encode()
            await producer.send_and_wait(ORDERS.kafka_name(world.house.prefix), value=value, key=key, headers=headers)
    finally:
        await producer.stop()


async def _metrics(url: str) -> str:
    import httpx2

    async with httpx2.AsyncClient() as client:
        return (await client.get(f"{url}/metrics")).text
