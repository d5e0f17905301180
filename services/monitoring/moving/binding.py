"""Which device watches which session, whether a person said so or the chair it belongs to."""

from kit.db import Tx
from schemas.monitoring.sessions import DeviceBound, DeviceReleased
from services.monitoring import store
from services.monitoring.record import UNBOUND, Source, end_alarm, feed
from services.monitoring.rules.inputs import Released
from services.monitoring.store import Session


async def bind_device(tx: Tx, session: Session, device_id: str) -> bool:
    """Let a device watch a session from now on, and no other. False when it does already."""
    before = await store.binding(tx, device_id)
    if before is not None and before.session_id == session.session_id:
        return False
    await release_device(tx, device_id)
    await store.bind(tx, device_id, session)
    tx.emit(DeviceBound(device_id=device_id, session_id=session.session_id, chair=session.chair, bound_at=tx.now))
    await end_alarm(tx, Source(f"device {device_id}", device_id=device_id), UNBOUND)
    return True


async def bind_those_of_the_chair(tx: Tx, session: Session) -> None:
    """The devices that belong to the chair watch whoever sits there now."""
    for device_id in await store.devices_of(tx, session.chair):
        await bind_device(tx, session, device_id)


async def release_device(tx: Tx, device_id: str) -> bool:
    """Let a device watch no longer. False when it watched nobody."""
    released = await store.release(tx, device_id)
    if released is None:
        return False
    session_id, chair = released
    if (session := await store.hold(tx, session_id)) is not None and session.watch.conditions.stage is not None:
        await feed(tx, session, [Released(tx.now.timestamp(), device_id)])
        await store.keep(tx, [session])
    tx.emit(DeviceReleased(device_id=device_id, session_id=session_id, chair=chair, released_at=tx.now))
    return True
