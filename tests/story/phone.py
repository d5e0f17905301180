"""A clinic whose patients have phones: notifications alone on a stage, what others say on their topics, a provider of texts."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from pydantic import SecretStr

from kit.direct import Direct
from kit.kafka import client_settings
from kit.testing import Stage
from schemas.catalogue import events
from schemas.event import Event
from schemas.intake.patients import PatientIdentity, PatientRegistered
from schemas.monitoring.sessions import FollowUpCallDue, PatientDischarged, SessionOpened
from schemas.notifications.messages import MESSAGES
from schemas.scheduling.appointments import AppointmentBooked, AppointmentCancelled
from schemas.scheduling.staff import ShiftPlanned, StaffIdentity, StaffMemberRegistered
from services.notifications.app import SERVICE
from tests.doubles.sms import SmsProvider, Taken

SECRET = SecretStr("a secret of the stories")
NEW_YORK = ZoneInfo("America/New_York")
ALL = (
    *("messaging.read", "messaging.write", "messaging.addresses"),
    *("tasks.read", "tasks.write", "tasks.contents", "pages.read", "contacts.write"),
)


@dataclass
class Phones:
    """People do what people do; time passes by `until` and `advance`."""

    stage: Stage
    provider: SmsProvider
    others: dict[str, Direct]
    patient: UUID = field(default_factory=uuid4)
    number: str = "+12025550143"

    def __post_init__(self) -> None:
        self.desk = self.stage.http("notifications", actor="desk", permissions=ALL)
        self.anybody = self.stage.http("notifications")

    def at(self, day: int, hour: int, minute: int = 0, month: int = 3) -> datetime:
        """A time in New York, where the patient is."""
        return datetime(2026, month, day, hour, minute, tzinfo=NEW_YORK)

    async def until(self, instant: datetime) -> None:
        """Time passes."""
        await self.stage.advance(seconds=(instant - self.stage.clock.now()).total_seconds())

    async def say(self, *said: Event) -> None:
        """Other services say something."""
        for event in said:
            _, topic = events()[type(event).__name__]
            if topic.producer not in self.others:
                settings = self.stage.running["notifications"].settings
                self.others[topic.producer] = Direct(topic.producer, settings.prefix, client_settings(settings), self.stage.clock)
            await self.others[topic.producer].say([(event, uuid4())])
        await self.stage.settle()

    async def refer(self, patient: UUID | None = None) -> None:
        """A patient has a chart."""
        identity = PatientIdentity(family_name="Doe", given_names=("Jo",))
        at = self.stage.clock.now()
        who = patient or self.patient
        await self.say(PatientRegistered(patient_id=who, identity=identity, administrative_gender="other", registered_at=at))

    async def agree(
        self, channel: str = "sms", address: str = "", *, patient: UUID | None = None, zone: str = "America/New_York"
    ) -> None:
        """The patient agrees at the desk."""
        body = {"channel": channel, "address": address or self.number, "zone": zone, "consent_version": f"{channel}-1"}
        answer = await self.desk.put(f"/patients/{patient or self.patient}/messaging", json=body)
        assert answer.status_code == 204, answer.text
        await self.stage.settle()

    async def book(self, starts_at: datetime, patient: UUID | None = None, appointment: UUID | None = None) -> UUID:
        """Scheduling books an infusion."""
        booked = AppointmentBooked(
            appointment_id=appointment or uuid4(),
            patient_id=patient or self.patient,
            series_id=uuid4(),
            order_id=uuid4(),
            number=1,
            chair=1,
            starts_at=starts_at,
            ends_at=starts_at + timedelta(hours=2),
        )
        await self.say(booked)
        return booked.appointment_id

    async def cancel(self, appointment: UUID) -> None:
        """Scheduling cancels it."""
        now = self.stage.clock.now()
        await self.say(
            AppointmentCancelled(appointment_id=appointment, patient_id=self.patient, chair=1, reason="ill", cancelled_at=now)
        )

    async def go_home(self) -> UUID:
        """A session ends with the patient's discharge."""
        session, now = uuid4(), self.stage.clock.now()
        opened = SessionOpened(
            session_id=session, patient_id=self.patient, appointment_id=uuid4(), order_id=uuid4(), chair=1, opened_at=now
        )
        await self.say(
            opened,
            PatientDischarged(session_id=session, patient_id=self.patient, chair=1, actor="nurse-1", discharged_at=now),
        )
        return session

    async def owe_call(self, session: UUID) -> None:
        """Monitoring says that a call is due."""
        now = self.stage.clock.now()
        await self.say(FollowUpCallDue(session_id=session, chair=1, number=1, after="discharge", due_at=now))

    async def prescriber(self) -> None:
        """Dr Lee is on duty."""
        now = self.stage.clock.now()
        identity = StaffIdentity(display_name="Lee")
        await self.say(
            StaffMemberRegistered(staff_id="dr-lee", identity=identity, role="prescriber", registered_at=now),
            ShiftPlanned(shift_id=uuid4(), staff_id="dr-lee", role="prescriber", starts_at=now, ends_at=now + timedelta(days=30)),
        )

    async def reply(self, text: str, *, sender: str = "", sid: str = "") -> str:
        """The patient texts. Returns what comes back."""
        taken = Taken("SM0", "Messages", {"To": sender or self.number}, "")
        answer = await self.provider.reply(self.anybody, taken, text, sid=sid or f"SM-{uuid4()}")
        assert answer.status_code == 200, answer.text
        await self.stage.settle()
        _, _, after = answer.text.partition("<Message>")
        return after.partition("</Message>")[0]

    async def press(self, link: str, answer: str) -> str:
        """The patient presses a button. Returns the page."""
        page = await self.anybody.post(link, content=f"answer={answer}")
        await self.stage.settle()
        return page.text

    def texts(self) -> list[tuple[str, str]]:
        """What the phone got: day and time in New York, and the text."""
        return [(key_time, one.text) for one, key_time in zip(self.provider.texts, self.arrived, strict=True)]

    @property
    def arrived(self) -> list[str]:
        """When each text came, as the patient's clock shows it."""
        return [f"{at.astimezone(NEW_YORK):%d %H:%M}" for at in self._times()]

    def _times(self) -> list[datetime]:
        assert isinstance(self.provider, TimedProvider)
        return self.provider.times

    def link(self) -> str:
        """The link of the last text that has one, without its host."""
        text = next(one.text for one in reversed(self.provider.texts) if "/m/" in one.text)
        return text[text.index("/m/") :].split()[0]

    async def tasks(self) -> list[tuple[str, str]]:
        """What staff have to do: kind and why, the first due first."""
        answer = await self.desk.get("/tasks")
        return [(task["kind"], task["why"]) for task in answer.json()]

    async def said(self, kind: type[Event]) -> list[Any]:
        """What was said of messages, of a kind."""
        return [event for event in await self.stage.events(MESSAGES) if isinstance(event, kind)]


