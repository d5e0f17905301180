"""Notifications alone, with one prescriber, and the ways she is reached."""

import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar, cast
from uuid import UUID, uuid4

import httpx2
from pydantic import SecretStr

from kit.testing import Stage
from schemas.event import Event
from schemas.intake.safety import SuicideRiskSignalled
from schemas.monitoring.alarms import AlarmEnded, AlarmRaised, Priority
from schemas.notifications.pages import PAGES
from schemas.scheduling.staff import Role, ShiftPlanned, StaffIdentity, StaffMemberRegistered
from services.notifications.app import SERVICE
from services.notifications.on import alarms, safety, staff

MORNING = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
SECRET = "a secret of this test"
PUBLIC = "https://clinic.example/chairside"
PHONE = "+12025550123"
E = TypeVar("E", bound=Event)
CONSOLE = ("console", "desk")


@dataclass
class House:
    """What a test does in it."""

    stage: Stage
    api: httpx2.AsyncClient
    outside: httpx2.AsyncClient
    """Somebody without a token."""

    async def reach(self, *channels: tuple[str, str], staff_id: str = "dr-lee") -> httpx2.Response:
        """Say how somebody is reached."""
        return await self.api.put(
            f"/contacts/{staff_id}", json={"channels": [{"channel": kind, "address": address} for kind, address in channels]}
        )

    async def hire(self, staff_id: str = "dr-lee", role: Role = "prescriber", *, on_duty: bool = False) -> None:
        """Somebody works here, and maybe the whole day."""
        hired = StaffMemberRegistered(
            staff_id=staff_id, identity=StaffIdentity(display_name=staff_id), role=role, registered_at=MORNING
        )
        ends = MORNING + timedelta(hours=12)
        shift = ShiftPlanned(shift_id=uuid4(), staff_id=staff_id, role=role, starts_at=MORNING, ends_at=ends)
        async with self.stage.running["notifications"].store.transaction() as tx:
            await staff.remember_member(hired, tx)
            if on_duty:
                await staff.remember_shift(shift, tx)

    async def risk(self, *, settle: bool = True) -> UUID:
        """A patient's answer needs a prescriber now: a high page."""
        risk = SuicideRiskSignalled(
            signal_id=uuid4(), patient_id=uuid4(), assessment_id=uuid4(), rule_id="t", urgency="now", signalled_at=MORNING
        )
        async with self.stage.running["notifications"].store.transaction() as tx:
            await safety.page_prescriber(risk, tx)
        if settle:
            await self.stage.settle()
        return risk.signal_id

    async def alarm(self, priority: Priority = "medium", title: str = "blood pressure high") -> UUID:
        """An alarm of a session of its own."""
        alarm_id = uuid4()
        await self.alarms(priority, title, alarm_id=alarm_id)
        return alarm_id

    async def alarms(
        self, priority: Priority, title: str, *, session_id: UUID | None = None, alarm_id: UUID | None = None
    ) -> UUID:
        """An alarm of a session. Returns the session."""
        session = session_id or uuid4()
        raised = AlarmRaised(
            alarm_id=alarm_id or uuid4(), code="A1", cause=title, session_id=session, chair=3, title=title, kind="physiological",
            priority=priority, confirmed=True, limits_version="t", raised_at=self.stage.clock.now(),
        )  # fmt: skip
        async with self.stage.running["notifications"].store.transaction() as tx:
            await cast("Any", alarms.HANDLERS[AlarmRaised])(raised, tx)
        await self.stage.settle()
        return session

    async def ends(self, alarm_id: UUID) -> None:
        """The alarm ends."""
        ended = AlarmEnded(alarm_id=alarm_id, code="A1", ended_at=self.stage.clock.now())
        async with self.stage.running["notifications"].store.transaction() as tx:
            await cast("Any", alarms.HANDLERS[AlarmEnded])(ended, tx)
        await self.stage.settle()

    async def said(self, kind: type[E]) -> list[E]:
        """Events of a kind, so far, in the order of their instants."""
        return [event for event in await self.stage.events(PAGES) if isinstance(event, kind)]

    async def outcomes(self) -> list[tuple[str, str]]:
        """Channel and outcome of every telling, in order."""
        [page] = (await self.api.get("/pages", params={"all": True})).json()
        whole = (await self.api.get(f"/pages/{page['page_id']}")).json()
        return [(telling["channel"], telling["outcome"]) for telling in whole["tellings"]]


@contextlib.asynccontextmanager
async def opened(
    kafka: str, database: str, prefix: str, folder: Path, channels: Sequence[tuple[str, str]] = (), **settings: Any
) -> AsyncIterator[House]:
    """The house, with dr-lee hired and reached by these channels."""
    given = {
        "clinic_name": "North",
        "public_url": PUBLIC,
        "link_secret": SecretStr(SECRET),
        "webhook_secret": SecretStr(SECRET),
        "retry_pause_seconds": 0.01,
    } | settings
    async with Stage([SERVICE], kafka, {"notifications": database}, prefix, folder, MORNING, {"notifications": given}) as stage:
        api = stage.http("notifications", permissions=["contacts.read", "contacts.write", "pages.read"])
        house = House(stage, api, stage.http("notifications"))
        await house.hire()
        if channels:
            assert (await house.reach(*channels)).status_code == 204
        yield house
