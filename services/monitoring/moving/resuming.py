"""Going on after a pause for blood pressure: what is known of it, clinical 4.4."""

from datetime import datetime

from kit.db import Tx
from services.monitoring import store, tables
from services.monitoring.rules.infusion import paused_for_pressure, why_not_resume
from services.monitoring.store import Session, infusions, queries

PROVIDER_RESUME = "provider_resume_decision"
"""What a provider states when a nurse may let it run again."""


async def why_not(tx: Tx, session: Session, percent: int) -> list[str]:
    """Why it may not go on like this; empty where it was never paused for pressure."""
    infusion = await infusions.infusion(tx, session.session_id)
    changes = infusion.changes if infusion else ()
    last_pause = next((change.at for change in reversed(changes) if change.percent == 0), None)
    if last_pause is None:
        return []
    rule = tables.infusion().resume
    paused_at = paused_for_pressure(changes)
    priorities = await pressure_alarms(tx, session, since=paused_at or last_pause)
    if paused_at is None and not any(priority in rule.priorities for priority in priorities):
        return []
    decided = (await store.attested(tx, session.session_id)).get(PROVIDER_RESUME)
    return why_not_resume(
        rule,
        percent=percent,
        paused_at=paused_at or last_pause,
        pressures=await store.readings(tx, session.session_id, paused_at or last_pause),
        priorities=priorities,
        ordered_at=decided.at if decided is not None and decided.met else None,
    )


async def pressure_alarms(tx: Tx, session: Session, since: datetime | None = None) -> list[str]:
    """Priorities of the pressure alarms that stand, or stood since an instant."""
    rows = queries.alarms(tx.db, session_id=session.session_id, everything=since is not None)
    codes = tables.infusion().resume.alarms
    return [
        row["priority"]
        async for row in rows
        if row["code"] in codes and (row["ended_at"] is None or (since is not None and row["ended_at"] >= since))
    ]
