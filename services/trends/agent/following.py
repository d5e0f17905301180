"""Following one session, device or chair: its row takes every fact in once."""

from dataclasses import dataclass, field
from typing import Any

from schemas.monitoring.alarms import ALARMS, AlarmAcknowledged, AlarmEnded, AlarmPriorityChanged, AlarmRaised
from schemas.monitoring.sessions import SESSIONS, InfusionStarted
from schemas.monitoring.vitals import VITALS, VitalsMeasured
from schemas.trends.trends import AlarmLoadCounted, LoadCount, Trend, TrendComputed
from services.trends import rules, tables
from services.trends.agent.carefully import Fact
from services.trends.agent.saying import Voice
from services.trends.rules.rows import KEEP_SILENT_SECONDS
from services.trends.rules.sessions import HOUR, instant, over_at

ALARM_FACTS = (AlarmRaised, AlarmPriorityChanged, AlarmAcknowledged, AlarmEnded)


@dataclass
class Following:
    """Takes facts into rows. What it says is said before the row is written, under ids drawn from the fact."""

    table: Any
    voice: Voice
    _passed: dict[tuple[str, int], float] = field(default_factory=dict)
    _swept: dict[int, float] = field(default_factory=dict)

    async def take(self, fact: Fact) -> None:
        """Take a fact in, unless its row has it already."""
        event = fact.event
        key = fact.key
        if isinstance(event, VitalsMeasured):  # of no session, it is nobody's
            key = str(event.session_id or "")
        row = self.table.get(key) or rules.fresh()
        if key and fact.offset > row.get(fact.place, -1):
            new = await self._taken(row, fact)
            if new is not row:
                self.table[key] = {**new, "partition": fact.partition, fact.place: fact.offset}
        self._sweep(fact)

    async def _taken(self, row: rules.Row, fact: Fact) -> rules.Row:
        event = fact.event
        counts: tuple[LoadCount, ...] = ()
        if isinstance(event, VitalsMeasured):
            return await self._measured(row, fact, event)
        if isinstance(event, InfusionStarted):
            row, counts = rules.start(row, event.started_at.timestamp())
        elif over := over_at(event, fact.envelope.time):
            row, counts = rules.end(row, over.timestamp())
        elif isinstance(event, ALARM_FACTS):
            row, counts = rules.heard(row, event, tables.load_targets().counting)
        if counts:
            counted = AlarmLoadCounted(
                topic=fact.topic,
                partition=fact.partition,
                offset=fact.offset,
                counts=counts,
                counted_at=fact.envelope.time,
            )
            await self.voice.say(counted, f"count {_named(fact)}", fact.envelope.time, fact.envelope)
        return row

    async def _measured(self, row: rules.Row, fact: Fact, event: VitalsMeasured) -> rules.Row:
        assert event.session_id is not None
        limits, at = tables.limits(), event.measured_at.timestamp()
        values = {m.code: (m.value, m.unit) for m in event.measurements if m.value is not None}
        new = rules.take(row, at, values, fact.envelope.id.hex[:8], limits)
        if new is row or not values or not rules.due(new, at):
            return new
        computed = TrendComputed(
            session_id=event.session_id,
            trends=tuple(Trend.model_validate(trend) for trend in rules.trends(new, limits)),
            window_minutes=rules.WINDOW_MINUTES,
            limits_version=limits.version,
            computed_at=instant(at),
        )
        await self.voice.say(computed, _named(fact), computed.computed_at, fact.envelope)
        return {**new, "said": at}

    def _sweep(self, fact: Fact) -> None:
        """Drop the rows of this partition that nothing can change any more, at most once in an hour of the clinic's time.

        All topics must have passed: in a rebuild one is read far ahead of another. `alarms` may be silent for days.
        """
        place, at = (fact.topic, fact.partition), fact.envelope.time.timestamp()
        self._passed[place] = max(at, self._passed.get(place, 0.0))
        vitals, sessions, alarms = (self._passed.get((t.name, fact.partition), 0.0) for t in (VITALS, SESSIONS, ALARMS))
        passed = max(min(vitals, sessions, alarms), min(vitals, sessions) - KEEP_SILENT_SECONDS)
        if passed < self._swept.get(fact.partition, 0.0) + HOUR:
            return
        self._swept[fact.partition] = passed
        for key, row in list(self.table.items()):
            if row["partition"] == fact.partition and rules.gone(row, passed):
                self.table.pop(key)


def _named(fact: Fact) -> str:
    return f"{fact.topic} {fact.partition} {fact.offset}"
