"""An urgent event in a flood: handled before the flood, never before earlier events of its key, and once."""

import asyncio
from pathlib import Path

from aiokafka import AIOKafkaProducer

from benchmarks.probe import APPLIED, INSERT, order
from kit import clock
from kit.backlog import SHORT
from kit.cloudevents import headers_of
from kit.db import Tx
from kit.errors import Rejected
from kit.service import Service
from kit.settings import Settings
from schemas.event import Envelope
from schemas.intake.orders import ORDERS, OrderSigned
from tests.integration.kit.stages import stage

FLOOD = 300
KEYS = 100
URGENT = order(KEYS - 1, FLOOD // KEYS + 1, indication="urgent")


class Ward:
    """Notes each order; the first of all is held up until the whole flood was said."""

    def __init__(self) -> None:
        self.begun, self.let_go = asyncio.Event(), asyncio.Event()
        self.handled: list[tuple[str, int]] = []
        self.fail_urgent = False

    async def note(self, event: OrderSigned, tx: Tx) -> None:
        self.begun.set()
        await self.let_go.wait()
        if event.indication == "urgent" and self.fail_urgent:
            self.fail_urgent = False
            raise Rejected("not now")
        assert tx.cause is not None
        await tx.db.execute(INSERT, [tx.cause.id], [event.patient_id], [event.infusions], [clock.wall()])

    def service(self) -> Service:
        urgent = {OrderSigned: lambda event: event.indication == "urgent"}
        return Service(name="scheduling", settings=Settings, consumes={ORDERS: {OrderSigned: self.note}}, urgent=urgent)


async def say(producer: AIOKafkaProducer, prefix: str, event: OrderSigned) -> None:
    envelope = Envelope(
        id=clock.new_id(), type="OrderSigned", source="intake", time=event.signed_at, subject=str(event.patient_id),
        correlation_id=event.order_id, sequence=event.infusions,
    )  # fmt: skip
    value, key = event.model_dump_json().encode(), envelope.subject.encode()
    await producer.send(ORDERS.kafka_name(prefix), value=value, key=key, headers=headers_of(envelope))


async def flooded(ward: Ward, kafka: str, database: str, prefix: str, folder: Path) -> dict[str, float]:
    """One held up, then a flood over many keys, its last order urgent. Returns what was counted of the topic."""
    async with stage(ward.service(), kafka, database, prefix, folder) as there:
        pool = there.running["scheduling"].store.pool
        await pool.execute(APPLIED)
        async with AIOKafkaProducer(bootstrap_servers=kafka) as producer:
            await say(producer, prefix, order(KEYS, 1))
            await producer.flush()
            await asyncio.wait_for(ward.begun.wait(), 30)
            for number in range(FLOOD):
                await say(producer, prefix, order(number % KEYS, number // KEYS + 1))
            await say(producer, prefix, URGENT)
            await producer.flush()
        ward.let_go.set()
        await there.settle()
        ward.handled = [
            (str(row["key"]), row["number"]) for row in await pool.fetch("SELECT key, number FROM applied ORDER BY place")
        ]
        samples = [sample for metric in there.running["scheduling"].registry.collect() for sample in metric.samples]
        return {sample.name: sample.value for sample in samples if sample.labels.get("topic") == "orders"}


def place_of(ward: Ward, event: OrderSigned) -> int:
    return ward.handled.index((str(event.patient_id), event.infusions))


async def test_an_urgent_event_is_handled_before_a_flood_behind_those_of_its_key_and_once(
    kafka: str, database: str, prefix: str, tmp_path: Path
) -> None:
    ward = Ward()
    counted = await flooded(ward, kafka, database, prefix, tmp_path)
    assert place_of(ward, URGENT) < 1 + 3 * SHORT
    assert sorted(ward.handled) == sorted(set(ward.handled)), "each is handled once"
    assert len(ward.handled) == FLOOD + 2
    by_key: dict[str, list[int]] = {}
    for key, number in ward.handled:
        by_key.setdefault(key, []).append(number)
    assert all(numbers == sorted(numbers) for numbers in by_key.values())
    counts = ("events_duplicate", "sequence_gaps", "sequence_steps_back", "dead_letters")
    again = {name: counted.get(f"chairside_{name}_total", 0) for name in counts}
    assert max(again.values()) <= 1, (
        f"but for the one held up, which the group may bring again, none comes as a duplicate: {again}"
    )


async def test_an_urgent_event_that_cannot_go_first_is_handled_in_its_turn(
    kafka: str, database: str, prefix: str, tmp_path: Path
) -> None:
    ward = Ward()
    ward.fail_urgent = True
    await flooded(ward, kafka, database, prefix, tmp_path)
    assert place_of(ward, URGENT) > 1 + 3 * SHORT
    assert len(ward.handled) == len(set(ward.handled)) == FLOOD + 2
