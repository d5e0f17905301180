"""Monitor: one patient's bedside monitor, which samples a body or plays a recording and sends what it read to the clinic."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from chairside.replay.recording import Recording
from chairside.simulator.body import Body, Course, reading
from chairside.simulator.door import Door, Who
from chairside.simulator.habits import CuffReading, Habits, next_cuff
from chairside.simulator.presets import Vital
from chairside.simulator.signs import sent
from kit.clock import RunningClock

STEADY: tuple[Vital, ...] = ("heart_rate", "spo2", "respirations")
MOST_AT_ONCE = 400


@dataclass
class Monitor:
    """Everything it sends is simulated, but what it plays from a recording."""

    device_id: str
    door: Door
    clock: RunningClock
    habits: Habits
    body: Body
    course: Course
    random: Random
    recording: Recording | None = None
    speed: float = 1.0
    """Recorded seconds per second of the clinic."""
    percent: float = 0.0
    """The rate at which the infusion runs, of the ordered one."""
    baseline: tuple[float, float] | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    infused: float = 0.0
    """Minutes at the full rate that the drug so far amounts to."""
    cuffs: list[CuffReading] = field(default_factory=list)
    accepted: int = 0
    """Readings that the clinic took."""
    played: int = 0
    """Seconds of the recording that were sent."""
    _epoch: datetime | None = None
    _off: bool = False
    _sending: asyncio.Lock = field(default_factory=asyncio.Lock)
    _waiting: list[asyncio.Future[tuple[float, float]]] = field(default_factory=list)

    async def run(self) -> None:
        """Sample and send until cancelled."""
        self._epoch = at = self.clock.now()
        while True:
            await asyncio.sleep(self.habits.device.send_seconds / self.clock.rate)
            now = self.clock.now()
            batch: list[dict[str, Any]] = []
            done: list[tuple[asyncio.Future[tuple[float, float]], tuple[float, float]]] = []
            while (later := at + timedelta(seconds=self._step())) <= now:
                self._advance((later - at).total_seconds() / 60)
                at = later
                batch += self._sample(at, done)
            for first in range(0, len(batch), MOST_AT_ONCE):
                await self._send(batch[first : first + MOST_AT_ONCE])
            for waiting, pressure in done:
                if not waiting.done():
                    waiting.set_result(pressure)

    async def pressure(self) -> tuple[float, float]:
        """Take a blood pressure now; returns once the clinic has it."""
        waiting: asyncio.Future[tuple[float, float]] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiting)
        return await waiting

    def begin(self, at: datetime) -> None:
        """The infusion runs from now on."""
        self.started_at, self.percent = at, 100.0
        self.cuffs.clear()

    def finish(self, at: datetime) -> None:
        """The infusion is over."""
        self.ended_at, self.percent = at, 0.0

    async def off(self) -> None:
        """Take it off the patient; once this returns nothing more is sent."""
        async with self._sending:
            self._off = True

    def minute(self, at: datetime) -> float:
        """Minutes since the monitor was switched on."""
        return (at - (self._epoch or at)).total_seconds() / 60

    @property
    def playing(self) -> bool:
        """The recording has more to play."""
        return self.recording is not None and self.started_at is not None and self.played < len(self.recording.seconds)

    def _step(self) -> float:
        return 1.0 / self.speed if self.playing else self.habits.device.sample_seconds

    def _advance(self, minutes: float) -> None:
        if self.started_at is not None:
            self.course.run(minutes, self.percent)
            self.infused += minutes * self.percent / 100

    def _sample(
        self, at: datetime, done: list[tuple[asyncio.Future[tuple[float, float]], tuple[float, float]]]
    ) -> list[dict[str, Any]]:
        if self.playing:
            return self._played(at)
        values: dict[str, float | None] = {vital: reading(self.body, self.course, vital, self.random) for vital in STEADY}
        found = [sent(at, "continuous", values, simulated=True)]
        if self._waiting or self._due(at):
            pressure = self._cuff(at)
            mean = round(pressure[1] + (pressure[0] - pressure[1]) / 3)
            found.append(sent(at, "cuff", {"systolic": pressure[0], "diastolic": pressure[1], "mean": mean}, simulated=True))
            done += [(waiting, pressure) for waiting in self._waiting]
            self._waiting = []
        return found

    def _due(self, at: datetime) -> bool:
        if self.started_at is None:
            return False
        ended = self.minute(self.ended_at) if self.ended_at else None
        return self.minute(at) >= next_cuff(self.habits, self.cuffs, self.baseline, self.minute(self.started_at), ended)

    def _cuff(self, at: datetime) -> tuple[float, float]:
        systolic = reading(self.body, self.course, "systolic", self.random) or 0.0
        diastolic = min(reading(self.body, self.course, "diastolic", self.random) or 0.0, systolic - 10)
        self.cuffs.append(CuffReading(self.minute(at), systolic, diastolic))
        return systolic, diastolic

    def _played(self, at: datetime) -> list[dict[str, Any]]:
        assert self.recording is not None
        second = self.recording.seconds[self.played]
        self.played += 1
        named = {
            "systolic": second.systolic,
            "diastolic": second.diastolic,
            "mean": second.mean,
            "heart_rate": second.heart_rate,
            "pulse_rate": second.pulse_rate,
            "respirations": second.respirations,
        }
        values = {name: round(value, 1) for name, value in named.items() if value is not None}
        return [sent(at, "continuous", values, simulated=False)] if values else []

    async def _send(self, batch: list[dict[str, Any]]) -> None:
        async with self._sending:
            if self._off:
                return
            path = f"/devices/{self.device_id}/vitals"
            answer = await self.door.ask(Who("device", self.device_id), "monitoring", "POST", path, {"readings": batch})
            self.accepted += int(answer["accepted"])
