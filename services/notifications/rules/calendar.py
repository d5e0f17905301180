"""The calendar of those on call, as iCalendar (RFC 5545): the same roster gives the same bytes. Instants are UTC."""

from datetime import datetime, timedelta
from itertools import pairwise

from icalendar import Calendar, Event

from schemas.scheduling.staff import Role
from services.notifications.rules.covers import covering, resolve
from services.notifications.rules.oncall import Rotation, Turn, hand_over_at, in_force, turn_at, turns
from services.notifications.rules.roster import Roster

WEEKS = timedelta(weeks=8)
PRODID = "-//Chairside//on call//EN"


def calendar(roster: Roster, now: datetime, *, staff_id: str | None = None, role: Role | None = None) -> bytes:
    """Turns on call of one person, of one role or of all, from the turn of now to 8 weeks ahead; covers are done.

    Nothing but ids and roles is in it. It changes only when a turn ends or the roster does, so that its hash is an ETag.
    """
    whose = f"{role or 'everybody'}{f' {staff_id}' if staff_id else ''}"
    found = Calendar.new(prodid=PRODID, uid=f"on-call-{whose.replace(' ', '-')}@chairside", name=f"On call: {whose}")
    for rotation in roster.rotations:
        if role is not None and rotation.role != role:
            continue
        for turn in _turns(rotation, now):
            for piece in covered_turns(roster, turn):
                if staff_id is None or piece.staff_id == staff_id:
                    found.add_component(_event(roster, rotation, piece))
    return bytes(found.to_ical())


def covered_turns(roster: Roster, turn: Turn) -> list[Turn]:
    """A turn as it will be: cut where a cover begins or ends, each piece with who is told."""
    within = [one for one in roster.covers if one.starts_at < turn.ends_at and turn.starts_at < one.ends_at]
    cuts = {turn.starts_at, turn.ends_at}
    cuts |= {at for one in within for at in (one.starts_at, one.ends_at) if turn.starts_at < at < turn.ends_at}
    found: list[Turn] = []
    for starts, ends in pairwise(sorted(cuts)):
        staff_id = resolve(turn.staff_id, covering(within, starts))
        begun = found.pop().starts_at if found and found[-1].staff_id == staff_id else starts
        found.append(Turn(staff_id, begun, ends))
    return found


def _turns(rotation: Rotation, now: datetime) -> list[Turn]:
    """Whole turns: the first may have begun, the last may end after 8 weeks."""
    since = hand_over_at(rotation, turn_at(rotation, now)) if in_force(rotation, now) else now
    until = hand_over_at(rotation, turn_at(rotation, now + WEEKS) + 1)
    return turns(rotation, since, until)


def _event(roster: Roster, rotation: Rotation, piece: Turn) -> Event:
    within = [one for one in roster.covers if one.starts_at < piece.ends_at and piece.starts_at < one.ends_at]
    stamps = [rotation.made_at, *(one.made_at for one in within)]
    return Event.new(
        uid=f"{rotation.rotation_id}-{piece.starts_at:%Y%m%dT%H%M%SZ}@on-call.chairside",
        start=piece.starts_at,
        end=piece.ends_at,
        stamp=max(stamps),
        summary=f"On call: {rotation.role} ({piece.staff_id})",
    )
