"""What monitoring remembers of sessions, devices and what other services said."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from kit.db import Tx
from kit.queries import named_queries
from services.monitoring.rules.alarms import SessionState
from services.monitoring.rules.gates import Attested, Reading, Said
from services.monitoring.rules.phases import Phase

queries: Any = named_queries(__file__)


@dataclass
class Session:
    """A session as it stands. What a handler changes of it is kept by `keep`."""

    session_id: UUID
    patient_id: UUID
    appointment_id: UUID
    order_id: UUID
    chair: int
    phase: Phase
    opened_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    duration_minutes: int | None
    rate_percent: int
    baseline: dict[str, float]
    engine: SessionState
    latest: dict[str, tuple[float | None, str]] = field(default_factory=dict)
    """The last value of each code, and when: an ISO instant in UTC with microseconds, so that texts compare as instants do."""


@dataclass(frozen=True)
class Order:
    """An order that was heard of."""

    dose_mg: float
    duration_minutes: int
    signed_at: datetime


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


def _session(row: Any) -> Session:
    kept = dict(row)
    kept["baseline"] = json.loads(row["baseline"])
    kept["engine"] = SessionState.from_json(json.loads(row["engine"]))
    kept["latest"] = {code: (value, at) for code, (value, at) in json.loads(row["latest"]).items()}
    return Session(**kept)


async def open_session(tx: Tx, session_id: UUID, patient_id: UUID, appointment_id: UUID, order_id: UUID, chair: int) -> bool:
    """Open a session. False when its appointment has one."""
    opened = await queries.open_session(
        tx.db,
        session_id=session_id,
        patient_id=patient_id,
        appointment_id=appointment_id,
        order_id=order_id,
        chair=chair,
        opened_at=tx.now,
    )
    return opened is not None


async def session_of(tx: Tx, appointment_id: UUID) -> UUID | None:
    """The session of an appointment."""
    found: UUID | None = await queries.session_of(tx.db, appointment_id=appointment_id)
    return found


async def hold(tx: Tx, session_id: UUID) -> Session | None:
    """A session, held until the transaction ends."""
    row = await queries.hold_session(tx.db, session_id=session_id)
    return _session(row) if row else None


async def see(tx: Tx, session_id: UUID) -> Session | None:
    """A session, to be read."""
    row = await queries.see_session(tx.db, session_id=session_id)
    return _session(row) if row else None


async def see_all(tx: Tx) -> list[Session]:
    """The sessions that are not over."""
    return [_session(row) async for row in queries.see_sessions(tx.db)]


async def hold_many(tx: Tx, ids: Iterable[UUID]) -> dict[UUID, Session]:
    """Sessions, held in order."""
    return {row["session_id"]: _session(row) async for row in queries.hold_sessions(tx.db, ids=sorted(ids))}


async def keep(tx: Tx, sessions: Sequence[Session]) -> None:
    """Keep what changed of sessions."""
    await queries.keep_sessions(
        tx.db,
        ids=[s.session_id for s in sessions],
        phases=[s.phase for s in sessions],
        starts=[s.started_at for s in sessions],
        ends=[s.ended_at for s in sessions],
        durations=[s.duration_minutes for s in sessions],
        rates=[s.rate_percent for s in sessions],
        baselines=[json.dumps(s.baseline) for s in sessions],
        engines=[json.dumps(s.engine.to_json()) for s in sessions],
        latests=[json.dumps(s.latest) for s in sessions],
    )


async def note_move(tx: Tx, session: Session, move: str, reason: str) -> None:
    """Write down who moved a session, why, and the vital signs of that moment."""
    await queries.note_move(
        tx.db,
        session_id=session.session_id,
        move=move,
        actor=tx.actor,
        reason=reason,
        vitals=json.dumps(session.latest),
        moved_at=tx.now,
    )


async def attest(tx: Tx, session_id: UUID, stated: Sequence[tuple[str, bool, str]]) -> None:
    """Keep what a member of staff stated: (fact, met, detail)."""
    facts, mets, details = (list(column) for column in zip(*stated, strict=True))
    await queries.attest(
        tx.db, session_id=session_id, facts=facts, mets=mets, details=details, stated_by=tx.actor, stated_at=tx.now
    )


async def attested(tx: Tx, session_id: UUID) -> dict[str, Attested]:
    """What was stated about a session."""
    rows = queries.attested(tx.db, session_id=session_id)
    return {r["fact"]: Attested(r["fact"], r["met"], r["stated_by"], r["stated_at"], r["detail"]) async for r in rows}


async def readings(tx: Tx, session_id: UUID, since: datetime) -> list[Reading]:
    """A session's readings since an instant, oldest first."""
    rows = queries.readings(tx.db, session_id=session_id, since=since)
    return [
        Reading(row["measured_at"], {code: value for code, value in json.loads(row["values"]).items() if value is not None})
        async for row in rows
    ]


# --- what others said ---


async def order(tx: Tx, order_id: UUID) -> Order | None:
    """An order, if it was heard of."""
    row = await queries.order(tx.db, order_id=order_id)
    return Order(row["dose_mg"], row["duration_minutes"], row["signed_at"]) if row else None


async def said_about(tx: Tx, session: Session) -> dict[str, Said | None]:
    """What other services said that the start gate asks for."""
    screening = await queries.screening(tx.db, patient_id=session.patient_id)
    consent = await queries.consent(tx.db, patient_id=session.patient_id)
    signed = await order(tx, session.order_id)
    return {
        "eligibility": screening
        and Said(
            screening["decision"] in ("ELIGIBLE", "ELIGIBLE_WITH_CONDITIONS", "REVIEW") and screening["expires_at"] > tx.now,
            "screenings",
            screening["decided_at"],
            screening["decision"],
        ),
        "consent": consent and Said(consent["expires_at"] > tx.now, "consents", consent["signed_at"], consent["version"]),
        "order": Said(True, "orders", signed.signed_at) if signed else None,
    }


# --- devices ---


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


@dataclass(frozen=True)
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
        bodies=[json.dumps(k.values) for k in found],
    )
    return {(row["device_id"], row["measured_at"], row["codes"]) async for row in rows}
