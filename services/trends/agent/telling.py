"""Telling what a session came to: read from its row, once that has been quiet for a moment.

A summary is a function of the row alone, so what was told is not kept: after a restart all are told again, under their old ids.
"""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import structlog

from services.trends import rules, tables
from services.trends.agent.saying import Voice
from services.trends.rules.sessions import instant

log = structlog.get_logger("trends")


@dataclass
class Telling:
    """Tells each session that is over, and again when a later fact changes it."""

    table: Any
    voice: Voice
    _seen: dict[str, int] = field(default_factory=dict)
    _told: dict[str, int] = field(default_factory=dict)

    async def tell(self) -> None:
        """Tell the sessions that are over and have not changed since the last look. Never raises: the next look tries again."""
        over = {key: row for key, row in list(self.table.items()) if row["over"] is not None}
        for key, row in over.items():
            facts = row["facts"]
            if self._told.get(key) == facts or self._seen.get(key) != facts:
                continue
            try:
                await self._tell(key, row)
            except Exception:
                log.exception("a summary waits", facts=facts)
                return
            self._told[key] = facts
        self._seen = {key: row["facts"] for key, row in over.items()}
        self._told = {key: facts for key, facts in self._told.items() if key in over}

    async def _tell(self, key: str, row: rules.Row) -> None:
        said = rules.summary(UUID(key), row, tables.limits())
        if said is not None:
            await self.voice.say(said, f"summary {key} {row['facts']}", instant(row["latest"]))
