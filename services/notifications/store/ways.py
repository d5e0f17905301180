"""How people are reached, and what became of telling them."""

import json
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from kit.db import Tx
from services.notifications.store.named import queries


@dataclass(frozen=True)
class Channel:
    """One way to reach a person."""

    channel: Literal["console", "webhook", "email"]
    address: str


async def channels_of(tx: Tx, staff_id: str) -> list[Channel]:
    """How a person is reached; the console where nothing is known."""
    kept = await queries.channels_of(tx.db, staff_id=staff_id)
    return [Channel(**channel) for channel in json.loads(kept)] if kept else [Channel("console", staff_id)]


async def put_contacts(tx: Tx, staff_id: str, channels: list[Channel]) -> None:
    """How a person is reached from now on."""
    body = json.dumps([{"channel": c.channel, "address": c.address} for c in channels])
    await queries.put_contacts(tx.db, staff_id=staff_id, channels=body, changed_at=tx.now)


async def contacts(tx: Tx) -> dict[str, list[Channel]]:
    """How everybody is reached."""
    rows = queries.contacts(tx.db)
    return {row["staff_id"]: [Channel(**channel) for channel in json.loads(row["channels"])] async for row in rows}


async def note_telling(tx: Tx, job_id: UUID, page_id: UUID, staff_id: str, step: int, channel: str, outcome: str) -> None:
    """What became of telling somebody."""
    await queries.note_telling(
        tx.db, job_id=job_id, page_id=page_id, staff_id=staff_id, step=step, channel=channel, outcome=outcome, told_at=tx.now
    )
