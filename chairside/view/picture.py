"""The picture: what an observer of all topics knows of the clinic, built fact by fact. It holds no names of people by itself."""

from bisect import insort
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Literal
from uuid import UUID

from schemas.auditor.audits import AuditFaultFound, AuditKept
from schemas.intake.patients import PatientIdentity
from schemas.monitoring.alarms import AlarmKind, Priority
from schemas.trends.trends import AlarmLoadComputed

Phase = Literal[
    "unknown",
    "in the chair",
    "held",
    "cleared",
    "infusing",
    "slowed",
    "paused",
    "recovering",
    "ready to go",
    "home",
    "left",
    "transferred",
    "cancelled",
]
PRIORITIES: tuple[Priority, ...] = ("emergency", "high", "medium", "low")
TRACE = 240
"""How many systolic pressures of a session are remembered for its curve."""
TODAY = timedelta(hours=12)
"""What counts as of this day."""
SHOWN_AFTER_END = timedelta(hours=3)
"""How long a chair still shows who was there last."""


@dataclass
class Reading:
    """The last value of a vital sign; None from a probe that is off."""

    value: float | None
    unit: str
    measured_at: datetime
    method: str
    simulated: bool


@dataclass
class Session:
    """A patient's session as told so far."""

    session_id: UUID
    patient_id: UUID | None = None
    chair: int | None = None
    phase: Phase = "unknown"
    since: datetime | None = None
    began_at: datetime | None = None
    infusion_began: datetime | None = None
    percent: int = 0
    unmet: tuple[str, ...] = ()
    devices: set[str] = field(default_factory=set)
    readings: dict[str, Reading] = field(default_factory=dict)
    trace: deque[float] = field(default_factory=lambda: deque(maxlen=TRACE))
    slopes: dict[str, float] = field(default_factory=dict)

    @property
    def over(self) -> bool:
        """Nobody sits there any more."""
        return self.phase in ("home", "left", "transferred", "cancelled")

    def move(self, phase: Phase, at: datetime) -> None:
        """Enter a phase."""
        self.phase, self.since = phase, at


@dataclass
class Alarm:
    """An alarm as told so far."""

    alarm_id: UUID
    code: str = ""
    title: str = ""
    detail: str = ""
    """Why, where the title does not say it."""
    kind: AlarmKind = "physiological"
    priority: Priority = "low"
    highest: Priority = "low"
    session_id: UUID | None = None
    chair: int | None = None
    raised_at: datetime | None = None
    confirmed: bool = True
    answered_by: str | None = None
    answered_via: str | None = None
    answered_at: datetime | None = None
    cleared_at: datetime | None = None
    """Since when its condition is over while it waits for an answer."""
    artefact: bool = False
    ended_at: datetime | None = None

    @property
    def open(self) -> bool:
        """It stands."""
        return self.ended_at is None


@dataclass(frozen=True)
class Answer:
    """Who answered a page, after how many seconds of being asked."""

    by: str
    seconds: float
    bedside: bool


@dataclass
class Page:
    """A page as told so far."""

    page_id: UUID
    subject: str = "alarm"
    priority: Priority = "high"
    highest: Priority = "low"
    alarm_id: UUID | None = None
    session_id: UUID | None = None
    patient_id: UUID | None = None
    chair: int | None = None
    opened_at: datetime | None = None
    told: list[str] = field(default_factory=list)
    """Staff ids in the order they were told."""
    step: int = 0
    sent: int = 0
    failed: int = 0
    asked_since: datetime | None = None
    """When the asking began, or began anew because it became more urgent or the answer too old."""
    answered_by: str | None = None
    answered_at: datetime | None = None
    answers: list[Answer] = field(default_factory=list)
    """All answers by link: it may be asked again, when it becomes more urgent or an answer too old."""
    covered: dict[UUID, Priority] = field(default_factory=dict)
    """The alarms that were answered for, at which priority: another one, or a higher one, is asked about anew."""
    closed: str | None = None
    lapses: int = 0


@dataclass
class Visit:
    """An appointment as told so far."""

    appointment_id: UUID
    patient_id: UUID
    chair: int
    number: int
    starts_at: datetime
    state: Literal["booked", "arrived", "cancelled", "missed"] = "booked"


MOST_LINES = 60


