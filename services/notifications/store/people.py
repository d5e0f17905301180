"""Who works here, who is on duty or on call, and with which chairs."""

import json
from collections.abc import Callable
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from kit.db import Tx
from services.notifications.rules.covers import Cover
from services.notifications.rules.oncall import Rotation
from services.notifications.rules.people import Member
from services.notifications.rules.roster import Chair, Roster, Shift, members_at
from services.notifications.store.named import queries

at_of: Callable[[str], datetime] = datetime.fromisoformat


async def duty_book(tx: Tx) -> list[Member]:
    """Everybody who works here, as of now: rotations, cover and hand-over are done."""
    return members_at(await roster(tx, tx.now, tx.now), tx.now)


async def roster(tx: Tx, since: datetime, until: datetime) -> Roster:
    """Everybody, and what is planned between two instants; chairs as they are at the first of them."""
    row = await queries.roster(tx.db, since=since, until=until)
    kept: dict[str, Any] = {name: json.loads(part) for name, part in row.items()}
    return Roster(
        roles=kept["roles"],
        shifts=[Shift(staff_id, at_of(starts), at_of(ends)) for staff_id, starts, ends in kept["shifts"]],
        rotations=[rotation_of(one) for one in kept["rotations"]],
        covers=[
            Cover(UUID(cover_id), absent, cover, at_of(starts), at_of(ends), at_of(made))
            for cover_id, absent, cover, starts, ends, made in kept["covers"]
        ],
        chairs=[Chair(UUID(assignment_id), staff_id, chair) for assignment_id, staff_id, chair in kept["chairs"]],
    )


def rotation_of(row: dict[str, Any]) -> Rotation:
    """A rotation as the store tells of it in JSON."""
    until = row["until"]
    return Rotation(
        rotation_id=row["rotation_id"],
        role=row["role"],
        time_zone=row["time_zone"],
        members=tuple(row["members"]),
        first_date=date.fromisoformat(row["first_date"]),
        hand_over=time.fromisoformat(row["hand_over"]),
        days=row["days"],
        since=at_of(row["since"]),
        until=at_of(until) if until else None,
        made_at=at_of(row["made_at"]),
    )


async def with_contacts(tx: Tx) -> set[str]:
    """Those of whom a way to reach them is known."""
    return {row["staff_id"] async for row in queries.with_contacts(tx.db)}


async def hold_roster(tx: Tx) -> None:
    """Change rotations, covers and hand-overs alone until the transaction ends."""
    await queries.hold_roster(tx.db)
