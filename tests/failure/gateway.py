"""A gateway: a device's readings once a second of the clinic's clock, sent until they are acked, by HTTP or on the topic."""

import asyncio
import contextlib
import math
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

import httpx2
from aiokafka import AIOKafkaProducer

from kit.cloudevents import headers_of
from kit.errors import AWAY
from schemas.event import Envelope
from schemas.monitoring.vitals import VITALS, Measurement, VitalsMeasured
from tests.failure.ward import Clinic

EVERY_S = 0.1
MOST = 100
"""Readings in one request or batch: fewer than trends knows again, when they are sent twice."""
LOW, NORMAL = 89.0, 97.0
UNITS = {"59408-5": "%", "8867-4": "/min", "8480-6": "mm[Hg]", "8462-4": "mm[Hg]"}
AGAIN = {httpx2.codes.SERVICE_UNAVAILABLE, httpx2.codes.INTERNAL_SERVER_ERROR}


@dataclass
class Device:
    """Measures one patient, whose saturation falls for `low`, [from, until) in seconds of the clinic's clock."""

    clinic: Clinic
    device_id: str
    session_id: UUID
    chair: int
    way: str
    low: tuple[float, float] = (math.inf, math.inf)
    waiting: list[tuple[float, dict[str, float]]] = field(default_factory=list)
    acked: int = 0
    tries: int = 0
    over: bool = False

    async def run(self) -> None:
        """Measure and send, until it is over and everything is acked."""
        producer = AIOKafkaProducer(bootstrap_servers=self.clinic.house.kafka, enable_idempotence=True)
        client = httpx2.AsyncClient(base_url=self.clinic.urls["monitoring"], timeout=2, trust_env=False)
        await producer.start()
        at = float(math.ceil(self.clinic.clock.now().timestamp()))
        try:
            while not self.over or self.waiting:
                now = self.clinic.clock.now().timestamp()
                while at <= now and not self.over:
                    saturation = LOW if self.low[0] <= at < self.low[1] else NORMAL
                    self.waiting.append((at, {"59408-5": saturation, "8867-4": 70.0}))
                    at += 1
                batch = self.waiting[:MOST]
                if batch and await (self._post(client, batch) if self.way == "http" else self.produce(producer, batch)):
                    self.acked += len(batch)
                    del self.waiting[: len(batch)]
                await asyncio.sleep(EVERY_S)
        finally:
            await client.aclose()
            await producer.stop()

    async def press(self, at: float, systolic: float, diastolic: float) -> None:
        """A cuff measures at an instant; returns once the reading is acked."""
        await asyncio.sleep(self.clinic.clock.seconds_until(datetime.fromtimestamp(at, UTC)))
        reading = (at, {"8480-6": systolic, "8462-4": diastolic})
        self.waiting.append(reading)
        while reading in self.waiting:
            await asyncio.sleep(0.01)

    async def _post(self, client: httpx2.AsyncClient, batch: list[tuple[float, dict[str, float]]]) -> bool:
        readings = [
            {
                "measured_at": datetime.fromtimestamp(at, UTC).isoformat(),
                "method": "cuff",
                "simulated": True,
                "measurements": [measurement.model_dump() for measurement in _measured(values)],
            }
            for at, values in batch
        ]
        self.tries += 1
        with contextlib.suppress(httpx2.HTTPError):
            answer = await client.post(
                f"/devices/{self.device_id}/vitals",
                json={"readings": readings},
                headers={"Authorization": f"Bearer {self.clinic.token}"},
            )
            assert answer.status_code == httpx2.codes.ACCEPTED or answer.status_code in AGAIN, answer.text
            return answer.status_code == httpx2.codes.ACCEPTED
        return False

    async def produce(self, producer: AIOKafkaProducer, batch: list[tuple[float, dict[str, float]]]) -> bool:
        """Say readings on the topic, each under the same id however often it is sent. Returns whether they are acked."""
        self.tries += 1
        now = self.clinic.clock.now()
        name, key = VITALS.kafka_name(self.clinic.prefix), str(self.session_id)
        with contextlib.suppress(*AWAY):
            acks: list[Any] = []
            for at, values in batch:
                event = VitalsMeasured(
                    device_id=self.device_id,
                    session_id=self.session_id,
                    chair=self.chair,
                    measured_at=datetime.fromtimestamp(at, UTC),
                    received_at=now,
                    measurements=_measured(values),
                    method="cuff",
                    simulated=True,
                )
                said = uuid5(self.session_id, f"{at} {sorted(values)}")
                about = Envelope(id=said, type="VitalsMeasured", source="monitoring", time=now, subject=key, correlation_id=said)
                value, headers = event.model_dump_json().encode(), headers_of(about)
                acks.append(await producer.send(name, value=value, key=key.encode(), headers=headers))
            await asyncio.gather(*acks)
            return True
        return False


def _measured(values: dict[str, float]) -> tuple[Measurement, ...]:
    return tuple(Measurement(code=code, value=value, unit=UNITS[code]) for code, value in values.items())
