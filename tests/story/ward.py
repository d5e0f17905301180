"""A ward for stories of paging: alarms as monitoring says them, everybody's pager, and what is told to whom, and when.

Scheduling and notifications run; alarm facts are put on their topic by hand, so that a story may say what monitoring seldom does.
"""

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import httpx2
from aiokafka import AIOKafkaProducer

from kit import clock
from kit.beats import Beats
from kit.cloudevents import headers_of
from kit.testing import Stage
from schemas.event import Envelope, Event
from schemas.intake.safety import SAFETY, SuicideRiskSignalled
from schemas.monitoring.alarms import (
    ALARMS,
    AlarmAcknowledged,
    AlarmEnded,
    AlarmPriorityChanged,
    AlarmRaised,
    Priority,
)
from schemas.notifications.pages import PAGES, PageSent, PagingKept
from schemas.topic import Topic
from tests.doubles.sms import SmsProvider
from tests.story.pager import Pager
from tests.story.paging import Said, Told, words
from tests.story.words import ok

TITLES = {
    "A1": "blood pressure high",
    "A3": "blood pressure low",
    "A5": "heart rate high",
    "A7": "oxygen saturation low",
    "A8": "breathing slow",
    "A10": "sedation",
    "SUICIDE-RISK": "prescriber needed before discharge",
}
STAFF = (
    ("nurse-1", "nurse"),
    ("nurse-2", "nurse"),
    ("charge-1", "charge nurse"),
    ("dr-lee", "prescriber"),
    ("director-1", "medical director"),
)
ON_DUTY = ("nurse-1", "nurse-2", "charge-1", "dr-lee")
"""Until 20:00; the medical director is on call."""
EVERYBODY = tuple(sorted(ON_DUTY))
HOURS = 12


@dataclass
class Alarm:
    """An alarm as it stands."""

    alarm_id: UUID
    session_id: UUID | None
    chair: int | None
    code: str
    title: str
    priority: Priority


