"""Rotations: what is in force, what was, and what will be."""

import json
from dataclasses import dataclass
from datetime import datetime

from kit.db import Tx
from services.notifications.rules.oncall import Rotation
from services.notifications.store.named import queries
from services.notifications.store.people import rotation_of


@dataclass(frozen=True)
class Version:
    """A rotation as it was made, and by whom."""

    rotation: Rotation
    made_by: str


async def versions(tx: Tx, rotation_id: str | None) -> list[Version]:
    """What one rotation, or all, said and will say, in order of time; what was replaced before it came into force is left out."""
    rows = queries.rotation_versions(tx.db, rotation_id=rotation_id)
    return [Version(rotation_of(json.loads(row["rotation"])), row["made_by"]) async for row in rows]


async def put_rotation(tx: Tx, rotation: Rotation) -> None:
    """A rotation from its `since` on, in place of whatever its id meant from then on."""
    await end_rotation(tx, rotation.rotation_id, rotation.since)
    await queries.make_rotation(
        tx.db,
        version_id=tx.new_id(),
        rotation_id=rotation.rotation_id,
        role=rotation.role,
        time_zone=rotation.time_zone,
        members=list(rotation.members),
        first_date=rotation.first_date,
        hand_over=rotation.hand_over,
        days=rotation.days,
        since=rotation.since,
        made_by=tx.actor,
        made_at=tx.now,
    )


async def end_rotation(tx: Tx, rotation_id: str, at: datetime) -> None:
    """End a rotation; what it said before stays."""
    await queries.end_rotation(tx.db, rotation_id=rotation_id, at=at)
