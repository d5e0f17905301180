"""Telling: one plain line for each event worth one, without names or values of patients."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from chairside.view.picture import Picture
from schemas.auditor import audits
from schemas.event import Event
from schemas.intake import consents, orders, referrals, safety, screenings
from schemas.monitoring import alarms, sessions
from schemas.notifications import pages
from schemas.scheduling import appointments, series, waitlist


def short(identifier: UUID | None) -> str:
    """What a patient is called on the board: the first six digits of an id."""
    return str(identifier)[:6] if identifier else "-"


def lasted(span: timedelta | float, *, tight: bool = False) -> str:
    """A span in words: `4 s`, `3 min`, `1 h 05`."""
    seconds = max(0.0, span.total_seconds() if isinstance(span, timedelta) else span)
    gap = "" if tight else " "
    if seconds < 100:
        return f"{seconds:.0f}{gap}s"
    if seconds < 5400:
        return f"{seconds / 60:.0f}{gap}{'m' if tight else 'min'}"
    if seconds < 172_800:
        return f"{seconds / 3600:.0f}{gap}h"
    return f"{seconds / 86_400:.0f}{gap}d"


def told(picture: Picture, event: Event) -> str | None:
    """A line about an event; None for what happens all the time."""
    line = LINES.get(type(event))
    return line(picture, event) if line else None


def _patient(text: str) -> Callable[[Picture, Any], str]:
    return lambda _, event: f"patient {short(event.patient_id)}: {text}"


def _chair(text: str) -> Callable[[Picture, Any], str]:
    return lambda _, event: f"chair {event.chair}: {text}"


def _place(event: Any) -> str:
    if getattr(event, "chair", None):
        return f"chair {event.chair}: "
    if getattr(event, "patient_id", None):
        return f"patient {short(event.patient_id)}: "
    return ""


def _about(picture: Picture, event: Any) -> str:
    page = picture.page(event.page_id)
    return f"chair {page.chair}: " if page.chair else (f"patient {short(page.patient_id)}: " if page.patient_id else "")


def _unmet(event: Any) -> str:
    return ", ".join(fact.id for fact in event.facts if fact.hard and not fact.met)


LINES: Mapping[type[Event], Callable[[Picture, Any], str]] = {
    referrals.ReferralReceived: _patient("a referral came in"),
    safety.SuicideRiskSignalled: _patient("an answer that a prescriber must read now"),
    consents.ConsentSigned: _patient("consent signed"),
    screenings.ScreeningDecided: lambda _, e: f"patient {short(e.patient_id)}: screened, {e.decision}",
    orders.OrderSigned: _patient("order signed"),
    series.SeriesPlanned: lambda _, e: f"patient {short(e.patient_id)}: {len(e.appointments)} infusions booked",
    waitlist.WaitlistJoined: _patient("no place, so on the waitlist"),
    appointments.PatientArrived: lambda _, e: f"chair {e.chair}: patient {short(e.patient_id)} arrived",
    appointments.AppointmentMissed: _patient("did not come"),
    sessions.SessionCleared: _chair("start gate passed"),
    sessions.SessionHeld: lambda _, e: f"chair {e.chair}: {e.outcome.lower()}, not met: {_unmet(e)}",
    sessions.SessionCancelled: _chair("no infusion today"),
    sessions.InfusionStarted: _chair("infusion started"),
    sessions.InfusionSlowed: lambda _, e: f"chair {e.chair}: infusion slowed to {e.rate_percent} %",
    sessions.InfusionPaused: _chair("infusion paused"),
    sessions.InfusionResumed: lambda _, e: f"chair {e.chair}: infusion resumed at {e.rate_percent} %",
    sessions.InfusionEnded: _chair("infusion ended"),
    sessions.InfusionStopped: _chair("infusion stopped"),
    sessions.BolusGiven: _chair("bolus given"),
    sessions.TimeOutCompleted: _chair("time-out by two people"),
    sessions.PatientTransferred: _chair("sent to a hospital"),
    sessions.DischargeJudged: lambda _, e: (
        f"chair {e.chair}: " + ("ready to go home" if e.ready else f"not ready to go: {_unmet(e)}")
    ),
    sessions.PatientDischarged: _chair("went home with an escort"),
    sessions.PatientLeftAgainstAdvice: _chair("left against advice"),
    sessions.FollowUpCallDue: lambda _, e: f"call {e.number} to the patient who was in chair {e.chair} is due",
    sessions.FollowUpCallMade: lambda _, e: (
        f"call {e.number} to the patient who was in chair {e.chair}: {'reached' if e.reached else 'nobody reached'}"
    ),
    alarms.AlarmRaised: lambda _, e: (
        f"{_place(e)}{e.priority.upper()} {e.title}, {e.code}{'' if e.confirmed else ' (unconfirmed)'}"
    ),
    alarms.AlarmPriorityChanged: lambda _, e: f"{_place(e)}{e.priority.upper()} {e.title}, {e.code} (was {e.previous})",
    alarms.AlarmAcknowledged: lambda _, e: f"{_place(e)}{e.priority} alarm answered by {e.by} ({e.via})",
    alarms.AlarmConditionCleared: lambda _, e: (
        f"{_place(e)}{e.code}: the condition is over"
        f"{', a probable artefact' if e.probable_artefact else ''}; the alarm waits for an answer"
    ),
    alarms.AlarmConditionReturned: lambda _, e: f"{_place(e)}{e.code}: the condition is there again",
    alarms.AlarmResolved: lambda _, e: f"{_place(e)}alarm was {e.resolution}, says {e.by}",
    alarms.AlarmEnded: lambda _, e: f"{_place(e)}alarm {e.code} is over",
    pages.PageSent: lambda p, e: f"{_about(p, e)}told {e.staff_id} by {e.medium or e.channel}",
    pages.PageDelivered: lambda p, e: f"{_about(p, e)}{e.medium} reached {e.staff_id}",
    pages.PageFailed: lambda p, e: f"{_about(p, e)}{e.medium or e.channel} of {e.staff_id} failed",
    pages.PageDeclined: lambda p, e: f"{_about(p, e)}{e.staff_id} cannot come{', passed on' if e.passed_on else ''}",
    pages.PageResolved: lambda p, e: f"{_about(p, e)}resolved by {e.by}",
    pages.PageEscalated: lambda p, e: f"{_about(p, e)}nobody answered, step {e.step}: {', '.join(e.told) or 'nobody on duty'}",
    pages.PageAcknowledged: lambda p, e: f"{_about(p, e)}{e.staff_id} answered after {lasted(e.waited_seconds)}",
    pages.AcknowledgementLapsed: lambda p, e: f"{_about(p, e)}the answer is too old, paging again",
    audits.AuditFaultFound: lambda _, e: f"{_place(e)}AUDIT {e.what}",
    audits.AuditFaultMended: lambda _, e: f"{_place(e)}audit: right again ({e.kind})",
    audits.AuditFaultAcknowledged: lambda _, e: f"{_place(e)}audit: {e.by} takes care ({e.kind})",
}