@dataclass
class TimedProvider(SmsProvider):
    """Notes when each text came, on the clinic's clock."""

    times: list[datetime] = field(default_factory=list)
    stage: Stage | None = None

    def _take(self, path: str, headers: Any, body: bytes) -> tuple[str, dict[str, Any], str]:
        before = len(self.taken)
        answer = super()._take(path, headers, body)
        if len(self.taken) > before and self.stage is not None:
            self.times.append(self.stage.clock.now())
        return answer


@contextlib.asynccontextmanager
async def phones_at(
    morning: datetime, kafka: str, database: str, prefix: str, folder: Path, **more: Any
) -> AsyncIterator[Phones]:
    """A clinic at an instant, one patient referred who agreed to texts."""
    async with TimedProvider() as provider:
        settings = {
            "clinic_name": "North",
            "clinic_phone": "202-555-0100",
            "public_url": "https://north.example",
            "link_secret": SECRET,
            "webhook_secret": SECRET,
            **provider.settings("https://north.example"),
            **more,
        }
        databases, named = {"notifications": database}, {"notifications": settings}
        async with Stage([SERVICE], kafka, databases, prefix, folder, morning, named) as stage:
            provider.stage = stage
            others: dict[str, Direct] = {}
            phones = Phones(stage, provider, others)
            try:
                await phones.refer()
                await phones.agree()
                yield phones
            finally:
                for one in others.values():
                    await one.close()
