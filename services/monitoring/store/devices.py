"""Which device watches which session, from and until."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from kit.db import Tx
from services.monitoring.store.named import queries
from services.monitoring.store.sessions import Session


@dataclass(frozen=True)
class Binding:
    """A device that watches a session, from and until."""

    device_id: str
    session_id: UUID
    chair: int
    bound_at: datetime
    released_at: datetime | None = None

    def covers(self, at: datetime) -> bool:
        """Whether it was in force at an instant."""
        return self.bound_at <= at and (self.released_at is None or at < self.released_at)


async def binding(tx: Tx, device_id: str) -> Binding | None:
    """What a device watches now."""
    row = await queries.binding(tx.db, device_id=device_id)
    return Binding(row["device_id"], row["session_id"], row["chair"], row["bound_at"]) if row else None


async def bind(tx: Tx, device_id: str, session: Session) -> None:
    """A device watches a session from now on."""
    await queries.bind(
        tx.db, binding_id=tx.new_id(), device_id=device_id, session_id=session.session_id, chair=session.chair, bound_at=tx.now
    )


async def release(tx: Tx, device_id: str) -> tuple[UUID, int] | None:
    """A device no longer watches. Returns the session and chair it watched."""
    row = await queries.release(tx.db, device_id=device_id, released_at=tx.now)
    return (row["session_id"], row["chair"]) if row else None


async def release_all(tx: Tx, session_id: UUID) -> list[str]:
    """No device watches a session any more. Returns those that did."""
    return [row["device_id"] async for row in queries.release_all(tx.db, session_id=session_id, released_at=tx.now)]


async def bindings_of(tx: Tx, devices: Iterable[str], since: datetime) -> dict[str, list[Binding]]:
    """The bindings of devices that were in force since an instant."""
    found: dict[str, list[Binding]] = {}
    async for row in queries.bindings_of(tx.db, devices=sorted(devices), since=since):
        found.setdefault(row["device_id"], []).append(Binding(**dict(row)))
    return found


async def bound_to(tx: Tx, session_id: UUID) -> list[Binding]:
    """The devices that watch a session now."""
    return [Binding(**dict(row)) async for row in queries.bound_to(tx.db, session_id=session_id)]


async def place_device(tx: Tx, device_id: str, chair: int) -> None:
    """A device belongs to a chair, and to no other."""
    await queries.place_device(tx.db, device_id=device_id, chair=chair, placed_by=tx.actor, placed_at=tx.now)


async def remove_device(tx: Tx, device_id: str) -> bool:
    """A device belongs to no chair any more. False when it belonged to none."""
    return await queries.remove_device(tx.db, device_id=device_id) is not None


async def devices_of(tx: Tx, chair: int) -> list[str]:
    """The devices that belong to a chair."""
    return [row["device_id"] async for row in queries.devices_of(tx.db, chair=chair)]


async def placed(tx: Tx, devices: Iterable[str]) -> set[str]:
    """Those of these devices that belong to a chair."""
    return {row["device_id"] async for row in queries.placed(tx.db, devices=sorted(devices))}
