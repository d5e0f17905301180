"""Redrive: on request, dead letters are handled again, those of a parked key in their order."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from kit import deadletters
from kit.batch import Handling
from kit.clock import pause, wall
from kit.errors import AWAY, reason_of
from schemas.catalogue import topics

log = structlog.get_logger("kit.redrive")


@dataclass
class Redriver:
    """Works off what `deadletters.ask` asked for, one letter a transaction."""

    handling: Handling
    waker: asyncio.Event
    moved: Callable[[], None]

    async def run(self, stop: asyncio.Event) -> None:
        """Redrive what is asked for until told to stop."""
        while not stop.is_set():
            try:
                await self.redrive_asked()
                self.moved()
                await pause(self.waker, 1.0)
            except AWAY:
                self.moved()
                await pause(self.waker, 1.0)

    async def redrive_asked(self) -> int:
        """Try every letter that was asked for. Returns how many were handled."""
        async with self.handling.store.pool.acquire(timeout=5) as db:
            keys = [(row["topic"], row["key"]) async for row in deadletters.queries.redriving_keys(db)]
            ids = [row["id"] async for row in deadletters.queries.redriving_letters(db)]
        handled = 0
        for topic, key in keys:
            while await self._next_of_key(topic, key):
                handled += 1
        for letter_id in ids:
            handled += await self._set_aside(letter_id)
        return handled

    async def _next_of_key(self, topic: str, key: str) -> bool:
        """Handle the first letter of a parked key; the key is released in the transaction that finds none left."""
        async with self.handling.store.transaction() as tx:
            if await deadletters.queries.hold(tx.db, topic=topic, key=key) is None:
                return False
            row = await deadletters.queries.first_of_key(tx.db, topic=topic, key=key)
            if row is None:
                await deadletters.queries.release(tx.db, topic=topic, key=key)
                return False
            kept = deadletters.kept_of(row, tx.service)
            try:
                await self.handling.redeliver(tx, topics()[topic], kept)
            except AWAY:
                raise
            except Exception as error:
                log.warning("redrive halted", topic=topic, letter=kept.letter.id, error=reason_of(error))
                await deadletters.queries.settle(
                    tx.db, id=kept.letter.id, state="parked", error=reason_of(error), settled_at=None
                )
                await deadletters.queries.halt(tx.db, topic=topic, key=key)
                return False
            await deadletters.queries.settle(
                tx.db, id=kept.letter.id, state="handled", error=kept.letter.error, settled_at=wall()
            )
            return True

    async def _set_aside(self, letter_id: int) -> bool:
        async with self.handling.store.transaction() as tx:
            row = await deadletters.queries.take(tx.db, id=letter_id)
            if row is None or row["state"] != "redriving":
                return False
            kept = deadletters.kept_of(row, tx.service)
            try:
                await self.handling.redeliver(tx, topics()[kept.letter.topic], kept)
            except AWAY:
                raise
            except Exception as error:
                log.warning("redrive failed", topic=kept.letter.topic, letter=letter_id, error=reason_of(error))
                await deadletters.queries.settle(tx.db, id=letter_id, state="set aside", error=reason_of(error), settled_at=None)
                return False
            await deadletters.queries.settle(tx.db, id=letter_id, state="handled", error=kept.letter.error, settled_at=wall())
            return True
