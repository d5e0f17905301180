"""The trends process on a real broker: what is produced for it, and what a supervisor does for it."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from aiokafka import AIOKafkaProducer

from benchmarks.house import free_port
from kit.cloudevents import headers_of
from kit.testing import said
from schemas.event import Envelope, Event
from schemas.topic import Topic
from schemas.trends.trends import TRENDS, TrendComputed

REPOSITORY = Path(__file__).parents[3]
STOOD_STILL = 75


async def produce(
    kafka: str, prefix: str, facts: Iterable[tuple[Topic, Envelope, Event]], garbage: tuple[Topic, str] | None = None
) -> None:
    """Put facts on their topics in this order, and one record that nobody can read."""
    producer = AIOKafkaProducer(bootstrap_servers=kafka)
    await producer.start()
    sent = []
    for topic, envelope, event in facts:
        value = event.model_dump_json().encode()
        name, key = topic.kafka_name(prefix), envelope.subject.encode()
        sent.append(await producer.send(name, value=value, key=key, headers=headers_of(envelope)))
    await asyncio.gather(*sent)
    if garbage:
        topic, key_text = garbage
        name = topic.kafka_name(prefix)
        await producer.send_and_wait(name, value=b"\xff garbage", key=key_text.encode(), headers=[("ce_type", b"VitalsMeasured")])
    await producer.stop()


def environment(kafka: str, prefix: str) -> dict[str, str]:
    return {**os.environ, "CHAIRSIDE_KAFKA": kafka, "CHAIRSIDE_PREFIX": prefix, "CHAIRSIDE_JWKS": os.devnull}


class Trends:
    """The process, and what a supervisor does for it: one that says it stood still is started again."""

    def __init__(self, kafka: str, prefix: str, log: Path) -> None:
        self.kafka, self.prefix, self.log = kafka, prefix, log
        self.start()

    def start(self) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "services.trends"],
                cwd=REPOSITORY,
                env=environment(self.kafka, self.prefix) | {"CHAIRSIDE_PORT": str(port)},
                stdout=out,
                stderr=out,
            )

    async def end(self, sign: signal.Signals) -> int:
        self.process.send_signal(sign)
        return await asyncio.to_thread(self.process.wait, 10)

    async def until_said(self, at_least: datetime) -> list[TrendComputed]:
        """Wait until a trend of that instant is said."""
        found: list[TrendComputed] = []
        try:
            async with asyncio.timeout(120):
                while not found or max(trend.computed_at for trend in found) < at_least:
                    if self.process.poll() == STOOD_STILL:
                        self.start()
                    found = [
                        event for _, event in await said(self.kafka, self.prefix, TRENDS) if isinstance(event, TrendComputed)
                    ]
                    await asyncio.sleep(0.1)
        except TimeoutError:
            raise AssertionError(f"{found[-1:]} {self.process.poll()}\n{self.log.read_text()[-3000:]}") from None
        return found
