"""A clinic at eight in the morning."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import pytest
from aiokafka import AIOKafkaProducer
from pydantic import SecretStr

from kit.testing import Stage
from schemas.auditor.audits import AUDITS, AuditFaultFound
from services.auditor.app import SERVICE as AUDITOR
from services.intake.app import SERVICE as INTAKE
from services.monitoring.app import SERVICE as MONITORING
from services.notifications.app import SERVICE as NOTIFICATIONS
from services.scheduling.app import SERVICE as SCHEDULING
from tests.doubles.sms import SmsProvider
from tests.story.clinic import Clinic
from tests.story.pager import Pager
from tests.story.ward import ON_DUTY, Ward

SECRET = "a secret of the stories"
SERVICES = (INTAKE, SCHEDULING, MONITORING, NOTIFICATIONS, AUDITOR)
MORNING = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
PUBLIC = "https://clinic.example"
Opens = Callable[..., AbstractAsyncContextManager[Ward]]
"""Opens a ward: staff on duty are named, further settings are notifications'."""


@pytest.fixture
async def clinic(kafka: str, postgres: str, database: str, prefix: str, tmp_path: Path) -> AsyncIterator[Clinic]:
    """Five services, staff on duty, everybody with a pager. The auditor agrees with all that a story does not spoil itself."""
    name = urlsplit(database).path.lstrip("/")
    databases = {service.name: urlsplit(postgres)._replace(path=f"/{name}_{service.name}").geturl() for service in SERVICES}
    admin = await asyncpg.connect(postgres)
    for service in SERVICES:
        await admin.execute(f'CREATE DATABASE "{name}_{service.name}"')
    settings = {"notifications": {"link_secret": SecretStr(SECRET), "webhook_secret": SecretStr(SECRET), "clinic_name": "North"}}
    try:
        async with Pager(SECRET) as pager, Stage(SERVICES, kafka, databases, prefix, tmp_path, MORNING, settings) as stage:
            there = Clinic(stage, pager)
            await there.opens()
            yield there
            await stage.settle()
            found = [event.kind for event in await stage.events(AUDITS) if isinstance(event, AuditFaultFound)]
            assert set(found) <= {"unanswered", "unreadable"}, f"the auditor finds {found}"
    finally:
        await asyncio.gather(*[_drop(postgres, f"{name}_{service.name}") for service in SERVICES])
        await admin.close()


@pytest.fixture
async def opens(kafka: str, postgres: str, database: str, prefix: str, tmp_path: Path) -> AsyncIterator[Opens]:
    """Opens a ward: scheduling and notifications, and what monitoring says put there by hand."""
    services = (SCHEDULING, NOTIFICATIONS)
    name = urlsplit(database).path.lstrip("/")
    databases = {service.name: urlsplit(postgres)._replace(path=f"/{name}_{service.name}").geturl() for service in services}
    admin = await asyncpg.connect(postgres)
    for service in services:
        await admin.execute(f'CREATE DATABASE "{name}_{service.name}"')

    @asynccontextmanager
    async def opened(*, on_duty: tuple[str, ...] = ON_DUTY, on_call: bool = True, **more: Any) -> AsyncIterator[Ward]:
        async with (
            Pager(SECRET) as pager,
            Pager(SECRET) as spare,
            SmsProvider() as texts,
            AIOKafkaProducer(bootstrap_servers=kafka) as producer,
        ):
            own = {"link_secret": SecretStr(SECRET), "webhook_secret": SecretStr(SECRET), "clinic_name": "North"}
            settings = {"notifications": {**own, "retry_pause_seconds": 2, **texts.settings(PUBLIC), **more}}
            async with Stage(services, kafka, databases, prefix, tmp_path, MORNING, settings) as stage:
                ward = Ward(stage, pager, spare, texts, producer)
                await ward.opens(on_duty, on_call=on_call)
                yield ward

    try:
        yield opened
    finally:
        await asyncio.gather(*[_drop(postgres, f"{name}_{service.name}") for service in services])
        await admin.close()


@pytest.fixture
async def ward(opens: Opens) -> AsyncIterator[Ward]:
    """A ward by day: two nurses with a chair each, a charge nurse, a prescriber; a medical director on call."""
    async with opens() as there:
        yield there


async def _drop(postgres: str, name: str) -> None:
    admin = await asyncpg.connect(postgres)
    await admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    await admin.close()
