"""Going on after a pause for blood pressure: what is known of it, clinical 4.4."""

from datetime import datetime

from kit.db import Tx
from services.monitoring import store, tables
from services.monitoring.rules.infusion import paused_for_pressure, why_not_resume
from services.monitoring.store import Session, infusions, queries

PROVIDER_RESUME = "provider_resume_decision"
"""What a provider states when a nurse may let it run again."""


async def why_not(tx: Tx, session: Session, percent: int) -> list[str]:
    """Why it may not go on like this; empty where it was not paused for pressure.

    It was if a pressure alarm was high when it was paused, or since then while the pause lasts.
    """
    infusion = await infusions.infusion(tx, session.session_id)
    if infusion is None:
        return []
    rule, last = tables.infusion().resume, infusion.changes[-1]
    paused_at = paused_for_pressure(infusion.changes) or (last.at if last.percent == 0 else None)
    if paused_at is None:
        return []
    priorities = await pressure_alarms(tx, session, since=paused_at)
    flagged = paused_for_pressure(infusion.changes) is not None
    if not flagged and not any(priority in rule.priorities for priority in priorities):
        return []
    decided = (await store.attested(tx, session.session_id)).get(PROVIDER_RESUME)
    return why_not_resume(
        rule,
        percent=percent,
        paused_at=paused_at,
        pressures=await store.readings(tx, session.session_id, paused_at),
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
