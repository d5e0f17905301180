"""How a session moves, whichever room asked it: the phase, the snapshot that goes with it, and the end of all watching."""

from datetime import datetime

from kit.db import Tx
from kit.http import Refused
from schemas.monitoring.sessions import DeviceReleased
from schemas.parts import VitalSnapshot
from services.monitoring import store
from services.monitoring.rules.phases import Move, after, possible
from services.monitoring.store import Session
from services.monitoring.timers import end_stay, unwatch


def snapshot(session: Session) -> tuple[VitalSnapshot, ...]:
    """The vital signs of this moment: the latest of each code."""
    return tuple(
        VitalSnapshot(code=code, value=value, measured_at=datetime.fromisoformat(at))
        for code, (value, at) in sorted(session.latest.items())
    )


def advance(session: Session, move: Move) -> None:
    """Bring a session to the phase a move leads to. Raises Refused, with the moves that are possible."""
    phase = after(session.phase, move)
    if phase is None:
        allowed = ", ".join(possible(session.phase)) or "nothing more"
        raise Refused(409, f"{move} is not possible", f"the session is {session.phase}", todo=f"possible now: {allowed}")
    session.phase = phase


async def close(session: Session, move: Move, reason: str, tx: Tx) -> None:
    """The session is over: nobody and nothing watches it any more."""
    await unwatch(tx, session)
    await end_stay(tx, session)
    for device_id in await store.release_all(tx, session.session_id):
        tx.emit(DeviceReleased(device_id=device_id, session_id=session.session_id, chair=session.chair, released_at=tx.now))
    await store.note_move(tx, session, move, reason)
    await store.keep(tx, [session])
    tx.audit(move, f"session {session.session_id}", reason=reason)
