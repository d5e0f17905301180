"""On call: who is there now or at an instant, and a calendar of it for people's own calendars."""

import hashlib
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from fastapi import Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from kit.auth import LinkRefused, read_link, sign_link
from kit.clock import wall
from kit.db import Tx
from kit.fields import Instant
from kit.http import Command, Refused, Routes, needs, public
from schemas.scheduling.staff import Role
from services.notifications.rules.calendar import WEEKS, calendar
from services.notifications.rules.covers import STANDS_IN
from services.notifications.rules.roster import members_at
from services.notifications.settings import settings_of
from services.notifications.store import people

routes = Routes(tags=["roster"])
FEED_LASTS = timedelta(days=366)
LONGEST_TURN = timedelta(days=366)
WHY = "a calendar program cannot send a token: the link carries its own signature, and shows staff ids and times only"
CALENDAR: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/calendar": {}}, "description": "The calendar."},
    304: {"description": "It has not changed."},
}
StaffId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,39}$")]


class RoleNow(BaseModel):
    """Who is there of a role: those on call are told where nobody is on duty."""

    role: Role
    on_duty: list[str]
    on_call: list[str]


class ChairNow(BaseModel):
    """Who has a chair, after cover and hand-over."""

    chair: int
    staff_id: str
    on_duty: bool


class Now(BaseModel):
    """Who is there at an instant."""

    at: datetime
    roles: list[RoleNow]
    chairs: list[ChairNow]


class WantedFeed(BaseModel):
    """Whose turns a calendar shows: one person's, one role's, or everybody's."""

    model_config = ConfigDict(extra="forbid")

    staff_id: StaffId | None = None
    role: Role | None = None


class FeedLink(BaseModel):
    """What a feed's link carries."""

    model_config = ConfigDict(extra="forbid")

    feed: Literal["on-call"] = "on-call"
    staff_id: str | None
    role: Role | None


class FeedMade(BaseModel):
    """The address to give to a calendar program. Who has it can read it, until it expires."""

    url: str
    expires_at: datetime


@routes.get("/on-call", dependencies=[needs("roster.read")])
async def show_on_call(tx: Command, at: Instant | None = None) -> Now:
    """Who is on duty and on call for each role, and who has which chair: now, or at an instant past or to come."""
    instant = at or tx.now
    staff = members_at(await people.roster(tx, instant, instant), instant)
    return Now(
        at=instant,
        roles=[
            RoleNow(
                role=role,
                on_duty=[m.staff_id for m in staff if m.on_duty and m.role == role],
                on_call=[m.staff_id for m in staff if role in m.on_call],
            )
            for role in STANDS_IN
        ],
        chairs=sorted(
            (ChairNow(chair=chair, staff_id=m.staff_id, on_duty=m.on_duty) for m in staff for chair in m.chairs),
            key=lambda one: (one.chair, one.staff_id),
        ),
    )


@routes.get("/on-call.ics", dependencies=[needs("roster.read")], response_class=Response, responses=CALENDAR)
async def show_calendar(
    request: Request, tx: Command, staff_id: Annotated[StaffId | None, Query()] = None, role: Role | None = None
) -> Response:
    """Turns on call as iCalendar, 8 weeks ahead."""
    return await _calendar(request, tx, staff_id, role)


@routes.post("/on-call/feeds", dependencies=[needs("roster.read")], status_code=201)
async def make_feed(body: WantedFeed, tx: Command) -> FeedMade:
    """A signed address of such a calendar, good for a year, for a calendar program that cannot send a token."""
    settings = settings_of(tx.settings)
    if body.staff_id is not None and body.staff_id not in (await people.roster(tx, tx.now, tx.now)).roles:
        raise Refused(422, "Nobody of this id works here", field="body.staff_id", expected="a registered member of staff")
    expires_at = (wall() + FEED_LASTS).replace(microsecond=0)
    token = sign_link(settings.link_secret.get_secret_value(), FeedLink(staff_id=body.staff_id, role=body.role), expires_at)
    tx.audit("make feed", f"on call: {body.staff_id or body.role or 'everybody'}")
    return FeedMade(url=f"{settings.public_url.rstrip('/')}/on-call/{token}.ics", expires_at=expires_at)


@routes.get("/on-call/{token}.ics", dependencies=[public(WHY)], response_class=Response, responses=CALENDAR)
async def show_feed(token: str, request: Request, tx: Command) -> Response:
    """Turns on call as iCalendar, to whoever has the link."""
    try:
        link = read_link(settings_of(tx.settings).link_secret.get_secret_value(), token, FeedLink, wall())
    except LinkRefused as refused:
        raise Refused(
            404, "No such calendar", str(refused), todo="ask for a new link (POST /on-call/feeds) and subscribe to it"
        ) from None
    return await _calendar(request, tx, link.staff_id, link.role)


async def _calendar(request: Request, tx: Tx, staff_id: str | None, role: Role | None) -> Response:
    roster = await people.roster(tx, tx.now - LONGEST_TURN, tx.now + WEEKS + LONGEST_TURN)
    body = calendar(roster, tx.now, staff_id=staff_id, role=role)
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": "private, max-age=0, must-revalidate"}
    asked = [one.strip().removeprefix("W/") for one in request.headers.get("If-None-Match", "").split(",")]
    if tag in asked or "*" in asked:
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type="text/calendar; charset=utf-8")
