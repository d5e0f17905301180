"""Fold: what each event changes in the picture. Facts of different topics may come in any order."""

from collections.abc import Callable, Mapping
from typing import Any

from chairside.view.picture import PRIORITIES, Answer, Picture, Reading, Session, Visit
from chairside.view.telling import told
from schemas.auditor import audits
from schemas.event import Envelope, Event
from schemas.intake.patients import PatientRegistered
from schemas.monitoring import alarms, sessions
from schemas.monitoring.vitals import VitalsMeasured
from schemas.notifications import pages
from schemas.scheduling import appointments
from schemas.scheduling.staff import StaffMemberRegistered
from schemas.trends.trends import AlarmLoadComputed, TrendComputed

SYSTOLIC = "8480-6"


def fold(picture: Picture, topic: str, envelope: Envelope, event: Event) -> str | None:
    """Take a fact in. Returns a line about it, when it is worth one."""
    picture.topics[topic] += 1
    picture.events[envelope.type] += 1
    picture.number(topic, envelope.subject, envelope.sequence)
    picture.latest = max(envelope.time, picture.latest or envelope.time)
    if change := FOLDS.get(type(event)):
        change(picture, event)
    line = told(picture, event)
    if line:
        line = f"{envelope.time:%H:%M:%S}  {line}"
        picture.tell(envelope.time, line)
    return line


def registered(picture: Picture, event: PatientRegistered) -> None:
    """A patient has a name."""
    picture.people[event.patient_id] = event.identity


def hired(picture: Picture, event: StaffMemberRegistered) -> None:
    """A staff id has a role."""
    picture.staff[event.staff_id] = event.role


def booked(picture: Picture, event: appointments.AppointmentBooked) -> None:
    """A chair is taken at a time."""
    picture.visits[event.appointment_id] = Visit(
        event.appointment_id, event.patient_id, event.chair, event.number, event.starts_at
    )


def visit_becomes(state: Any) -> Callable[[Picture, Any], None]:
    """An appointment ends in a state."""

    def change(picture: Picture, event: Any) -> None:
        if visit := picture.visits.get(event.appointment_id):
            visit.state = state

    return change


def opened(picture: Picture, event: sessions.SessionOpened) -> None:
    """Somebody sits in a chair."""
    session = picture.session(event.session_id)
    session.patient_id, session.chair, session.began_at = event.patient_id, event.chair, event.opened_at
    if session.phase == "unknown":
        session.move("in the chair", event.opened_at)


def moves(phase: Any, at: str) -> Callable[[Picture, Any], None]:
    """A session enters a phase at the instant that a field of the event names."""

    def change(picture: Picture, event: Any) -> None:
        session = picture.session(event.session_id)
        session.chair = event.chair
        session.move(phase, getattr(event, at))
        session.percent = _percent(session, event)
        if isinstance(event, sessions.InfusionStarted):
            session.infusion_began = event.started_at
        if isinstance(event, sessions.SessionHeld):
            session.unmet = tuple(fact.id for fact in event.facts if fact.hard and not fact.met)

    return change


def _percent(session: Session, event: Any) -> int:
    if isinstance(event, sessions.InfusionStarted):
        return 100
    return int(getattr(event, "rate_percent", 0))


def resumed(picture: Picture, event: sessions.InfusionResumed) -> None:
    """The drug runs again, wholly or in part."""
    session = picture.session(event.session_id)
    session.percent = event.rate_percent
    session.move("infusing" if event.rate_percent >= 100 else "slowed", event.resumed_at)


def judged(picture: Picture, event: sessions.DischargeJudged) -> None:
    """Somebody asked whether the patient may go."""
    session = picture.session(event.session_id)
    session.unmet = tuple(fact.id for fact in event.facts if not fact.met)
    if event.ready and not session.over:
        session.move("ready to go", event.judged_at)


def bound(picture: Picture, event: sessions.DeviceBound) -> None:
    """A device watches a session."""
    picture.session(event.session_id).devices.add(event.device_id)


def released(picture: Picture, event: sessions.DeviceReleased) -> None:
    """A device no longer watches a session."""
    picture.session(event.session_id).devices.discard(event.device_id)


