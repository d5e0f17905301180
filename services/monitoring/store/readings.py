"""Every reading, as it came."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from kit.db import Tx
from services.monitoring.rules.pressure import Reading
from services.monitoring.store.asjson import from_json, text
from services.monitoring.store.named import queries


async def readings(tx: Tx, session_id: UUID, since: datetime) -> list[Reading]:
    """A session's readings since an instant, oldest first."""
    rows = queries.readings(tx.db, session_id=session_id, since=since)
    return [
        Reading(row["measured_at"], {code: value for code, value in from_json(row["values"]).items() if value is not None})
        async for row in rows
    ]


@dataclass(slots=True)
class Kept:
    """A reading as it is kept."""

    device_id: str
    measured_at: datetime
    codes: str
    session_id: UUID | None
    received_at: datetime
    method: str
    late: bool
    simulated: bool
    values: dict[str, float | None]
    """What can be judged."""
    aside: dict[str, str]
    """What cannot: by code, what is wrong with it."""
    applied: int | None = None
    """The arrival in its session's engine; none where it was not judged."""

    @property
    def key(self) -> tuple[str, datetime, str]:
        """What tells it from others."""
        return self.device_id, self.measured_at, self.codes


async def keep_readings(tx: Tx, found: Sequence[Kept]) -> set[tuple[str, datetime, str]]:
    """Keep readings. Returns the keys of those that were not known."""
    rows = queries.keep_readings(
        tx.db,
        devices=[k.device_id for k in found],
        times=[k.measured_at for k in found],
        codes=[k.codes for k in found],
        sessions=[k.session_id for k in found],
        received=[k.received_at for k in found],
        methods=[k.method for k in found],
        lates=[k.late for k in found],
        simulated=[k.simulated for k in found],
        bodies=[text(k.values) for k in found],
        applied=[k.applied for k in found],
        taken_at=tx.now,
        asides=[text(k.aside) if k.aside else None for k in found],
    )
    return {(row["device_id"], row["measured_at"], row["codes"]) async for row in rows}
