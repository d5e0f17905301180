"""How people are reached."""

import json
from dataclasses import dataclass

from kit.db import Tx
from services.notifications.rules.channels import BY_PHONE, Medium
from services.notifications.store.named import queries


@dataclass(frozen=True)
class Channel:
    """One way to reach a person."""

    channel: Medium
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


async def people_of_number(tx: Tx, number: str) -> list[str]:
    """Whose phone this is, as E.164."""
    found: dict[str, None] = {}
    for channel in BY_PHONE:
        by_text = json.dumps([{"channel": channel, "address": number}])
        found |= {row["staff_id"]: None async for row in queries.people_of_number(tx.db, by_text=by_text)}
    return list(found)
