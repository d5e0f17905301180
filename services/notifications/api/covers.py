"""Cover and hand-over: who does whose work, for a time or until an assignment ends."""

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from kit.fields import Instant, Text, WholeNumber
from kit.http import Command, Refused, Routes, needs
from services.notifications.api.gaps import AcceptGaps, From, Warnings, hold_roster, warn
from services.notifications.rules.covers import STANDS_IN, Cover, circle, covering, overlapping, resolve, stands_in
from services.notifications.rules.people import NURSES
from services.notifications.rules.roster import Roster, members_at
from services.notifications.store import covers, people
from services.notifications.store.covers import MadeCover

routes = Routes(tags=["roster"])
LONGEST = timedelta(days=366)
StaffId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,39}$")]


class WantedCover(BaseModel):
    """Who would tell the absent tells the cover, during this time."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    absent: StaffId
    cover: StaffId
    since: Instant = Field(alias="from", description="no earlier than now: what was is not changed")
    until: Instant
    reason: Annotated[Text, Field(min_length=2, max_length=200, description="without personal data, as in: leave")]
    accept_gaps: bool = False


class CoverShown(BaseModel):
    """A cover as it stands."""

    model_config = ConfigDict(populate_by_name=True)

    cover_id: UUID
    absent: str
    cover: str
    since: datetime = Field(alias="from")
    until: datetime
    reason: str
    made_by: str
    made_at: datetime


class Made(BaseModel):
    """The cover, and what the next 14 days still lack."""

    cover: CoverShown
    warnings: Warnings


class WantedHandover(BaseModel):
    """Chairs to hand over now: one, or all that a nurse has."""

    model_config = ConfigDict(extra="forbid")

    from_staff: StaffId
    to_staff: StaffId
    chair: Annotated[WholeNumber, Field(ge=1)] | None = None


class HandedOver(BaseModel):
    """The chairs that were handed over, until their assignments end."""

    from_staff: str
    to_staff: str
    chairs: list[int]
    handed_at: datetime


@routes.post("/covers", dependencies=[needs("roster.write")], status_code=201)
async def make_cover(body: WantedCover, tx: Command) -> Made:
    """Have somebody stand in for somebody: in their shifts, their chairs and their turns on call."""
    before = await hold_roster(tx)
    starts_at = max(body.since, tx.now)
    wanted = Cover(tx.new_id(), body.absent, body.cover, starts_at, body.until, tx.now)
    _check_people(wanted, before)
    if not starts_at < wanted.ends_at <= starts_at + LONGEST:
        raise Refused(
            422, "This time is none, or too long", field="body.until", expected="after now and `from`, by at most a year"
        )
    known = (await people.roster(tx, starts_at, wanted.ends_at)).covers
    if (other := overlapping(known, wanted)) is not None:
        span = f"{other.starts_at.isoformat(timespec='minutes')} to {other.ends_at.isoformat(timespec='minutes')}"
        raise Refused(
            409,
            "The absent is covered then already",
            f"cover {other.cover_id}, from {span}",
            field="body.from",
            expected="a time in which nobody covers the absent",
            todo=f"end the other first (DELETE /covers/{other.cover_id}), or cover what it leaves",
        )
    if path := circle(known, wanted):
        raise Refused(
            409,
            "The cover would lead back to the absent",
            " -> ".join(path),
            field="body.cover",
            expected="somebody whom the absent does not cover at that time",
            todo="name another cover, or another time",
        )
    await covers.make_cover(tx, wanted, body.reason)
    tx.audit("make cover", f"staff {body.cover} for {body.absent}", reason=body.reason)
    made = await covers.cover_of(tx, wanted.cover_id)
    assert made is not None
    return Made(cover=_shown(made), warnings=await warn(tx, before, accept_gaps=body.accept_gaps, field="body.accept_gaps"))


@routes.get("/covers", dependencies=[needs("roster.read")])
async def list_covers(tx: Command, since: From = None, until: Instant | None = None) -> list[CoverShown]:
    """Covers of the next year, or of a time."""
    first = since or tx.now
    last = until or first + LONGEST
    if last < first:
        raise Refused(422, "This time is none", field="query.until", expected="an instant after `from`")
    return [_shown(one) for one in await covers.covers(tx, first, last)]


@routes.delete("/covers/{cover_id}", dependencies=[needs("roster.write")])
async def end_cover(cover_id: UUID, tx: Command, accept_gaps: AcceptGaps = False) -> Warnings:
    """The absent is back, or will not be absent. What was stays on record."""
    before = await hold_roster(tx)
    made = await covers.cover_of(tx, cover_id)
    if made is None:
        raise Refused(404, "No such cover", f"notifications knows no cover {cover_id}", todo="see GET /covers")
    if made.ends_at <= tx.now:
        raise Refused(409, "It is over", f"it ended at {made.ends_at.isoformat(timespec='minutes')}", todo="nothing")
    await covers.end_cover(tx, cover_id)
    tx.audit("end cover", f"staff {made.cover} for {made.absent}")
    return await warn(tx, before, accept_gaps=accept_gaps, field="query.accept_gaps")


@routes.post("/handovers", dependencies=[needs("roster.handover")], status_code=201)
async def hand_over(body: WantedHandover, tx: Command) -> HandedOver:
    """Give chairs to another nurse now: pages about them go to the taker until the assignments end."""
    await people.hold_roster(tx)
    roster = await people.roster(tx, tx.now, tx.now)
    _check_taker(body, roster, tx.now)
    covered = covering(roster.covers, tx.now)
    theirs = [one for one in roster.chairs if resolve(one.staff_id, covered) == body.from_staff]
    handed = [one for one in theirs if body.chair in (None, one.chair)]
    if not handed:
        raise Refused(
            409,
            "There is nothing to hand over",
            f"{body.from_staff} has {'no chair' if not theirs else 'other chairs'} now",
            field="body.from_staff" if not theirs else "body.chair",
            expected=f"one of {', '.join(str(one.chair) for one in theirs)}" if theirs else "somebody who has a chair now",
            todo="see GET /on-call",
        )
    for one in handed:
        await covers.hand_over(tx, one.assignment_id, body.from_staff, body.to_staff)
    chairs = sorted(one.chair for one in handed)
    tx.audit("hand over chairs", f"chairs {', '.join(map(str, chairs))} from {body.from_staff} to {body.to_staff}")
    return HandedOver(from_staff=body.from_staff, to_staff=body.to_staff, chairs=chairs, handed_at=tx.now)


def _check_people(wanted: Cover, roster: Roster) -> None:
    role = roster.roles.get(wanted.absent)
    if role is None:
        raise Refused(422, "Nobody of this id works here", field="body.absent", expected="a registered member of staff")
    if wanted.absent == wanted.cover:
        raise Refused(422, "Nobody covers themselves", field="body.cover", expected="somebody else")
    if not stands_in(roster.roles.get(wanted.cover), role):
        may = " or a ".join(STANDS_IN[role])
        raise Refused(
            422,
            f"The cover cannot do the work of a {role}",
            field="body.cover",
            expected=f"the staff id of a {may}",
            todo="name another cover",
        )


def _check_taker(body: WantedHandover, roster: Roster, now: datetime) -> None:
    taker = next((m for m in members_at(roster, now) if m.staff_id == body.to_staff), None)
    if taker is None or taker.role not in NURSES:
        raise Refused(422, "A chair is a nurse's", field="body.to_staff", expected="the staff id of a nurse or a charge nurse")
    if body.from_staff == body.to_staff:
        raise Refused(422, "Nobody hands over to themselves", field="body.to_staff", expected="somebody else")
    if not taker.on_duty:
        raise Refused(
            409,
            "The taker is not on duty",
            f"{body.to_staff} has no shift now, and covers nobody who has, or is covered",
            field="body.to_staff",
            expected="somebody on duty now",
            todo="plan their shift in scheduling first (POST /shifts), or name another",
        )


def _shown(made: MadeCover) -> CoverShown:
    return CoverShown(
        cover_id=made.cover_id,
        absent=made.absent,
        cover=made.cover,
        since=made.starts_at,
        until=made.ends_at,
        reason=made.reason,
        made_by=made.made_by,
        made_at=made.made_at,
    )
