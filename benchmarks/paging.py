"""Paging: from an alarm on its topic to its page in the provider's hand, at 10 and 50 a second, in a flood, over a kill.

Notifications runs as a real process on a real Kafka and PostgreSQL (those named by TEST_KAFKA and TEST_PG, else embedded ones);
this process puts AlarmRaised on `alarms` (acks=all), one session each, and is the provider that takes the signed webhooks. First
real alarms fill the store with open pages; their next steps are then put off by SQL, so that only what is measured happens.
`--json` ends with one object:

- `seeded_pages seeded_per_s`: open pages in the store, and how many a second were opened and handed over;
- `rate_10_p50_ms rate_10_p95_ms rate_10_p99_ms`, `rate_50_...`: from just before an alarm is produced until its first page is
  wholly in the provider's hand; `handover_p99_ms` is that at the highest rate;
- `bare_p50_ms bare_p95_ms bare_p99_ms`: the peer at the highest rate: a consumer that POSTs each alarm at once, with no store;
  `ratio` is `handover_p99_ms` to `bare_p99_ms`;
- `high_in_flood_ms`: a high alarm said last in a flood of `flood_size` advisories, of which `flood_medium` page, too: the slowest
  of `floods`; `flood_drained_s` until all of it were told; `advisories_paged`, of low priority, which never page: 0;
- `recovery_s`: from kill -9 of notifications in the middle of the highest rate until the next page is handed over, its start
  included;
- `timers_spread_p50_ms timers_spread_p95_ms timers_spread_p99_ms`: from due to fired, of `timers_spread` next steps, due one
  after the other at `timers_spread_per_s`; `timers_burst_...`: all due in one instant. Each is a real step: people are told;
- `lost`: alarms that should page and were never handed over; `doubled`: a telling under two idempotency keys; `unknown_repeats`:
  one key again, its answer lost with the process that waited for it; `forged`: not signed as they should be; over the whole run.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from rich.console import Console
from rich.table import Table

from benchmarks.desk import SECRET, Desk, alarm, until
from benchmarks.house import House
from benchmarks.pager import Pager
from benchmarks.pipeline import percentile
from kit.clock import wall
from kit.webhooks import signature
from schemas.monitoring.alarms import ALARMS, AlarmRaised, Priority

FIRED = """
CREATE SCHEMA IF NOT EXISTS bench;
CREATE TABLE IF NOT EXISTS bench.fired (key text, due_at timestamptz, at timestamptz);
CREATE OR REPLACE FUNCTION bench.note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN INSERT INTO bench.fired VALUES (OLD.key, OLD.due_at, clock_timestamp()); RETURN NULL; END $$;
CREATE OR REPLACE TRIGGER fired AFTER DELETE ON kit.timers FOR EACH ROW EXECUTE FUNCTION bench.note();
"""


def spoken(waits: list[float], name: str) -> dict[str, Any]:
    """Three percentiles; None where nothing came."""
    return {f"{name}_p{share}_ms": round(percentile(waits, share / 100), 1) if len(waits) > 1 else None for share in (50, 95, 99)}


async def seed(desk: Desk, count: int) -> dict[str, Any]:
    """Fill the store with open pages."""
    begun = time.perf_counter()
    for first in range(0, count, 500):
        await desk.send_all(alarm(number, "medium") for number in range(first, min(first + 500, count)))
    seeding = asyncio.create_task(desk.quiet())
    while not seeding.done():
        await desk.put_off()
        await asyncio.wait([seeding], timeout=2)
    await seeding
    await desk.put_off()
    return {"seeded_pages": count, "seeded_per_s": round(count / (time.perf_counter() - begun))}


async def at_rate(desk: Desk, rate: float, seconds: float) -> list[float]:
    """Alarms, half of them high, at an even rate; without the first fifth, while everything warms up."""
    kinds: list[Priority] = ["high", "medium"]
    alarms = [alarm(number, kinds[number % 2]) for number in range(int(rate * seconds))]
    await desk.send_at(rate, alarms)
    await desk.quiet()
    await desk.put_off()
    return await desk.waits_ms(alarms[len(alarms) // 5 :])


async def bare(house: House, rate: float, seconds: float) -> list[float]:
    """The peer: consume, POST, and nothing else."""
    await house.make_topics(f"{house.prefix}bare")
    name = ALARMS.kafka_name(f"{house.prefix}bare")
    consumer = AIOKafkaConsumer(bootstrap_servers=house.kafka, fetch_max_wait_ms=20)
    await consumer.start()
    sent: dict[str, float] = {}
    async with Pager(SECRET) as pager, httpx2.AsyncClient(trust_env=False) as client, asyncio.TaskGroup() as calls:

        async def post(value: bytes) -> None:
            one, stamp = AlarmRaised.model_validate_json(value), str(int(wall().timestamp()))
            body = json.dumps({"page_id": str(one.alarm_id), "staff_id": "bare", "step": 0}).encode()
            signed = signature(SECRET, str(one.alarm_id), stamp, body)
            stamps = {"Webhook-Id": str(one.alarm_id), "Webhook-Timestamp": stamp, "Webhook-Signature": signed}
            await client.post(pager.url, content=body, headers=stamps)

        async def consume() -> None:
            while True:
                for records in (await consumer.getmany(timeout_ms=500)).values():
                    for record in records:
                        calls.create_task(post(record.value or b""))

        consumer.assign([TopicPartition(name, number) for number in range(ALARMS.partitions)])
        await consumer.seek_to_end()
        consuming = calls.create_task(consume())
        begun, count = time.perf_counter(), int(rate * seconds)
        async with AIOKafkaProducer(bootstrap_servers=house.kafka, enable_idempotence=True) as producer:
            for number in range(count):
                await asyncio.sleep(max(0.0, begun + number / rate - time.perf_counter()))
                one = alarm(number, "high")
                sent[str(one.alarm_id)] = time.perf_counter()
                await producer.send(name, value=one.model_dump_json().encode(), key=str(one.session_id).encode())

            async def came() -> bool:
                return len(pager.calls) >= count

            await until("the bare path is done", came)
        consuming.cancel()
    await consumer.stop()
    waits = [(call.at - sent[call.page_id]) * 1000 for call in pager.calls]
    return waits[len(waits) // 5 :]


async def timers(desk: Desk, most: int, per_s: float) -> dict[str, Any]:
    """The next steps of so many open pages, due one after the other, then all due at once."""
    await desk.db.execute(FIRED)
    figures: dict[str, Any] = {}
    for name, spread in (("spread", 1 / per_s), ("burst", 0.0)):
        await desk.db.execute("TRUNCATE bench.fired")
        begin = wall() + timedelta(seconds=2)
        moved = await desk.db.execute(
            "UPDATE kit.timers t SET due_at = $1::timestamptz + $2 * n.n * interval '1 second' FROM "
            "(SELECT name, key, row_number() OVER (ORDER BY key) AS n FROM kit.timers LIMIT $3) n "
            "WHERE t.name = n.name AND t.key = n.key",
            begin,
            spread,
            most,
        )
        await desk.db.execute("NOTIFY kit_timers")
        count = int(moved.split()[1])

        async def fired(count: int = count, last: datetime = begin + timedelta(seconds=spread * count)) -> bool:
            await desk.put_off(after=last)
            return bool(await desk.db.fetchval("SELECT count(*) FROM bench.fired") >= count)

        await until("every timer fired", fired, every=0.5)
        rows = await desk.db.fetch("SELECT extract(epoch FROM at - due_at) * 1000 AS late, at FROM bench.fired")
        figures |= spoken([float(row["late"]) for row in rows], f"timers_{name}")
        took = (max(row["at"] for row in rows) - begin).total_seconds()
        figures |= {f"timers_{name}": count, f"timers_{name}_per_s": round(count / took)}
        await desk.quiet()
        await desk.put_off()
    return figures


async def flood(desk: Desk, size: int, medium: float, floods: int) -> dict[str, Any]:
    """One high alarm said last."""
    waits: list[float] = []
    advisories: list[AlarmRaised] = []
    drained, count = 0.0, round(size * medium)
    every = max(1, round(size / count)) if count else size + 1
    for _ in range(floods):
        advisories = [alarm(number, "medium" if number % every == 0 else "low") for number in range(size)]
        high = alarm(0, "high")
        await desk.send_all([*advisories, high])
        begun = time.perf_counter()
        await desk.quiet()
        drained = time.perf_counter() - begun
        await desk.put_off()
        waits += await desk.waits_ms([high])
    low = {one.alarm_id for one in advisories if one.priority == "low"}
    return {
        "high_in_flood_ms": round(max(waits), 1) if len(waits) == floods else None,
        "floods": floods,
        "flood_size": size,
        "flood_medium": sum(one.priority == "medium" for one in advisories),
        "flood_drained_s": round(drained, 1),
        "advisories_paged": len(low & set(await desk.pages())),
    }


async def recovery(desk: Desk, rate: float, seconds: float) -> dict[str, Any]:
    """kill -9 in the middle, and a new start at once, as a supervisor does."""
    kinds: list[Priority] = ["high", "medium"]
    alarms = [alarm(number, kinds[number % 2]) for number in range(int(rate * seconds))]
    sending = asyncio.create_task(desk.send_at(rate, alarms))
    await asyncio.sleep(seconds / 2)
    desk.pager.came.clear()
    await desk.pager.came.wait()
    desk.kill()
    killed = time.perf_counter()
    await asyncio.sleep(0.05)
    desk.pager.came.clear()
    starting = asyncio.create_task(desk.start())
    await asyncio.wait_for(desk.pager.came.wait(), 60)
    took = time.perf_counter() - killed
    await asyncio.gather(sending, starting)
    await desk.quiet()
    await desk.put_off()
    return {"recovery_s": round(took, 2)}


@dataclass(frozen=True)
class Plan:
    """How much of each."""

    seconds: float = 20.0
    rates: tuple[float, ...] = (10.0, 50.0)
    pages: int = 10_000
    timers_per_s: float = 100.0
    flood: int = 5_000
    medium: float = 0.5
    floods: int = 3


async def measure(chosen: Plan) -> dict[str, Any]:
    """All figures, in one run."""
    figures: dict[str, Any] = {}

    def tell(found: dict[str, Any]) -> None:
        print(json.dumps(found), file=sys.stderr, flush=True)
        figures.update(found)

    with tempfile.TemporaryDirectory() as folder:
        async with House.open(folder) as house, Desk.open(house, Path(folder)) as desk:
            tell(await seed(desk, chosen.pages))
            for rate in chosen.rates:
                tell(spoken(await at_rate(desk, rate, chosen.seconds), f"rate_{rate:g}"))
            highest = max(chosen.rates)
            tell({"handover_p99_ms": figures[f"rate_{highest:g}_p99_ms"]})
            waits = await bare(house, highest, chosen.seconds)
            tell(spoken(waits, "bare"))
            tell({"ratio": round(figures["handover_p99_ms"] / figures["bare_p99_ms"], 2)})
            tell(await flood(desk, chosen.flood, chosen.medium, chosen.floods))
            tell(await recovery(desk, highest, chosen.seconds))
            tell(await timers(desk, chosen.pages, chosen.timers_per_s))
            pages, first = await desk.pages(), desk.pager.first_by_page()
            lost = sum(not any(page in first for page in pages.get(alarm_id, ())) for alarm_id in desk.published)
            twice = sum(len(found) - 1 for found in pages.values())
            tell({"lost": lost, "doubled": desk.pager.doubled() + twice})
            tell({"unknown_repeats": desk.pager.unknown_repeats(), "forged": desk.pager.forged})
    return figures


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="end with one line, an object")
    plan = Plan()
    parser.add_argument("--seconds", type=float, default=plan.seconds, help="length of each run at a rate")
    parser.add_argument("--rates", type=float, nargs="+", default=plan.rates, help="alarms a second")
    parser.add_argument("--pages", type=int, default=plan.pages, help="open pages in the store, and timers")
    parser.add_argument("--timers-per-s", type=float, default=plan.timers_per_s, help="how fast the spread timers come due")
    parser.add_argument("--flood", type=int, default=plan.flood, help="advisories in a flood")
    parser.add_argument("--medium", type=float, default=plan.medium, help="share of them that page")
    parser.add_argument("--floods", type=int, default=plan.floods)
    chosen = parser.parse_args()
    given = {name: value for name, value in vars(chosen).items() if name != "json"}
    figures = asyncio.run(measure(Plan(**given | {"rates": tuple(chosen.rates)})))
    if chosen.json:
        print(json.dumps(figures))
        return
    table = Table("figure", "measured", title="paging")
    for name, value in figures.items():
        table.add_row(name, f"{value:,}" if isinstance(value, int | float) else str(value))
    Console().print(table)


if __name__ == "__main__":
    main()
