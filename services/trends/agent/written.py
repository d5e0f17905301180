"""Rows are written before their facts are acknowledged.

faust sends a row to its changelog and goes on; the offset of the fact is committed half a second later, whether the broker has
the row or not. A process killed between the two would lose the fact: the row without it, the offset past it. Here a commit
waits for all rows that were sent before it, and a row that the broker refuses ends the process.

And nothing is handed over before the positions stand. faust lets facts in while it seeks to where it was, and then empties its
queues: what came meanwhile is read again where an offset was committed, and lost for good where none ever was.
"""

import asyncio
import os
from collections.abc import Mapping
from typing import Any

import faust
import structlog
from faust.transport.drivers.aiokafka import Consumer
from faust.types import TP

log = structlog.get_logger("trends")


class WrittenTable(faust.Table[Any, Any]):
    """A table that remembers which of its rows the broker does not have yet."""

    def send_changelog(self, *arguments: Any, **named: Any) -> Any:
        """Send a row on its way."""
        sent: Any = super().send_changelog(*arguments, **named)
        waiting = rows_waiting(self.app)
        waiting.add(sent)
        sent.add_done_callback(waiting.discard)
        sent.add_done_callback(_or_end)
        return sent


def rows_waiting(app: Any) -> set[Any]:
    """The rows on their way."""
    found: set[Any] = app.rows_waiting
    return found


def _or_end(sent: Any) -> None:
    if not sent.cancelled() and (fault := sent.exception()):
        log.critical("a row is not written", error=type(fault).__name__)
        os._exit(70)


class WrittenConsumer(Consumer):
    """A consumer that commits no offset before the rows are written, and reads from where it was."""

    async def perform_seek(self) -> None:
        """Go to where we were. faust lets the flow go on once it has emptied its queues; until then nothing may come in."""
        if self.flow_active:
            self.stop_flow()
        await super().perform_seek()

    async def seek_to_committed(self) -> Mapping[TP, int]:
        """To the committed offset, and to the beginning where none was ever committed: aiokafka stays where it is there."""
        committed: Mapping[TP, int] = await super().seek_to_committed()
        changelogs = self.app.tables.changelog_topics
        never = [place for place, offset in committed.items() if (offset or 0) <= 0 and place.topic not in changelogs]
        if never:
            await self.seek_wait(await self.earliest_offsets(*never))
        return committed

    async def _commit_offsets(self, *arguments: Any, **named: Any) -> Any:
        if waiting := set(rows_waiting(self.app)):
            await asyncio.wait(waiting)
        return await super()._commit_offsets(*arguments, **named)


class WrittenApp(faust.App):
    """An application whose tables and consumer keep that order."""

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, Table=WrittenTable, **settings)
        self.rows_waiting: set[Any] = set()
        transport: Any = self.transport
        transport.Consumer = WrittenConsumer