@dataclass
class Picture:
    """The clinic as told so far."""

    sessions: dict[UUID, Session] = field(default_factory=dict)
    alarms: dict[UUID, Alarm] = field(default_factory=dict)
    pages: dict[UUID, Page] = field(default_factory=dict)
    visits: dict[UUID, Visit] = field(default_factory=dict)
    people: dict[UUID, PatientIdentity] = field(default_factory=dict)
    """Names, for whoever asked to see them."""
    staff: dict[str, str] = field(default_factory=dict)
    """Role by staff id."""
    load: dict[datetime, AlarmLoadComputed] = field(default_factory=dict)
    """Alarm load by the beginning of its hour."""
    audit: AuditKept | None = None
    """The auditor's last proof of life, with its figures."""
    faults: dict[UUID, AuditFaultFound] = field(default_factory=dict)
    """What the auditor found wrong and is not right again."""
    topics: Counter[str] = field(default_factory=Counter)
    events: Counter[str] = field(default_factory=Counter)
    readings: Counter[str] = field(default_factory=Counter)
    """Readings by device id."""
    sequences: dict[tuple[str, str], int] = field(default_factory=dict)
    lost: int = 0
    """Events missing in the numbering of their topic and key."""
    repeated: int = 0
    """Events that came again."""
    unreadable: int = 0
    simulated: bool = False
    """Some reading was a simulated one."""
    latest: datetime | None = None
    """The latest instant that any envelope named."""
    lately: list[tuple[datetime, str]] = field(default_factory=list)
    """The latest lines, by the clinic's time: topics are read up one after the other."""

    def tell(self, at: datetime, line: str) -> None:
        """Say a line about an instant."""
        insort(self.lately, (at, line), key=itemgetter(0))
        del self.lately[:-MOST_LINES]

    def session(self, session_id: UUID) -> Session:
        """A session, also when its opening was not told yet."""
        return self.sessions.setdefault(session_id, Session(session_id))

    def alarm(self, alarm_id: UUID) -> Alarm:
        """An alarm, also when its raising was not told yet."""
        return self.alarms.setdefault(alarm_id, Alarm(alarm_id))

    def page(self, page_id: UUID) -> Page:
        """A page, also when its opening was not told yet."""
        return self.pages.setdefault(page_id, Page(page_id))

    def number(self, topic: str, key: str, sequence: int) -> None:
        """Note the number of an event in its topic and key; 0 is no number."""
        if not sequence:
            return
        last = self.sequences.get((topic, key))
        if last is not None and sequence <= last:
            self.repeated += 1
            return
        if last is not None:
            self.lost += sequence - last - 1
        self.sequences[topic, key] = sequence

    def chairs(self, now: datetime) -> dict[int, Session | None]:
        """Each known chair with who sits there, or sat there lately."""
        known = {visit.chair for visit in self.visits.values()} | {s.chair for s in self.sessions.values() if s.chair}
        found: dict[int, Session | None] = dict.fromkeys(sorted(known))
        for session in sorted(self.sessions.values(), key=lambda s: s.began_at or s.since or now):
            if session.chair is None or session.phase == "unknown":
                continue
            if session.over and session.since and now - session.since > SHOWN_AFTER_END:
                continue
            held = found.get(session.chair)
            if held is None or held.over or not session.over:
                found[session.chair] = session
        return found

    def next_visit(self, chair: int, now: datetime) -> Visit | None:
        """Who is booked next for a chair, from a little ago on."""
        coming = [v for v in self.visits.values() if v.chair == chair and v.state == "booked"]
        coming = [v for v in coming if v.starts_at > now - timedelta(hours=1)]
        return min(coming, key=lambda v: v.starts_at, default=None)

    def worst(self, session: Session) -> Alarm | None:
        """The most urgent alarm that stands for a session."""
        return next((alarm for alarm in self.standing() if alarm.session_id == session.session_id), None)

    def standing(self) -> Iterator[Alarm]:
        """Alarms that stand, the most urgent first, then the newest."""
        standing = [alarm for alarm in self.alarms.values() if alarm.open and alarm.raised_at]
        yield from sorted(standing, key=lambda a: (PRIORITIES.index(a.priority), -_seconds(a.raised_at)))

    def ended(self, now: datetime) -> Iterator[Alarm]:
        """Today's alarms that are over, the newest first."""
        over = [alarm for alarm in self.alarms.values() if alarm.raised_at and alarm.ended_at and now - alarm.ended_at < TODAY]
        yield from sorted(over, key=lambda a: -_seconds(a.ended_at))

    def answer(self, page: Page) -> Answer | None:
        """Who answered a page: by its link, or its alarm at the bedside."""
        since = page.asked_since or page.opened_at
        if page.answered_by and page.answered_at and since:
            return Answer(page.answered_by, (page.answered_at - since).total_seconds(), bedside=False)
        alarm = self.alarms.get(page.alarm_id) if page.alarm_id else None
        if alarm and alarm.answered_by and alarm.answered_at and since and alarm.answered_at >= since:
            return Answer(alarm.answered_by, (alarm.answered_at - since).total_seconds(), bedside=alarm.answered_via == "bedside")
        return None

    def longest(self, page: Page) -> Answer | None:
        """The answer that took the longest to come."""
        latest = self.answer(page)
        return max([*page.answers, *([latest] if latest else [])], key=lambda answer: answer.seconds, default=None)

    def waiting(self, page: Page) -> bool:
        """Whether nobody has answered a page, and it is not over."""
        return page.closed is None and self.answer(page) is None

    def pages_shown(self, now: datetime) -> Iterator[Page]:
        """Pages that nobody answered first, then today's, the newest first."""
        shown = [page for page in self.pages.values() if page.opened_at and (self.waiting(page) or now - page.opened_at < TODAY)]
        yield from sorted(shown, key=lambda p: (not self.waiting(p), -_seconds(p.opened_at)))

    def treated(self, now: datetime) -> int:
        """How many patients had an infusion and went home today."""
        home = [s.infusion_began for s in self.sessions.values() if s.phase == "home"]
        return sum(began is not None and now - began < TODAY for began in home)


def _seconds(at: datetime | None) -> float:
    return at.timestamp() if at else 0.0
