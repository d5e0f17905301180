"""Rounds: what a simulated nurse looks at and asks on time, and what was wrong whenever a high alarm came."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, get_args

from chairside.simulator.door import Door, Refusal, Who
from chairside.simulator.habits import Habits
from chairside.simulator.mind import Mind, moaas, observed
from chairside.simulator.presets import presets
from schemas.monitoring.alarms import Priority, Resolution

LATCHING = get_args(Priority)[-2:]


@dataclass
class Rounds:
    """A nurse's rounds at one chair."""

    door: Door
    habits: Habits
    session_id: str
    mind: Mind
    sent: int = 0
    """Observations the clinic took, each a reading."""
    _looked_at: datetime | None = None
    _asked_at: datetime | None = None

    async def go(self, nurse: Who, now: datetime, effect: float, *, recovering: bool) -> None:
        """Look and ask whatever is due by now; `effect` is how far the drug's is, 0 to 1."""
        rule = self.habits.rounds
        look, ask = (
            (rule.look_recovery_minutes, rule.ask_recovery_minutes) if recovering else (rule.look_minutes, rule.ask_minutes)
        )
        found: dict[str, float] = {}
        if _due(self._looked_at, look, now):
            found |= self._seen(effect)
            self._looked_at = now
        if _due(self._asked_at, ask, now):
            found |= {"nausea": 0, "72514-3": 0}
            self._asked_at = now
        if found:
            await self._enter(nurse, found)

    async def last(self, nurse: Who, effect: float) -> None:
        """Before the patient goes home: all of it, and whether they know who and where they are, and when."""
        await self._enter(nurse, {**self._seen(effect), "oriented": 1, "nausea": 0})

    async def explain(self, nurse: Who) -> None:
        """Say of each high alarm what it was."""
        query = {"session_id": self.session_id, "all": "true"}
        for alarm in await self.door.ask(nurse, "monitoring", "GET", "/alarms", query=query):
            if alarm["highest"] not in LATCHING or alarm["resolution"] is not None:
                continue
            try:
                body = {"resolution": self._cause(alarm)}
                await self.door.ask(nurse, "monitoring", "POST", f"/alarms/{alarm['alarm_id']}/resolution", body)
            except Refusal as refusal:
                if refusal.status != 409:  # nobody has answered it yet
                    raise

    def _seen(self, effect: float) -> dict[str, float]:
        table = presets()
        return {
            "moaas": moaas(self.mind, table.sedation, effect),
            "diss-obs": observed(self.mind, table.dissociation, effect),
        }

    def _cause(self, alarm: dict[str, Any]) -> Resolution:
        if alarm["artefact"]:
            return "artefact"
        if alarm["code"].startswith(("A15", "A16")):
            return "technical"
        return "true-intervened" if self.habits.move_for([(alarm["code"], alarm["highest"])]) else "true-watch"

    async def _enter(self, nurse: Who, found: dict[str, float]) -> None:
        body = {"observations": [{"code": code, "value": value} for code, value in found.items()], "simulated": True}
        await self.door.ask(nurse, "monitoring", "POST", f"/sessions/{self.session_id}/observations", body)
        self.sent += 1


def _due(last: datetime | None, minutes: float, now: datetime) -> bool:
    return last is None or now - last >= timedelta(minutes=minutes)