@dataclass
class Ward:
    """Two chairs, each with its nurse; a charge nurse and a prescriber are there, a medical director is on call."""

    stage: Stage
    pager: Pager
    spare: Pager
    """A second way to everybody who wants one."""
    texts: SmsProvider
    producer: AIOKafkaProducer
    sessions: dict[int, UUID] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.began = self.stage.clock.now()
        self.scheduling = self.stage.http("scheduling", actor="desk", permissions=("staff.write", "appointments.read"))
        self.manager = self.stage.http("notifications", actor="manager", permissions=("roster.write", "contacts.write"))
        self.outside = self.stage.http("notifications")

    # --- who is there ---

    async def opens(self, on_duty: tuple[str, ...], *, on_call: bool) -> None:
        """Everybody works here and has a pager; those on duty have their shift, and the nurses their chairs."""
        for staff_id, role in STAFF:
            await ok(self.scheduling.post("/staff", json={"staff_id": staff_id, "display_name": staff_id, "role": role}))
            await self.reach(staff_id, ("webhook", self.pager.address))
        for staff_id in on_duty:
            await ok(self.scheduling.post("/shifts", json={"staff_id": staff_id} | self._times()))
        for chair, staff_id in ((1, "nurse-1"), (2, "nurse-2")):
            if staff_id in on_duty:
                await ok(self.scheduling.post("/chair-assignments", json={"staff_id": staff_id, "chair": chair} | self._times()))
        await self.stage.settle()
        if on_call:
            first = (self.began - timedelta(days=1)).date().isoformat()
            plan = {"role": "medical director", "time_zone": "UTC", "members": ["director-1"], "first_date": first, "days": 7}
            await ok(self.manager.put("/rotations/directors", json=plan | {"hand_over": "08:00"}))
        await self.stage.settle()

    async def reach(self, staff_id: str, *channels: tuple[str, str]) -> None:
        """By what somebody is reached, the first tried first."""
        body = {"channels": [{"channel": channel, "address": address} for channel, address in channels]}
        await ok(self.manager.put(f"/contacts/{staff_id}", json=body))

    def _times(self) -> dict[str, str]:
        return {"starts_at": self.began.isoformat(), "ends_at": (self.began + timedelta(hours=HOURS)).isoformat()}

    # --- what monitoring and intake say ---

    async def raise_alarm(
        self, code: str = "A7", priority: Priority = "high", *, session: int | None = 1, chair: int | None = None
    ) -> Alarm:
        """An alarm of a session begins; its chair has the session's number unless another is given."""
        session_id = None if session is None else self.sessions.setdefault(session, clock.new_id())
        alarm = Alarm(clock.new_id(), session_id, session if chair is None else chair, code, TITLES[code], priority)
        await self.say(self.raised(alarm))
        return alarm

    def raised(self, alarm: Alarm) -> AlarmRaised:
        """That it began, now."""
        return AlarmRaised(
            **self._about(alarm),
            code=alarm.code,
            title=alarm.title,
            kind="physiological",
            priority=alarm.priority,
            limits_version="a story's",
            raised_at=self.stage.clock.now(),
        )

    async def priority(self, alarm: Alarm, priority: Priority) -> None:
        """It becomes more, or less, urgent."""
        previous, alarm.priority = alarm.priority, priority
        what = {"code": alarm.code, "title": alarm.title, "previous": previous, "priority": priority}
        await self.say(AlarmPriorityChanged(**self._about(alarm), **what, changed_at=self.stage.clock.now()))

    async def acknowledged_at_bedside(self, alarm: Alarm, by: str = "nurse-1", *, priority: Priority | None = None) -> None:
        """Somebody answers it at the bedside, at the priority it has unless another is given."""
        await self.say(
            AlarmAcknowledged(
                **self._about(alarm),
                priority=priority or alarm.priority,
                by=by,
                via="bedside",
                answer_id=clock.new_id(),
                acknowledged_at=self.stage.clock.now(),
            )
        )

    async def end(self, alarm: Alarm) -> None:
        """It is over."""
        await self.say(AlarmEnded(**self._about(alarm), code=alarm.code, ended_at=self.stage.clock.now()))

    async def signal(self) -> UUID:
        """A patient's answer says that a prescriber must look now."""
        who = {"patient_id": clock.new_id(), "assessment_id": clock.new_id(), "signal_id": clock.new_id()}
        now = self.stage.clock.now()
        await self.say(SuicideRiskSignalled(**who, rule_id="a story's", urgency="now", signalled_at=now), topic=SAFETY)
        return who["signal_id"]

    async def say(self, event: Event, *, topic: Topic = ALARMS, envelope_id: UUID | None = None, times: int = 1) -> None:
        """A fact arrives, and the ward does all that follows from it; `times` times with the same envelope."""
        known = event.model_dump()
        subject = next(str(known[name]) for name in topic.key if known.get(name) is not None)
        envelope = Envelope(
            id=envelope_id or clock.new_id(),
            type=type(event).__name__,
            source=topic.producer,
            time=self.stage.clock.now(),
            subject=subject,
            correlation_id=clock.new_id(),
        )
        name, value = topic.kafka_name(self.stage.prefix), event.model_dump_json().encode()
        for _ in range(times):
            await self.producer.send_and_wait(name, value=value, key=subject.encode(), headers=headers_of(envelope))
        await self.stage.settle()

    @staticmethod
    def _about(alarm: Alarm) -> dict[str, Any]:
        return {"alarm_id": alarm.alarm_id, "session_id": alarm.session_id, "chair": alarm.chair}

    # --- what people do ---

    def link(self, staff_id: str, *, priority: Priority | None = None) -> str:
        """The path of the link in somebody's newest page, or in the newest of a priority."""
        pages = [page for page in (*self.pager.pages, *self.spare.pages) if page["staff_id"] == staff_id]
        pages = [page for page in pages if priority in (None, page["priority"])]
        return urlsplit(pages[-1]["link"]).path

    async def press(self, link: str, do: str = "answer", *, card: httpx2.Response | None = None) -> httpx2.Response:
        """Open a link, or use a card that was opened before, and press a button of it."""
        form = re.search(r'name="shown" value="([^"]+)"', (card or await self.outside.get(link)).text)
        assert form is not None, "the card has no button"
        answer = await self.outside.post(link, data={"shown": form[1], "do": do})
        await self.stage.settle()
        return answer

    async def answers(self, staff_id: str, do: str = "answer") -> None:
        """Somebody opens the newest page and says that they come; or with "pass on" that they cannot."""
        answer = await self.press(self.link(staff_id), do)
        assert answer.status_code == 200, card_of(answer)

    async def declines(self, staff_id: str) -> None:
        """Somebody cannot come."""
        await self.answers(staff_id, "pass on")

    def api(self, staff_id: str) -> httpx2.AsyncClient:
        """Somebody at a screen."""
        return self.stage.http("notifications", actor=staff_id, permissions=("pages.read", "pages.answer"))

    # --- what came of it ---

    async def pages(self) -> list[dict[str, Any]]:
        """All pages there ever were, the newest first."""
        return list(await ok(self.api("auditor").get("/pages", params={"all": True})))

    async def told(self) -> list[Told]:
        """Who was told when, at what priority: all there is, and nobody's pager rang for anything else."""
        sent = [(e, s) for e, s in await self._said() if isinstance(s, PageSent)]
        assert len(sent) == len(self.pager.pages) + len(self.spare.pages) + len(self.texts.taken)
        return sorted((at, event.staff_id, event.priority) for at, event in sent)

    async def told_by(self) -> list[tuple[float, str, str]]:
        """Who was told when, by what."""
        return sorted((at, event.staff_id, event.medium) for at, event in await self._said() if isinstance(event, PageSent))

    async def said(self) -> list[Said]:
        """All else that notifications said of pages."""
        return [(at, text) for at, event in await self._said() if (text := words(event)) is not None]

    async def beat(self) -> PagingKept:
        """What notifications says of itself, were it to beat now."""
        running = self.stage.running["notifications"]
        service = running.service
        assert service.beat is not None
        leads, topics = (lambda: running.relay.leading), list(service.consumes)
        assert await Beats(running.store, service.beat, topics, running.ends, leads, 10, lambda: None).once()
        await self.stage.settle()
        return [event for event in await self.stage.events(PAGES) if isinstance(event, PagingKept)][-1]

    async def _said(self) -> list[tuple[float, Any]]:
        found = [(self._second(envelope.time), event) for envelope, event in await self.stage.said(PAGES)]
        return sorted(found, key=lambda one: one[0])

    def _second(self, at: datetime) -> float:
        return round((at - self.began).total_seconds(), 3)


def card_of(answer: httpx2.Response) -> str:
    """What a link's page says."""
    found = re.search(r"<h1[^>]*>(.*?)</h1>", answer.text)
    assert found is not None, answer.text
    return found[1]


def at(second: float, *who: str, priority: str = "high") -> list[Told]:
    """Several who are told together."""
    return [(second, one, priority) for one in sorted(who)]
