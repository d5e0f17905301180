"""Figures: the product's promise, counted."""

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import Query
from pydantic import BaseModel

from kit.http import Command, Routes, needs
from schemas.auditor.audits import FaultKind
from schemas.monitoring.alarms import ALARMS
from services.auditor import tables
from services.auditor.settings import settings_of
from services.auditor.store import faults

routes = Routes(tags=["figures"])
MOST_HOURS = int(ALARMS.retention / timedelta(hours=1))
"""What is older is forgotten."""


class Spread(BaseModel):
    """How long something took, in seconds; null where nothing was counted."""

    p50: float | None
    p95: float | None
    max: float | None


class FiguresShown(BaseModel):
    """How alarms reached people. Its ceilings are defaults (evidence D) that a medical director must confirm."""

    since: datetime
    judged: int
    """Times that people had to be told of a high alarm, and that are over."""
    kept: int
    """Those in which every step was told in time."""
    unanswered: int
    """Those that nobody answered though everybody was told: the promise is 0."""
    told: Spread
    """From when the alarm qualified until a channel took the first page."""
    answered: Spread
    """From when the alarm qualified until somebody answered at its priority."""
    faults_open: dict[FaultKind, int]
    untended: int
    """Open faults that nobody takes care of."""
    ways_out: list[str]
    """How the auditor tells of faults; with none, only its log does."""
    heartbeat: bool
    """Whether a dead man's switch is beaten."""
    ceilings_version: str


@routes.get("/figures", dependencies=[needs("audits.read")])
async def show_figures(tx: Command, hours: Annotated[int, Query(ge=1, le=MOST_HOURS)] = 24) -> FiguresShown:
    """What the auditor counted in the last hours."""
    since = tx.now - timedelta(hours=hours)
    found, counts, settings = await faults.figures(tx, since), await faults.count_open(tx), settings_of(tx.settings)
    ways = [name for name, way in (("apprise", settings.way_out), ("webhook", settings.webhook_url)) if way is not None]
    return FiguresShown(
        since=since,
        judged=found.judged,
        kept=found.kept,
        unanswered=found.unanswered,
        told=Spread(p50=found.told_p50, p95=found.told_p95, max=found.told_max),
        answered=Spread(p50=found.answered_p50, p95=found.answered_p95, max=found.answered_max),
        faults_open={kind: count for kind, (count, _) in sorted(counts.items())},
        untended=sum(untended for _, untended in counts.values()),
        ways_out=ways,
        heartbeat=settings.heartbeat_url is not None,
        ceilings_version=tables.ceilings().version,
    )
