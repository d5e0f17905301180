"""Bedside: what a nurse does at a chair, from the first readings to the ride home."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, get_args

from chairside.simulator.door import Door, Refusal, Who
from chairside.simulator.habits import GENTLE_FIRST, Habits, Move, quiet
from chairside.simulator.monitor import Monitor
from chairside.simulator.pharmacy import Cabinet
from chairside.simulator.rounds import Rounds
from chairside.simulator.staff import Roster
from kit.clock import RunningClock
from schemas.monitoring.alarms import Priority

LOOK_EVERY_S = 6.0
PATIENCE = timedelta(minutes=6)
"""How long a nurse waits for an answer to a page before she answers the alarm at the bedside (D)."""
EASED = timedelta(minutes=2)
"""How long nothing must be wrong before an infusion paused for something else than pressure goes on (D)."""
URGENCY: tuple[Priority, ...] = get_args(Priority)
PRESSURES = ("A1", "A2", "A3", "A4")


class NotTreated(Exception):
    """There is no infusion today, and why."""


@dataclass
class Bedside:
    """A nurse and one chair."""

    door: Door
    people: Roster
    clock: RunningClock
    habits: Habits
    monitor: Monitor
    cabinet: Cabinet
    rounds: Rounds
    session_id: str
    chair: int
    duration: float
    """Of the infusion as ordered, in minutes."""
    dose_mg: float
    moves: list[str] = field(default_factory=list)
    _paused: list[datetime] = field(default_factory=list)
    _slowed_at: datetime | None = None
    _for_pressure: bool = False
    _held_back: bool = False
    """After a pause for pressure the infusion goes on in part only: clinical 4.4."""
    _seen: dict[str, datetime] = field(default_factory=dict)
    _eased_since: datetime | None = None

    @property
    def nurse(self) -> Who:
        """Who has the chair."""
        return self.people.nurse_of(self.chair).who

    async def prepare(self) -> None:
        """Two seated readings, the checklist, the start gate; a rest and again where the gate asks. Raises NotTreated."""
        start = self.habits.start
        readings = [await self.monitor.pressure()]
        await self._attest(self.nurse, [{"fact": fact, "met": True} for fact in start.attests])
        for tries_left in range(start.tries - 1, -1, -1):
            first = tries_left == start.tries - 1
            await self.wait(timedelta(minutes=start.apart_minutes if first else start.rest_minutes))
            readings.append(await self.monitor.pressure())
            await self._until_known(readings[-1])
            answer = await self._ask("/gate")
            if answer["outcome"] == "GO":
                self.monitor.baseline = mean(readings[-start.readings :])
                return
            unmet = ", ".join(fact["id"] for fact in answer["facts"] if fact["hard"] and not fact["met"])
            if answer["outcome"] == "CANCEL TODAY" or tries_left == 0:
                raise NotTreated(f"{answer['outcome'].lower()}: {unmet}")
            if tries_left == 1:
                await self._provider_decides()

    async def infuse(self) -> None:
        """Draw up, start, watch, and act on alarms until the dose is in or the infusion is stopped; waste what is left."""
        nurse = self.nurse
        syringe = await self.cabinet.draw(nurse, self.session_id, self.dose_mg)
        for who in (self.nurse, self.people.one("prescriber").who):
            await self._ask("/time-out", who=who)
        await self._move("start")
        self.monitor.begin(self.clock.now())
        while self.monitor.ended_at is None:
            await self.look()
            if self.monitor.percent and self.monitor.infused >= self.duration:
                await self._move("end")
        session = await self.door.ask(nurse, "monitoring", "GET", f"/sessions/{self.session_id}")
        await self.cabinet.account(syringe, session["infusion"]["given_mg"], nurse, self.people.another(nurse))

    async def look(self) -> None:
        """Look at the patient when it is time, and at the alarms of the chair, and act on them."""
        await asyncio.sleep(LOOK_EVERY_S / self.clock.rate)
        now = self.clock.now()
        await self.rounds.go(self.nurse, now, self.monitor.course.level, recovering=self.monitor.ended_at is not None)
        alarms = await self.door.ask(self.nurse, "monitoring", "GET", "/alarms", query={"session_id": self.session_id})
        known = []
        for alarm in alarms:
            since = self._seen.setdefault(alarm["alarm_id"] + alarm["priority"], now)
            if alarm["priority"] == "low" or URGENCY.index(alarm["acknowledged"] or "low") >= URGENCY.index(alarm["priority"]):
                known.append(alarm)
            elif now - since > PATIENCE:
                await self._answer(alarm)
                known.append(alarm)
        if self.monitor.ended_at is None:
            await self._act(known, now)

    async def recover(self) -> None:
        """Wait out the recovery, then attest and ask until the patient may go; then send them home. Raises Refusal."""
        discharge = self.habits.discharge
        ended = self.monitor.ended_at or self.clock.now()
        apart, least = timedelta(minutes=discharge.score_minutes), timedelta(minutes=discharge.recovery_minutes)
        scored_at = ended
        for at in (ended + least - apart, ended + least):
            while self.clock.now() < max(at, scored_at + apart):
                await self.look()
            scored_at = await self._score()
        await self.rounds.last(self.nurse, self.monitor.course.level)
        await self._attest(self.nurse, [{"fact": fact, "met": True} for fact in discharge.attests])
        await self._ask("/rescreen", {"level": "NONE"})
        while True:
            await self.rounds.explain(self.nurse)
            answer = await self._ask("/discharge-gate")
            if answer["ready"]:
                break
            unmet = ", ".join(fact["id"] for fact in answer["facts"] if not fact["met"])
            if self.clock.now() > ended + timedelta(minutes=discharge.longest_minutes):
                raise Refusal(f"still not ready to go home after {discharge.longest_minutes:g} minutes: {unmet}")
            again = self.clock.now() + timedelta(minutes=discharge.again_minutes)
            while self.clock.now() < again:
                await self.look()
            await self.monitor.pressure()
        await self.monitor.off()
        await self._ask("/discharge")

    async def wait(self, span: timedelta) -> None:
        """Let the clinic's time pass."""
        await asyncio.sleep(self.clock.seconds_until(self.clock.now() + span))

    async def _until_known(self, pressure: tuple[float, float]) -> None:
        """Wait until monitoring knows a reading that it accepted: it hears of it by its own topic."""
        for _ in range(100):
            session = await self.door.ask(self.nurse, "monitoring", "GET", f"/sessions/{self.session_id}")
            latest = {vital["code"]: vital["value"] for vital in session["vitals"]}
            if latest.get("8480-6") == pressure[0] and latest.get("8462-4") == pressure[1]:
                return
            await asyncio.sleep(0.1)
        raise Refusal("monitoring accepted a blood pressure and does not know it after 10 s")

    async def _provider_decides(self) -> None:
        await self._attest(
            self.people.one("prescriber").who,
            [
                {
                    "fact": "provider_start_decision",
                    "met": True,
                    "detail": "seen at the bedside, calm, no symptoms: start (simulated)",
                }
            ],
        )

    async def _act(self, known: list[dict[str, Any]], now: datetime) -> None:
        asked: list[tuple[str, Priority]] = [(alarm["code"], alarm["priority"]) for alarm in known]
        wanted = self.habits.move_for(asked)
        if wanted and self._stronger(wanted):
            titles = ", ".join(sorted({f"{code} {priority}" for code, priority in asked}))
            self._for_pressure = any(code in PRESSURES for code, _ in asked)
            await self._move(wanted, reason=f"{titles} (simulated)")
        elif self.monitor.percent == 0:
            await self._after_pause(wanted, now)
        elif (
            self._slowed_at
            and not self._held_back
            and not wanted
            and self._quiet(self._slowed_at, self.habits.slowing.quiet_readings)
        ):
            await self._move("resume", percent=100, reason="pressure came down (simulated)")
            self._slowed_at = None

    def _stronger(self, wanted: Move) -> bool:
        now: Move | None = "pause" if self.monitor.percent == 0 else ("slow" if self.monitor.percent < 100 else None)
        return now is None or GENTLE_FIRST.index(wanted) > GENTLE_FIRST.index(now)

    async def _after_pause(self, wanted: Move | None, now: datetime) -> None:
        rule = self.habits.slowing
        begun = self._paused[-1]
        if now - begun > timedelta(minutes=rule.longest_pause_minutes) or len(self._paused) > rule.most_pauses:
            await self._move("stop", reason="paused for too long or too often (simulated)")
            return
        self._eased_since = None if wanted else (self._eased_since or now)
        eased = self._eased_since is not None and now - self._eased_since >= EASED
        if self._for_pressure and self._quiet(begun, 2):
            prescriber = self.people.one("prescriber").who
            self._held_back = True
            await self._move("resume", percent=rule.percent, reason="two readings below 160/100 (simulated)", who=prescriber)
        elif not self._for_pressure and eased:
            await self._move("resume", percent=100, reason="it is over (simulated)", who=self.people.one("prescriber").who)

    def _quiet(self, since: datetime, readings: int) -> bool:
        return quiet(self.habits, self.monitor.cuffs, self.monitor.minute(since), readings)

    async def _move(self, move: str, *, percent: int | None = None, reason: str = "", who: Who | None = None) -> None:
        body: dict[str, Any] = {"reason": reason}
        if move == "slow":
            percent = self.habits.slowing.percent
        if percent is not None:
            body["rate_percent"] = percent
        await self.door.ask(who or self.nurse, "monitoring", "POST", f"/sessions/{self.session_id}/infusion/{move}", body)
        now = self.clock.now()
        self.moves.append(move)
        if move in ("slow", "resume"):
            self.monitor.percent = percent or 100
            if self.monitor.percent < 100:
                self._slowed_at = now
        elif move == "pause":
            self.monitor.percent = 0
            self._paused.append(now)
            self._eased_since = None
        elif move in ("end", "stop"):
            self.monitor.finish(now)

    async def _answer(self, alarm: dict[str, Any]) -> None:
        try:
            await self.door.ask(self.nurse, "monitoring", "POST", f"/alarms/{alarm['alarm_id']}/acknowledgement", {})
        except Refusal as refusal:
            if refusal.status != 409:  # it ended meanwhile
                raise

    async def _attest(self, who: Who, facts: list[dict[str, Any]]) -> None:
        await self.door.ask(who, "monitoring", "POST", f"/sessions/{self.session_id}/attestations", {"attestations": facts})

    async def _score(self) -> datetime:
        """Score both scales as well as can be; returns when."""
        rule = self.habits.discharge
        for scale, components in (("aldrete", rule.aldrete), ("padss", rule.padss)):
            await self._ask("/recovery-scores", {"scale": scale, "components": dict.fromkeys(components, 2)})
        return self.clock.now()

    async def _ask(self, path: str, body: Any = None, *, who: Who | None = None) -> Any:
        return await self.door.ask(who or self.nurse, "monitoring", "POST", f"/sessions/{self.session_id}{path}", body)


def mean(readings: list[tuple[float, float]]) -> tuple[float, float]:
    """The mean of some pressures."""
    return sum(s for s, _ in readings) / len(readings), sum(d for _, d in readings) / len(readings)
