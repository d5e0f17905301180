"""Morning: staff, pagers and several patients at once, from the first referral to the last ride home."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

import httpx2

from chairside.clinic import Clinic
from chairside.replay.recording import Recording
from chairside.simulator.charts import SIMULATED, Patient, patient
from chairside.simulator.door import Door
from chairside.simulator.habits import habits
from chairside.simulator.pager import Pagers
from chairside.simulator.pharmacy import Cabinet
from chairside.simulator.presets import Preset, Script, presets
from chairside.simulator.staff import COORDINATOR, FRONT_DESK, open_the_day, roster
from chairside.simulator.visit import Outcome, Visit

LEAST_CHAIRS = 4


@dataclass(frozen=True)
class Plan:
    """Who comes: so many patients of a cohort, the first of them by script."""

    patients: int
    preset: Preset
    scripts: tuple[Script, ...] = ()
    seed: int = 1
    item9: int = 0
    """How many of the patients answer the PHQ-9's ninth item with 3."""
    recording: Recording | None = None
    speed: float = 1.0

    def cast(self, today: datetime) -> list[Patient]:
        """Draw them. The same seed draws the same people."""
        table, people = presets(), []
        for number in range(1, self.patients + 1):
            script = self.scripts[number - 1] if number <= len(self.scripts) else None
            item9 = 3 if number > self.patients - self.item9 else 0
            random = Random(f"{self.seed} patient {number}")  # noqa: S311  # a simulation's dice, not a secret
            people.append(patient(number, self.preset, table, random, today.date(), script, item9))
        return people


@dataclass
class Morning:
    """A simulated morning in a running clinic."""

    clinic: Clinic
    plan: Plan
    say: Callable[[str], None]
    secret: str
    chairs: int = LEAST_CHAIRS
    outcomes: list[Outcome] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    answered: int = 0

    async def run(self) -> list[Outcome]:
        """Open the day, let everybody come, and return how it went. Raises Refusal when the day cannot even open."""
        clock, seed = self.clinic.clock, self.plan.seed
        people = roster(self.chairs)
        begun = clock.now()
        async with AsyncExitStack() as stack:
            http = await stack.enter_async_context(
                httpx2.AsyncClient(timeout=10, trust_env=False, limits=httpx2.Limits(max_connections=60))
            )
            door = Door(self.clinic, http)
            dice = Random(f"{seed} pagers")  # noqa: S311
            pagers = await stack.enter_async_context(Pagers(self.secret, people, clock, dice, http, fault=self._fault))
            for note in await open_the_day(door, people, pagers.address, begun):
                self.say(note)
            await self._free_chairs(door, begun)
            cabinet = Cabinet(door, habits().drawing)
            await cabinet.stock(self.plan.patients, lot=f"SIMULATED-{begun:%Y%m%d%H%M%S}")
            visits = [
                Visit(
                    patient=one,
                    door=door,
                    people=people,
                    cabinet=cabinet,
                    clock=clock,
                    random=Random(f"{seed} visit {one.number}"),  # noqa: S311
                    run=f"{begun:%Y%m%d%H%M%S}",
                    say=self.say,
                    seated=self._seated(pagers),
                    recording=self.plan.recording if one.number == 1 else None,
                    speed=self.plan.speed,
                )
                for one in self.plan.cast(begun)
            ]
            self.outcomes = list(await asyncio.gather(*(visit.go() for visit in visits)))
            self.answered = sum(pagers.answered.values())
        return self.outcomes

    def _fault(self, what: str) -> None:
        self.faults.append(what)
        self.say(what)

    def _seated(self, pagers: Pagers) -> Callable[[Patient, int], None]:
        def seated(one: Patient, chair: int) -> None:
            if one.script and one.script.nobody_answers_before_step:
                pagers.silent_until[chair] = one.script.nobody_answers_before_step

        return seated

    async def _free_chairs(self, door: Door, now: datetime) -> None:
        """Simulated patients of an earlier morning do not come again today: their chairs are free."""
        found = await door.ask(FRONT_DESK, "scheduling", "GET", "/appointments", query={"day": now.date().isoformat()})
        for one in found["appointments"]:
            if one["state"] != "booked" or datetime.fromisoformat(one["starts_at"]) < now - timedelta(hours=1):
                continue
            chart = await door.ask(COORDINATOR, "intake", "GET", f"/patients/{one['patient_id']}")
            if chart["identity"]["family_name"].endswith(SIMULATED):
                path, why = f"/appointments/{one['appointment_id']}/cancellation", "a simulated patient of an earlier morning"
                await door.ask(FRONT_DESK, "scheduling", "POST", path, {"reason": why})