def measured(picture: Picture, event: VitalsMeasured) -> None:
    """New values; an older one never replaces a newer one."""
    picture.readings[event.device_id] += 1
    picture.simulated |= event.simulated
    if event.session_id is None:
        return
    session = picture.session(event.session_id)
    for measurement in event.measurements:
        old = session.readings.get(measurement.code)
        if old and old.measured_at > event.measured_at:
            continue
        session.readings[measurement.code] = Reading(
            measurement.value, measurement.unit, event.measured_at, event.method, event.simulated
        )
        if measurement.code == SYSTOLIC and measurement.value is not None:
            session.trace.append(measurement.value)


def trend(picture: Picture, event: TrendComputed) -> None:
    """How the vital signs of a session move."""
    session = picture.session(event.session_id)
    session.slopes = {one.code: one.slope_per_minute for one in event.trends}


def load(picture: Picture, event: AlarmLoadComputed) -> None:
    """The alarm load of an hour; one that rests on fewer facts is older."""
    known = picture.load.get(event.hour)
    if known is None or event.facts >= known.facts:
        picture.load[event.hour] = event


def raised(picture: Picture, event: alarms.AlarmRaised) -> None:
    """An alarm stands."""
    alarm = picture.alarm(event.alarm_id)
    alarm.code, alarm.title, alarm.kind, alarm.confirmed = event.code, event.title, event.kind, event.confirmed
    alarm.session_id, alarm.chair, alarm.raised_at = event.session_id, event.chair, event.raised_at
    alarm.detail = alarm.detail or event.detail
    alarm.priority = alarm.highest = event.priority


def reprioritised(picture: Picture, event: alarms.AlarmPriorityChanged) -> None:
    """An alarm is more, or less, urgent."""
    alarm = picture.alarm(event.alarm_id)
    alarm.priority, alarm.title, alarm.detail = event.priority, event.title, event.detail or alarm.detail
    order = ("low", "medium", "high", "emergency")
    alarm.highest = max(alarm.highest, event.priority, key=order.index)


def acknowledged(picture: Picture, event: alarms.AlarmAcknowledged) -> None:
    """Somebody answered an alarm."""
    alarm = picture.alarm(event.alarm_id)
    alarm.answered_by, alarm.answered_via, alarm.answered_at = event.by, event.via, event.acknowledged_at


def cleared(picture: Picture, event: alarms.AlarmConditionCleared) -> None:
    """The condition is over; the alarm waits for an answer."""
    alarm = picture.alarm(event.alarm_id)
    alarm.cleared_at, alarm.artefact = event.cleared_at, event.probable_artefact


def returned(picture: Picture, event: alarms.AlarmConditionReturned) -> None:
    """The condition is there again."""
    alarm = picture.alarm(event.alarm_id)
    alarm.cleared_at, alarm.artefact = None, False


def ended(picture: Picture, event: alarms.AlarmEnded) -> None:
    """An alarm is over."""
    picture.alarm(event.alarm_id).ended_at = event.ended_at


def page_opened(picture: Picture, event: pages.PageOpened) -> None:
    """Somebody has to be told."""
    page = picture.page(event.page_id)
    page.subject, page.priority, page.alarm_id, page.opened_at = event.subject, event.priority, event.alarm_id, event.opened_at
    page.asked_since, page.highest = event.opened_at, event.priority
    page.session_id, page.patient_id, page.chair = event.session_id, event.patient_id, event.chair


def page_joined(picture: Picture, event: pages.PageJoined) -> None:
    """The page asks about one alarm more."""
    page = picture.page(event.page_id)
    page.highest = min(page.highest, event.priority, key=PRIORITIES.index)


def page_sent(picture: Picture, event: pages.PageSent) -> None:
    """Somebody was told; of something more urgent than before, or than was answered for, the asking begins anew."""
    page = picture.page(event.page_id)
    page.sent += 1
    known = {alarm: PRIORITIES.index(priority) for alarm, priority in page.covered.items()}
    new = any(PRIORITIES.index(one.priority) < known.get(one.alarm_id, len(PRIORITIES)) for one in event.alarms)
    if PRIORITIES.index(event.priority) < PRIORITIES.index(page.priority) or (page.answered_by and new):
        page.priority, page.asked_since, page.answered_by = event.priority, event.sent_at, None
    page.highest = min(page.highest, event.priority, key=PRIORITIES.index)
    page.step = max(page.step, event.step)
    if event.staff_id not in page.told:
        page.told.append(event.staff_id)


