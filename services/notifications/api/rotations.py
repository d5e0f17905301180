"""Rotations: who is on call in turn, outside shifts."""

from dataclasses import replace
from datetime import date, datetime, time
from functools import cache
from typing import Annotated
from zoneinfo import available_timezones

from fastapi import Path
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from kit.fields import FIRST_YEAR, LAST_YEAR, WholeNumber
from kit.http import Command, Refused, Routes, needs
from schemas.scheduling.staff import Role
from services.notifications.api.gaps import AcceptGaps, Warnings, hold_roster, warn
from services.notifications.rules.covers import STANDS_IN, stands_in
from services.notifications.rules.oncall import Rotation, first_hand_over
from services.notifications.rules.roster import Roster
from services.notifications.store import rotations
from services.notifications.store.rotations import Version

routes = Routes(tags=["roster"])
RotationId = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9._-]{0,39}$")]
known_zones = cache(available_timezones)


def _local_date(given: str) -> str:
    try:
        day = date.fromisoformat(given)
    except ValueError:
        raise PydanticCustomError("local_date", "Input should be a local date, such as 2026-03-02") from None
    if not FIRST_YEAR <= day.year < LAST_YEAR - 1:
        raise PydanticCustomError("local_date", "Input should be a local date between the years 1900 and 2198")
    return given


def _local_time(given: str) -> str:
    try:
        return f"{datetime.strptime(given, '%H:%M').time():%H:%M}"  # noqa: DTZ007
    except ValueError:
        raise PydanticCustomError("local_time", "Input should be a local time of hours and minutes, such as 08:00") from None


def _zone(given: str) -> str:
    if given not in known_zones():
        raise PydanticCustomError("time_zone", "Input should be the IANA name of a time zone, such as America/New_York")
    return given


class Planned(BaseModel):
    """Members who are on call in turn: the first from the first date on, at the hand-over's local time, each for so many days."""

    model_config = ConfigDict(extra="forbid")

    role: Role
    time_zone: Annotated[str, AfterValidator(_zone)]
    members: Annotated[list[Annotated[str, Field(max_length=40)]], Field(min_length=1, max_length=50)]
    first_date: Annotated[str, AfterValidator(_local_date)]
    hand_over: Annotated[str, AfterValidator(_local_time)]
    days: Annotated[WholeNumber, Field(ge=1, le=366)]


class Wanted(Planned):
    """A rotation, and whether it may leave times in which nobody is told."""

    accept_gaps: bool = False


class RotationShown(Planned):
    """A rotation, and the time for which it says who is on call."""

    model_config = ConfigDict(populate_by_name=True)

    rotation_id: str
    since: datetime = Field(alias="from")
    until: datetime | None
    made_by: str
    made_at: datetime


class Put(BaseModel):
    """The rotation, and what the next 14 days still lack."""

    rotation: RotationShown
    warnings: Warnings


@routes.put("/rotations/{rotation_id}", dependencies=[needs("roster.write")])
async def put_rotation(rotation_id: RotationId, body: Wanted, tx: Command) -> Put:
    """Plan who is on call, from the rotation's first hand-over on, or from now where that is past. What its id meant before stays
    until then, and stays on record."""
    before = await hold_roster(tx)
    _check_members(body, before)
    wanted = _rotation(rotation_id, body, tx.now)
    known = await rotations.versions(tx, rotation_id)
    if not known or not _same(known[-1].rotation, wanted):
        await rotations.put_rotation(tx, wanted)
        known = await rotations.versions(tx, rotation_id)
        tx.audit("put rotation", f"rotation {rotation_id}")
    return Put(
        rotation=_shown(known[-1]), warnings=await warn(tx, before, accept_gaps=body.accept_gaps, field="body.accept_gaps")
    )


@routes.delete("/rotations/{rotation_id}", dependencies=[needs("roster.write")])
async def end_rotation(rotation_id: RotationId, tx: Command, accept_gaps: AcceptGaps = False) -> Warnings:
    """Nobody is on call by this rotation any more. Who was stays on record."""
    before = await hold_roster(tx)
    known = await rotations.versions(tx, rotation_id)
    if not [one for one in known if one.rotation.until is None or one.rotation.until > tx.now]:
        raise _unknown(rotation_id)
    await rotations.end_rotation(tx, rotation_id, tx.now)
    tx.audit("end rotation", f"rotation {rotation_id}")
    return await warn(tx, before, accept_gaps=accept_gaps, field="query.accept_gaps")


@routes.get("/rotations", dependencies=[needs("roster.read")])
async def list_rotations(tx: Command) -> list[RotationShown]:
    """Rotations that are in force or will be."""
    known = await rotations.versions(tx, None)
    return [_shown(one) for one in known if one.rotation.until is None or one.rotation.until > tx.now]


@routes.get("/rotations/{rotation_id}", dependencies=[needs("roster.read")])
async def show_rotation(rotation_id: RotationId, tx: Command) -> list[RotationShown]:
    """What a rotation said, says and will say, in order of time."""
    known = await rotations.versions(tx, rotation_id)
    if not known:
        raise _unknown(rotation_id)
    return [_shown(one) for one in known]


def _unknown(rotation_id: str) -> Refused:
    return Refused(404, "No such rotation", f"notifications knows no rotation {rotation_id}", todo="see GET /rotations")


def _check_members(body: Planned, roster: Roster) -> None:
    for place, staff_id in enumerate(body.members):
        if not stands_in(roster.roles.get(staff_id), body.role):
            may = " or a ".join(STANDS_IN[body.role])
            raise Refused(
                422,
                f"A member is no {body.role}",
                "Scheduling has told of nobody of this id and role.",
                field=f"body.members.{place}",
                expected=f"the staff id of a {may}",
                todo="register them in scheduling first (POST /staff), or name another",
            )


def _rotation(rotation_id: str, body: Planned, now: datetime) -> Rotation:
    wanted = Rotation(
        rotation_id,
        body.role,
        body.time_zone,
        tuple(body.members),
        date.fromisoformat(body.first_date),
        time.fromisoformat(body.hand_over),
        body.days,
        since=now,
        made_at=now,
    )
    return replace(wanted, since=max(now, first_hand_over(wanted)))


def _same(known: Rotation, wanted: Rotation) -> bool:
    """Whether the last of what is known goes on and says what is wanted, from then on."""
    alike = replace(known, since=wanted.since, made_at=wanted.made_at) == wanted
    return alike and known.since <= wanted.since


def _shown(version: Version) -> RotationShown:
    rotation = version.rotation
    return RotationShown(
        role=rotation.role,
        time_zone=rotation.time_zone,
        members=list(rotation.members),
        first_date=rotation.first_date.isoformat(),
        hand_over=f"{rotation.hand_over:%H:%M}",
        days=rotation.days,
        rotation_id=rotation.rotation_id,
        since=rotation.since,
        until=rotation.until,
        made_by=version.made_by,
        made_at=rotation.made_at,
    )
