"""A clinic at eight in the morning."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest
from pydantic import SecretStr

from kit.testing import Stage
from services.intake.app import SERVICE as INTAKE
from services.monitoring.app import SERVICE as MONITORING
from services.notifications.app import SERVICE as NOTIFICATIONS
from services.scheduling.app import SERVICE as SCHEDULING
from tests.story.clinic import Clinic
from tests.story.pager import Pager

SECRET = "a secret of the stories"
SERVICES = (INTAKE, SCHEDULING, MONITORING, NOTIFICATIONS)
MORNING = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


@pytest.fixture
async def clinic(kafka: str, postgres: str, database: str, prefix: str, tmp_path: Path) -> AsyncIterator[Clinic]:
    """Four services, staff on duty, everybody with a pager."""
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
    finally:
        await asyncio.gather(*[_drop(postgres, f"{name}_{service.name}") for service in SERVICES])
        await admin.close()


async def _drop(postgres: str, name: str) -> None:
    admin = await asyncpg.connect(postgres)
    await admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    await admin.close()
