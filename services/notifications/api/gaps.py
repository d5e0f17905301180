"""Gaps: what the roster lacks, and what a change of it would open."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field

from kit.db import Tx
from kit.fields import Instant
from kit.http import Command, Refused, Routes, needs
from services.notifications.rules.gaps import Gap, Unreachable, gaps, judge, opened, unreachable, with_rotation
from services.notifications.rules.people import Whom
from services.notifications.rules.roster import Roster
from services.notifications.settings import policies_of
from services.notifications.store import people

routes = Routes(tags=["roster"])
AHEAD = timedelta(days=14)
"""How far a change of the roster is judged."""
MOST = timedelta(days=92)
NAMED = 3
"""How many gaps a refusal names."""
From = Annotated[Instant | None, Query(alias="from", description="the default is now")]
AcceptGaps = Annotated[bool, Query(description="do it although nobody would be told at some time")]


class GapShown(BaseModel):
    """A step of a policy that tells this kind would find nobody."""

    model_config = ConfigDict(populate_by_name=True)

    kind: Whom
    since: datetime = Field(alias="from")
    until: datetime


class UnreachableShown(BaseModel):
    """On duty or on call, first at this instant, and without contacts."""

    staff_id: str
    first_at: datetime


class Warnings(BaseModel):
    """What the next 14 days lack, for the kinds that somebody is on call for."""

    gaps: list[GapShown]
    unreachable: list[UnreachableShown]


class Lacking(Warnings):
    """What the roster lacks in a time."""

    model_config = ConfigDict(populate_by_name=True)

    since: datetime = Field(alias="from")
    until: datetime
    judged: list[Whom]
    """Round the clock, because somebody is on call for them by a rotation, or because nobody of them is planned at all."""
    unjudged: list[Whom]
    """Planned by shifts alone: whether their nights need anybody is not known here."""


@routes.get("/roster/gaps", dependencies=[needs("roster.read")])
async def show_gaps(tx: Command, since: From = None, until: Instant | None = None) -> Lacking:
    """When a step of a policy would find nobody on duty or on call, and who of those is without contacts: the next 14 days, or
    a time of at most 92."""
    first = since or tx.now
    last = until or first + AHEAD
    if not first < last <= first + MOST:
        raise Refused(422, "This time is none, or too long", field="query.until", expected="after `from`, by at most 92 days")
    told = kinds(tx)
    roster = await people.roster(tx, first, last)
    found = judge(roster, told, await people.with_contacts(tx), first, last)
    return Lacking(
        gaps=_gaps(found.gaps),
        unreachable=_unreachable(found.unreachable),
        since=first,
        until=last,
        judged=[kind for kind in told if kind not in found.unjudged and kind not in ("bedside nurse", "all staff")],
        unjudged=list(found.unjudged),
    )


def kinds(tx: Command) -> list[Whom]:
    """Whom the clinic's policies tell, each once."""
    return list(dict.fromkeys(kind for step in policies_of(tx.settings).step for kind in step.tell))


async def hold_roster(tx: Tx) -> Roster:
    """The roster as it is before a change, held until the transaction ends."""
    await people.hold_roster(tx)
    return await people.roster(tx, tx.now, tx.now + AHEAD)


async def warn(tx: Tx, before: Roster, *, accept_gaps: bool, field: str) -> Warnings:
    """What is lacking after a change. Raises Refused when the change opens a gap that nobody accepted."""
    since, until = tx.now, tx.now + AHEAD
    after = await people.roster(tx, since, until)
    called = [kind for kind in kinds(tx) if kind in with_rotation(before) | with_rotation(after)]
    left = gaps(after, called, since, until)
    new = opened(gaps(before, called, since, until), left)
    if new and not accept_gaps:
        raise Refused(
            409,
            "Nobody would be told",
            f"with this, {_named(new)}",
            field=field,
            expected="true, where the gap is meant",
            todo="plan a shift, a rotation or a cover for that time first, or accept the gap",
        )
    return Warnings(gaps=_gaps(left), unreachable=_unreachable(unreachable(after, await people.with_contacts(tx), since, until)))


def _named(found: Collection[Gap]) -> str:
    first = sorted(found, key=lambda gap: gap.starts_at)[:NAMED]
    named = "; ".join(f"no {gap.kind} from {gap.starts_at:%Y-%m-%dT%H:%M}Z to {gap.ends_at:%Y-%m-%dT%H:%M}Z" for gap in first)
    return f"{named}; and {len(found) - NAMED} more" if len(found) > NAMED else named


def _gaps(found: Collection[Gap]) -> list[GapShown]:
    return [GapShown(kind=gap.kind, since=gap.starts_at, until=gap.ends_at) for gap in found]


def _unreachable(found: Collection[Unreachable]) -> list[UnreachableShown]:
    return [UnreachableShown(staff_id=one.staff_id, first_at=one.first_at) for one in found]
