"""What the runtime costs: raw Kafka beside the durable pipeline, in one run.

`--json` prints one object: `raw_p50_ms raw_p99_ms` (a record to Kafka and back, same rate, no store), `applied_p50_ms
applied_p95_ms applied_p99_ms` (outbox row written to applied by the next service), `batch_events_per_s single_events_per_s`
(inbox, state and one outbox row each), and the ratios `applied_to_raw_p99` (applied p99 over raw p99) and `batch_to_single`.
"""

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from contextlib import AsyncExitStack
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from prometheus_client import CollectorRegistry
from rich.console import Console
from rich.table import Table

from benchmarks.house import House
from benchmarks.probe import APPLIED, applier, order, source
from kit import clock
from kit.cloudevents import headers_of
from kit.memory import collect_rarely
from kit.service import Running, Service
from schemas.event import Envelope
from schemas.intake.orders import ORDERS


def percentile(values: list[float], share: float) -> float:
    """The value below which this share of the values lies."""
    return statistics.quantiles(values, n=1000, method="inclusive")[round(share * 1000) - 1]


async def raw_round_trip(house: House, seconds: float, rate: int) -> list[float]:
    """Milliseconds from `send` to the consumer's hand, without any of our own code in between."""
    name = await house.topic("raw", 3)
    producer = AIOKafkaProducer(bootstrap_servers=house.kafka, enable_idempotence=True, linger_ms=1)
    consumer = AIOKafkaConsumer(bootstrap_servers=house.kafka, fetch_max_wait_ms=20)
    await producer.start()
    await consumer.start()
    try:
        consumer.assign([TopicPartition(name, number) for number in range(3)])
        await consumer.seek_to_end()
        count = int(seconds * rate)
        found: list[float] = []

        async def read() -> None:
            while len(found) < count:
                for records in (await consumer.getmany(timeout_ms=500)).values():
                    now = time.perf_counter()
                    found.extend((now - float(record.value or b"")) * 1000 for record in records)

        reading = asyncio.create_task(read())
        for number in range(count):
            await producer.send(name, value=repr(time.perf_counter()).encode().ljust(600), key=str(number % 50).encode())
            await asyncio.sleep(1 / rate)
        await asyncio.wait_for(reading, 30)
        return found[len(found) // 5 :]
    finally:
        await producer.stop()
        await consumer.stop()


async def applied(house: House, seconds: float, rate: int) -> list[float]:
    """Milliseconds from the source's outbox row to the applier's committed state, two services in this process."""
    async with AsyncExitStack() as stack:
        saying = await _run(stack, house, source(), "latency-source")
        taking = await _run(stack, house, applier("single"), "latency-applier", APPLIED)
        count = int(seconds * rate)
        for number in range(count):
            async with saying.store.transaction() as tx:
                tx.emit(order(number % 50, number // 50 + 1))
            await asyncio.sleep(1 / rate)
        await _until_applied(taking, count, 60)
        written = {
            row["event_id"]: row["written_at"]
            for row in await saying.store.pool.fetch("SELECT event_id, written_at FROM kit.outbox")
        }
        rows = await taking.store.pool.fetch("SELECT event_id, at FROM applied ORDER BY place")
        waits = [(row["at"] - written[row["event_id"]]).total_seconds() * 1000 for row in rows]
        return waits[len(waits) // 5 :]


async def throughput(house: House, mode: str, count: int) -> float:
    """Durable events a second of one consumer, over records that lie ready on the topic."""
    async with AsyncExitStack() as stack:
        prefix = f"{house.prefix}{mode}"
        await house.make_topics(prefix)
        producer = AIOKafkaProducer(bootstrap_servers=house.kafka, linger_ms=5, max_batch_size=65536)
        await producer.start()
        acks = []
        for number in range(count):
            event = order(number % 200, number // 200 + 1)
            envelope = Envelope(
                id=clock.new_id(), type="OrderSigned", source="intake", time=event.signed_at, subject=str(event.patient_id),
                correlation_id=event.order_id, sequence=event.infusions,
            )  # fmt: skip
            value, key = event.model_dump_json().encode(), envelope.subject.encode()
            acks.append(await producer.send(ORDERS.kafka_name(prefix), value=value, key=key, headers=headers_of(envelope)))
        await asyncio.gather(*acks)
        await producer.stop()
        taking = await _run(stack, house, applier(mode), f"throughput-{mode}", APPLIED, prefix=prefix)
        await _until_applied(taking, count, 300)
        took = await taking.store.pool.fetchval("SELECT extract(epoch FROM max(at) - min(at)) FROM applied")
        return count / float(took)


async def _run(stack: AsyncExitStack, house: House, service: Service, database: str, ddl: str = "", prefix: str = "") -> Running:
    dsn = await house.database(database)
    settings = service.settings(**house.settings(dsn, prefix or house.prefix))
    running = Running(service, settings, clock.ordinary_clock(), CollectorRegistry())
    await running.open()
    if ddl:
        await running.store.pool.execute(ddl)
    stop = asyncio.Event()
    task = asyncio.create_task(running.run(stop))

    async def end() -> None:
        stop.set()
        await task
        await running.close()

    stack.push_async_callback(end)
    return running


async def _until_applied(running: Running, count: int, within: float) -> None:
    async with asyncio.timeout(within):
        while await running.store.pool.fetchval("SELECT coalesce(max(place), 0) FROM applied") < count:
            await asyncio.sleep(0.05)


async def measure(*, quick: bool) -> dict[str, float]:
    """All figures, in one run on one broker and one store. The collector works as in a service's own process."""
    collect_rarely()
    with tempfile.TemporaryDirectory() as folder:
        async with House.open(folder) as house:
            raw = await raw_round_trip(house, 5 if quick else 20, 200)
            await house.make_topics(house.prefix)
            waits = await applied(house, 5 if quick else 20, 200)
            in_batches = await throughput(house, "batch", 20_000 if quick else 100_000)
            one_by_one = await throughput(house, "single", 4_000 if quick else 20_000)
    figures = {
        "raw_p50_ms": percentile(raw, 0.5),
        "raw_p99_ms": percentile(raw, 0.99),
        "applied_p50_ms": percentile(waits, 0.5),
        "applied_p95_ms": percentile(waits, 0.95),
        "applied_p99_ms": percentile(waits, 0.99),
        "batch_events_per_s": in_batches,
        "single_events_per_s": one_by_one,
    }
    figures["applied_to_raw_p99"] = figures["applied_p99_ms"] / figures["raw_p99_ms"]
    figures["batch_to_single"] = in_batches / one_by_one
    return {name: round(value, 2) for name, value in figures.items()}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="under a minute, with wider error")
    parser.add_argument("--json", action="store_true", help="end with one line, an object")
    chosen = parser.parse_args()
    figures: dict[str, Any] = asyncio.run(measure(quick=chosen.quick))
    if chosen.json:
        print(json.dumps(figures))
        return
    table = Table("figure", "measured", title="the durable pipeline beside raw Kafka")
    for name, value in figures.items():
        table.add_row(name, f"{value:,}")
    Console().print(table)


if __name__ == "__main__":
    main()
