"""A stage with one small service on it."""

import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

from kit.service import Service
from kit.testing import Stage

MORNING = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


@contextlib.asynccontextmanager
async def stage(service: Service, kafka: str, database: str, prefix: str, folder: Path) -> AsyncIterator[Stage]:
    """The service on a stage of its own, at eight in the morning."""
    async with Stage([service], kafka, {service.name: database}, prefix, folder, MORNING) as there:
        yield there
