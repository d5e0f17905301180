"""What may not be forgotten yet."""

from datetime import datetime

from kit.db import Tx
from services.monitoring.store.named import queries


async def readings_needed(tx: Tx, begin: datetime, until: datetime, edge: datetime) -> bool:
    """Whether a patient of these readings was here again since the edge: retention counts from the last visit."""
    needed: bool = await queries.readings_needed(tx.db, begin=begin, until=until, since=edge)
    return needed