def page_failed(picture: Picture, event: pages.PageFailed) -> None:
    """A channel did not take it."""
    picture.page(event.page_id).failed += 1


def escalated(picture: Picture, event: pages.PageEscalated) -> None:
    """The next people are told."""
    page = picture.page(event.page_id)
    page.step = max(page.step, event.step)
    page.priority = event.priority


def answered(picture: Picture, event: pages.PageAcknowledged) -> None:
    """Somebody answered a page by its link."""
    page = picture.page(event.page_id)
    page.answered_by, page.answered_at = event.staff_id, event.answered_at
    page.covered |= {one.alarm_id: one.priority for one in event.alarms}
    if since := page.asked_since or page.opened_at:
        page.answers.append(Answer(event.staff_id, (event.answered_at - since).total_seconds(), bedside=False))


def lapsed(picture: Picture, event: pages.AcknowledgementLapsed) -> None:
    """The paging begins again."""
    page = picture.page(event.page_id)
    page.lapses += 1
    page.covered.pop(event.alarm_id, None)
    page.asked_since, page.answered_by = event.lapsed_at, None


def page_resolved(picture: Picture, event: pages.PageResolved) -> None:
    """Somebody said what became of it."""
    picture.page(event.page_id).answered_by = event.by


def page_closed(picture: Picture, event: pages.PageClosed) -> None:
    """The paging is over."""
    picture.page(event.page_id).closed = event.reason


def audited(picture: Picture, event: audits.AuditKept) -> None:
    """The auditor lives, and says its figures."""
    if picture.audit is None or event.kept_at >= picture.audit.kept_at:
        picture.audit = event


def fault_found(picture: Picture, event: audits.AuditFaultFound) -> None:
    """Something is wrong; wrong again, where it was found before."""
    picture.faults[event.fault_id] = event


def fault_mended(picture: Picture, event: audits.AuditFaultMended) -> None:
    """It is right again."""
    picture.faults.pop(event.fault_id, None)


FOLDS: Mapping[type[Event], Callable[[Picture, Any], None]] = {
    PatientRegistered: registered,
    StaffMemberRegistered: hired,
    appointments.AppointmentBooked: booked,
    appointments.AppointmentCancelled: visit_becomes("cancelled"),
    appointments.PatientArrived: visit_becomes("arrived"),
    appointments.AppointmentMissed: visit_becomes("missed"),
    sessions.SessionOpened: opened,
    sessions.SessionCleared: moves("cleared", "cleared_at"),
    sessions.SessionHeld: moves("held", "held_at"),
    sessions.SessionCancelled: moves("cancelled", "cancelled_at"),
    sessions.InfusionStarted: moves("infusing", "started_at"),
    sessions.InfusionSlowed: moves("slowed", "slowed_at"),
    sessions.InfusionPaused: moves("paused", "paused_at"),
    sessions.InfusionResumed: resumed,
    sessions.InfusionEnded: moves("recovering", "ended_at"),
    sessions.InfusionStopped: moves("recovering", "stopped_at"),
    sessions.PatientTransferred: moves("transferred", "transferred_at"),
    sessions.DischargeJudged: judged,
    sessions.PatientDischarged: moves("home", "discharged_at"),
    sessions.PatientLeftAgainstAdvice: moves("left", "left_at"),
    sessions.DeviceBound: bound,
    sessions.DeviceReleased: released,
    VitalsMeasured: measured,
    TrendComputed: trend,
    AlarmLoadComputed: load,
    alarms.AlarmRaised: raised,
    alarms.AlarmPriorityChanged: reprioritised,
    alarms.AlarmAcknowledged: acknowledged,
    alarms.AlarmConditionCleared: cleared,
    alarms.AlarmConditionReturned: returned,
    alarms.AlarmEnded: ended,
    pages.PageOpened: page_opened,
    pages.PageJoined: page_joined,
    pages.PageSent: page_sent,
    pages.PageFailed: page_failed,
    pages.PageEscalated: escalated,
    pages.PageAcknowledged: answered,
    pages.AcknowledgementLapsed: lapsed,
    pages.PageResolved: page_resolved,
    pages.PageClosed: page_closed,
    audits.AuditKept: audited,
    audits.AuditFaultFound: fault_found,
    audits.AuditFaultMended: fault_mended,
}
