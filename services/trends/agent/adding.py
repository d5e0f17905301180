"""Adding up the clinic's alarm load from what `following` counts: one row an hour, each count once."""

from dataclasses import dataclass
from typing import Any

from schemas.trends.trends import TRENDS, AlarmLoadCounted
from services.trends import rules, tables
from services.trends.agent.carefully import Fact
from services.trends.agent.saying import Voice


@dataclass
class Adding:
    """Takes counts into hours. A count says where its fact lies, so that a rebuilt `following` may say all of them again."""

    table: Any
    voice: Voice

    async def take(self, fact: Fact) -> None:
        """Add a fact's counts to their hours, unless they have them already."""
        event = fact.event
        if not isinstance(event, AlarmLoadCounted):
            return
        place = f"offset {event.topic} {event.partition}"
        for hour in sorted({rules.hour_of(count.at) for count in event.counts}):
            key = f"{event.clinic} {hour}"
            row = self.table.get(key)
            if row is None:
                self._drop_before(hour - TRENDS.retention.total_seconds(), fact.partition)
                row = rules.fresh_hour()
            if event.offset <= row.get(place, -1):
                continue
            new = rules.add(row, hour, event.counts)
            said = rules.figures(new, hour, event.clinic, event.counted_at, tables.load_targets().counting)
            await self.voice.say(said, f"hour {hour} {fact.partition} {fact.offset}", event.counted_at, fact.envelope)
            self.table[key] = {**new, place: event.offset, "hour": hour, "partition": fact.partition}

    def _drop_before(self, oldest: float, partition: int) -> None:
        """Hours that the topic no longer tells go with it."""
        for key, row in list(self.table.items()):
            if row["hour"] < oldest and row["partition"] == partition:
                self.table.pop(key)
