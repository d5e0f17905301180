"""The auditor alone on a stage, at eight in the morning."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import SecretStr

from kit.testing import Stage
from services.auditor.app import SERVICE
from tests.integration.auditor.house import Outside, Watched, watched

MORNING = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
SECRET = "a secret of this test"


@pytest.fixture
async def there(kafka: str, database: str, prefix: str, tmp_path: Path) -> AsyncIterator[Watched]:
    """Without beats."""
    async with Stage([SERVICE], kafka, {"auditor": database}, prefix, tmp_path, MORNING) as stage, watched(stage) as voices:
        yield voices


@pytest.fixture
async def outside() -> AsyncIterator[Outside]:
    """What is outside the clinic."""
    async with Outside() as server:
        yield server


@pytest.fixture
async def beating(outside: Outside, kafka: str, database: str, prefix: str, tmp_path: Path) -> AsyncIterator[Watched]:
    """With a beat each wall second, two ways out and a dead man's switch."""
    settings = {
        "beat_seconds": 1,
        "clinic_name": "North",
        "way_out": SecretStr(f"json://{outside.address}/out"),
        "webhook_url": SecretStr(f"http://{outside.address}/hook"),
        "webhook_secret": SecretStr(SECRET),
        "heartbeat_url": SecretStr(f"http://{outside.address}/beat"),
    }
    databases, more = {"auditor": database}, {"auditor": settings}
    async with Stage([SERVICE], kafka, databases, prefix, tmp_path, MORNING, more) as stage, watched(stage) as voices:
        yield voices
