"""Who works here, who is on duty, and with which chairs."""

from kit.db import Tx
from services.notifications.rules.people import Member
from services.notifications.store.named import queries


async def duty_book(tx: Tx) -> list[Member]:
    """Everybody who works here, as of now."""
    return [
        Member(row["staff_id"], row["role"], row["on_duty"], frozenset(row["chairs"]))
        async for row in queries.duty_book(tx.db, at=tx.now)
    ]
