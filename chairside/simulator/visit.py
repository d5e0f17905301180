"""Visit: one simulated patient's way through the clinic, from the referral to the ride home, by HTTP alone."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any, Literal, TypeVar

from chairside.replay.recording import Recording
from chairside.simulator.bedside import Bedside, NotTreated
from chairside.simulator.body import Course
from chairside.simulator.charts import Patient
from chairside.simulator.door import Door, Refusal, Who
from chairside.simulator.habits import habits
from chairside.simulator.mind import AWAKE, Mind, drawn_mind
from chairside.simulator.monitor import Monitor
from chairside.simulator.pharmacy import Cabinet
from chairside.simulator.presets import presets
from chairside.simulator.rounds import Rounds
from chairside.simulator.staff import COORDINATOR, FRONT_DESK, Roster
from chairside.view.telling import lasted
from kit.clock import RunningClock

T = TypeVar("T")
CONSENT = "ketamine-infusion-1"
FACT_WITHIN_S = 30.0
"""Wall seconds in which a fact that one service said must be known to the next."""
EARLY = timedelta(minutes=15)
EARLIEST, LATEST = timedelta(minutes=-8), timedelta(minutes=4)
"""When a patient arrives, beside the appointment."""
LONG_S = 300.0
"""Waiting for longer than this, in wall seconds, is worth a word about how to come sooner to a morning."""


@dataclass
class Outcome:
    """How a visit went."""

    patient: int
    patient_id: str = ""
    session_id: str = ""
    chair: int = 0
    decision: str = ""
    how: Literal["home", "not treated", "fault", "under way"] = "under way"
    why: str = ""
    moves: list[str] = field(default_factory=list)
    readings: int = 0
    """Readings that the clinic accepted."""
    played: int = 0


@dataclass
class Visit:
    """A patient, and everybody who does something for them."""

    patient: Patient
    door: Door
    people: Roster
    cabinet: Cabinet
    clock: RunningClock
    random: Random
    run: str
    say: Callable[[str], None]
    seated: Callable[[Patient, int], None] = lambda *_: None
    """Called with the chair, once it is known."""
    recording: Recording | None = None
    speed: float = 1.0

    async def go(self) -> Outcome:
        """The whole way. It never raises: what went wrong is in the outcome."""
        outcome = Outcome(self.patient.number)
        try:
            order = await self._intake(outcome)
            appointment = await self._booked(outcome)
            await self._arrive(outcome, appointment)
            await self._session(outcome, order)
            outcome.how = "home"
        except NotTreated as why:
            outcome.how, outcome.why = "not treated", str(why)
        except Refusal as refusal:
            outcome.how, outcome.why = "fault", refusal.what
        if outcome.how != "home":
            self.say(f"patient {outcome.patient_id[:6] or self.patient.number}: {outcome.how}: {outcome.why}")
        return outcome

    async def _intake(self, outcome: Outcome) -> dict[str, Any]:
        """Referral to signed order; returns the order."""
        now = self.clock.now()
        taken = await self.door.ask(FRONT_DESK, "intake", "POST", "/referrals", self.patient.referral(self.run, now))
        outcome.patient_id = taken["patient_id"]
        path = f"/patients/{outcome.patient_id}"
        await self._at_intake("POST", f"{path}/phq-9", {"answers": list(self.patient.phq9)})
        await self._at_intake("POST", f"{path}/consents", {"version": CONSENT, "signature": "signed on a tablet (simulated)"})
        for trial in self.patient.trials():
            await self._at_intake("POST", f"{path}/medication-trials", trial)
        await self._at_intake("POST", f"{path}/observations", self.patient.readings(now, self.random))
        screened = await self._at_intake("POST", f"{path}/screenings", {"indication": "IND-TRD"})
        outcome.decision = screened["decision"]
        if screened["decision"] in ("BLOCKED", "INCOMPLETE"):
            rules = ", ".join(rule["rule_id"] for rule in screened["fired"] if rule["outcome"] in ("BLOCK", "INCOMPLETE"))
            raise NotTreated(f"screened {screened['decision']}: {rules}")
        signing = {"reason": "seen and talked through (simulated)"} if screened["decision"] == "REVIEW" else {}
        prescriber = self.people.one("prescriber").who
        path = f"/screenings/{screened['screening_id']}/signature"
        return dict(await self.door.ask(prescriber, "intake", "POST", path, signing))

    async def _at_intake(self, method: str, path: str, body: Any) -> Any:
        return await self.door.ask(COORDINATOR, "intake", method, path, body)

    async def _booked(self, outcome: Outcome) -> dict[str, Any]:
        """Wait until the series is planned; the first appointment."""

        async def first() -> dict[str, Any] | None:
            query = {"patient_id": outcome.patient_id}
            found = await self.door.ask(FRONT_DESK, "scheduling", "GET", "/appointments", query=query)
            coming = [one for one in found["appointments"] if one["state"] == "booked"]
            return min(coming, key=lambda one: str(one["starts_at"]), default=None)

        appointment = await known(first, "an appointment: no chair may be free (see the waitlist)")
        outcome.chair = int(appointment["chair"])
        starts = datetime.fromisoformat(appointment["starts_at"])
        if (wait := self.clock.seconds_until(starts)) > LONG_S:
            self.say(
                f"patient {outcome.patient_id[:6]}: the first place is {starts:%a %d %b %H:%M} by the clinic's clock, in "
                f"{lasted(wait)}; waiting. Sooner: chairside up --rate 60 --begin {starts - EARLY:%Y-%m-%dT%H:%M}"
            )
        return appointment

    async def _arrive(self, outcome: Outcome, appointment: dict[str, Any]) -> None:
        starts = datetime.fromisoformat(appointment["starts_at"])
        beside = EARLIEST + (LATEST - EARLIEST) * self.random.random()
        await asyncio.sleep(self.clock.seconds_until(starts + beside))
        self.seated(self.patient, outcome.chair)
        appointment_id = appointment["appointment_id"]
        await self.door.ask(FRONT_DESK, "scheduling", "POST", f"/appointments/{appointment_id}/arrival")

        async def opened() -> str | None:
            sessions = await self.door.ask(FRONT_DESK, "monitoring", "GET", "/sessions")
            return next((one["session_id"] for one in sessions if one["appointment_id"] == appointment_id), None)

        outcome.session_id = await known(opened, "a session for a patient who arrived")

    async def _session(self, outcome: Outcome, order: dict[str, Any]) -> None:
        table, duration = presets(), float(order["duration_minutes"])
        monitor = Monitor(
            device_id=f"simulated-monitor-{outcome.chair}",
            door=self.door,
            clock=self.clock,
            habits=habits(),
            body=self.patient.body,
            course=Course(table.shape, duration),
            random=self.random,
            recording=self.recording,
            speed=self.speed,
        )
        mind = Mind(AWAKE, 0.0) if self.patient.script else drawn_mind(table, self.random)
        rounds = Rounds(self.door, habits(), outcome.session_id, mind)
        bedside = Bedside(
            door=self.door,
            people=self.people,
            clock=self.clock,
            habits=habits(),
            monitor=monitor,
            cabinet=self.cabinet,
            rounds=rounds,
            session_id=outcome.session_id,
            chair=outcome.chair,
            duration=duration,
            dose_mg=order["dose_mg"],
        )
        nurse = self.people.nurse_of(outcome.chair).who
        binding = f"/devices/{monitor.device_id}/binding"
        await self.door.ask(nurse, "monitoring", "PUT", binding, {"session_id": outcome.session_id})
        sampling = asyncio.create_task(monitor.run(), name=monitor.device_id)
        treating = asyncio.create_task(self._treat(bedside, nurse), name=f"chair {outcome.chair}")
        try:
            await asyncio.wait((sampling, treating), return_when=asyncio.FIRST_COMPLETED)
            if sampling.done():
                await sampling
            await treating
        finally:
            for task in (sampling, treating):
                task.cancel()
            await asyncio.gather(sampling, treating, return_exceptions=True)
            outcome.readings, outcome.moves, outcome.played = monitor.accepted + rounds.sent, bedside.moves, monitor.played

    async def _treat(self, bedside: Bedside, nurse: Who) -> None:
        try:
            await bedside.prepare()
        except NotTreated as why:
            path = f"/sessions/{bedside.session_id}/cancellation"
            await self.door.ask(nurse, "monitoring", "POST", path, {"reason": f"{why} (simulated)"})
            raise
        await bedside.infuse()
        await bedside.recover()
        with contextlib.suppress(Refusal):  # the discharge releases it by itself
            await self.door.ask(nurse, "monitoring", "DELETE", f"/devices/{bedside.monitor.device_id}/binding")


async def known(look: Callable[[], Awaitable[T | None]], what: str) -> T:
    """Ask again and again until a fact is there. Raises Refusal when it does not come."""
    loop = asyncio.get_running_loop()
    until = loop.time() + FACT_WITHIN_S
    while loop.time() < until:
        found = await look()
        if found is not None:
            return found
        await asyncio.sleep(0.15)
    raise Refusal(f"after {FACT_WITHIN_S:g} s there is still not {what}")
