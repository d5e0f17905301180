"""The whole course of a session's alarms and pages, as lists that a test can be compared with."""

from uuid import UUID

from schemas.event import Event
from schemas.monitoring.alarms import (
    ALARMS,
    AlarmAcknowledged,
    AlarmConditionCleared,
    AlarmConditionReturned,
    AlarmEnded,
    AlarmPriorityChanged,
    AlarmRaised,
    AlarmResolved,
)
from schemas.notifications.pages import PAGES, PageSent
from tests.story.clinic import Clinic

Said = tuple[float, str]
"""Seconds since the infusion began, and what was said."""


async def told(clinic: Clinic, session: str) -> list[Said]:
    """All that was said of a session's alarms, and of its devices: which, at what priority, with what advice, until when.

    Of an advice the first clause: what to do with the infusion.
    """
    codes: dict[UUID, str] = {}
    found: list[Said] = []
    began = clinic.began[session]
    for envelope, event in await clinic.stage.said(ALARMS):
        if getattr(event, "session_id", None) is not None and str(event.session_id) != session:
            continue
        if (words := _words(event, codes)) is not None:
            found.append((round((envelope.time - began).total_seconds(), 3), words))
    return sorted(found, key=lambda said: said[0])


def _words(event: Event, codes: dict[UUID, str]) -> str | None:
    if isinstance(event, AlarmRaised | AlarmPriorityChanged):
        codes[event.alarm_id] = event.code
        what = "raised" if isinstance(event, AlarmRaised) else f"from {event.previous} to"
        how = ("" if event.confirmed else " unconfirmed") + (" late" if event.late else "")
        advice = event.advice.split(";")[0]
        return f"{event.code} {what} {event.priority}{how}" + (f": {advice}" if advice else "")
    if isinstance(event, AlarmAcknowledged):
        return f"{codes[event.alarm_id]} answered by {event.by}"
    if isinstance(event, AlarmConditionCleared | AlarmEnded):
        what = "ended" if isinstance(event, AlarmEnded) else "cleared"
        return f"{event.code} {what}" + (", probably an artefact" if event.probable_artefact else "")
    if isinstance(event, AlarmConditionReturned):
        return f"{event.code} returned"
    if isinstance(event, AlarmResolved):
        return f"{codes[event.alarm_id]} was {event.resolution}"
    return None


async def paged(clinic: Clinic, session: str) -> list[Said]:
    """Who was paged when, at which chair and priority: all there is, of every session, and nobody else's pager rang."""
    began = clinic.began[session]
    sent = await clinic.events(PAGES, PageSent)
    assert len(sent) == len(clinic.pager.pages)
    rows = [
        (round((one.sent_at - began).total_seconds(), 3), f"{one.staff_id}: chair {one.chair} {one.priority}") for one in sent
    ]
    return sorted(rows)
