"""A world per test, on the session's broker and store; a house of its own where a test stops them."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from benchmarks.house import House
from tests.failure.world import World
from tests.failure.world import world as a_world


@pytest.fixture
async def house(kafka: str, postgres: str, tmp_path: Path) -> AsyncIterator[House]:
    """The session's servers, with a prefix of this test's own."""
    async with House.open(tmp_path) as there:
        yield there


@pytest.fixture
async def own_house(tmp_path: Path) -> AsyncIterator[House]:
    """Servers of this test's own, which it may stop."""
    async with House.open(tmp_path, own=True) as there:
        yield there


@pytest.fixture
async def world(house: House, tmp_path: Path) -> AsyncIterator[World]:
    """Probe services between the session's servers."""
    async with a_world(house, tmp_path) as there:
        yield there


@pytest.fixture
async def own_world(own_house: House, tmp_path: Path) -> AsyncIterator[World]:
    """Probe services between servers of this test's own."""
    async with a_world(own_house, tmp_path) as there:
        yield there
