"""Infusions: what runs or ran in a session, every change of it, and what two people said about it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from kit.db import Tx
from services.monitoring.rules.infusion import FULL_RATE, Change, Plan, given
from services.monitoring.rules.phases import Outcome
from services.monitoring.rules.units import MgPerMl, Milligrams, Minutes, Percent
from services.monitoring.store.named import queries
from services.monitoring.store.sessions import Session

Countersigned = Literal["time_out", "dose_check"]


@dataclass(frozen=True)
class Infusion:
    """An infusion as it stands."""

    session_id: UUID
    plan: Plan
    started_at: datetime
    changes: tuple[Change, ...]
    outcome: Outcome | None = None
    total: Milligrams | None = None
    """What was given in all, once it is over."""

    def given(self, now: datetime) -> Milligrams:
        """What is in by now."""
        return given(self.plan, self.changes, now) if self.total is None else self.total


async def infusion(tx: Tx, session_id: UUID) -> Infusion | None:
    """The infusion of a session; None where none was started, or before this was kept."""
    row = await queries.infusion(tx.db, session_id=session_id)
    if row is None:
        return None
    changes = [
        Change(found["changed_at"], Percent(found["percent"]), Milligrams(found["bolus_mg"]), found["for_pressure"])
        async for found in queries.infusion_changes(tx.db, session_id=session_id)
    ]
    plan = Plan(Milligrams(row["dose_mg"]), Minutes(row["duration_minutes"]), MgPerMl(row["concentration_mg_per_ml"]))
    return Infusion(session_id, plan, row["started_at"], tuple(changes), row["outcome"], row["given_mg"])


async def begin(tx: Tx, session: Session, plan: Plan) -> None:
    """The drug runs at its full rate from now on."""
    await queries.begin_infusion(
        tx.db,
        session_id=session.session_id,
        patient_id=session.patient_id,
        dose_mg=plan.dose,
        duration_minutes=plan.duration,
        concentration_mg_per_ml=plan.concentration,
        started_at=tx.now,
    )
    await change(tx, session.session_id, Change(tx.now, FULL_RATE))


async def change(tx: Tx, session_id: UUID, changed: Change) -> None:
    """Keep a change of the infusion."""
    await queries.change_infusion(
        tx.db,
        session_id=session_id,
        changed_at=changed.at,
        percent=changed.percent,
        bolus_mg=changed.bolus,
        for_pressure=changed.for_pressure,
    )


async def finish(tx: Tx, session_id: UUID, outcome: Outcome, total: Milligrams) -> None:
    """The infusion is over."""
    await queries.finish_infusion(tx.db, session_id=session_id, outcome=outcome, given_mg=total)


async def previous_dose(tx: Tx, session: Session) -> Milligrams | None:
    """The dose of the patient's last infusion before this session, as ordered; None where there was none."""
    dose: Milligrams | None = await queries.previous_dose(tx.db, patient_id=session.patient_id, session_id=session.session_id)
    return dose


async def countersign(tx: Tx, session_id: UUID, what: Countersigned) -> bool:
    """Whoever acts says their part of what takes two. False when they had said it before."""
    signed = await queries.countersign(tx.db, session_id=session_id, what=what, staff_id=tx.actor, signed_at=tx.now)
    return signed is not None


async def countersigned(tx: Tx, session_id: UUID, what: Countersigned) -> dict[str, datetime]:
    """Who said their part, and when; the first first."""
    return {row["staff_id"]: row["signed_at"] async for row in queries.countersigned(tx.db, session_id=session_id, what=what)}


async def void(tx: Tx, session_id: UUID, what: Countersigned) -> None:
    """What was said no longer counts."""
    await queries.void_countersignatures(tx.db, session_id=session_id, what=what)
