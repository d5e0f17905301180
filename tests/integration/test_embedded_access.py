"""The embedded PostgreSQL: a role opens its own database, with its own password, and no other."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest

from chairside.embedded.datadir import DataFolder
from chairside.embedded.ports import Ports
from chairside.embedded.postgres import Postgres


@pytest.fixture
async def postgres(tmp_path: Path) -> AsyncIterator[Postgres]:
    with DataFolder.held(tmp_path) as folder:
        server = Postgres(folder, Ports(tmp_path / "ports.json", spread=True).of(["postgres"])["postgres"], durable=False)
        server.start()
        try:
            await server.ready()
            await server.provide(["intake", "scheduling"])
            yield server
        finally:
            await asyncio.to_thread(server.stop)


async def who(dsn: str, **other: str | int) -> str:
    connection = await asyncpg.connect(dsn, **other)
    try:
        return str(await connection.fetchval("SELECT current_user || ' in ' || current_database()"))
    finally:
        await connection.close()


@pytest.mark.parametrize("way", ["tcp", "socket"])
async def test_only_the_right_password_opens_only_the_own_database(postgres: Postgres, tmp_path: Path, way: str) -> None:
    address = {"host": str(tmp_path / "postgres"), "port": postgres.port} if way == "socket" else {}
    own = postgres.dsn("intake")
    assert await who(own, **address) == "intake in intake"
    with pytest.raises(asyncpg.InvalidPasswordError):
        await who(own, password="guessed", **address)
    for database in ("scheduling", "postgres", "template1"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await who(postgres.dsn("intake", database), **address)
    with pytest.raises(asyncpg.InvalidPasswordError):
        await who(postgres.dsn("scheduling"), user="postgres", **address)


async def test_a_role_may_make_its_tables_and_nothing_else(postgres: Postgres) -> None:
    connection = await asyncpg.connect(postgres.dsn("intake"))
    try:
        await connection.execute("CREATE SCHEMA kit CREATE TABLE rooms (id int)")
        await connection.execute("CREATE TABLE patients (id int)")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("CREATE ROLE intruder")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("CREATE DATABASE more")
    finally:
        await connection.close()


async def test_providing_again_changes_nothing(postgres: Postgres) -> None:
    before = postgres.dsn("intake")
    await postgres.provide(["intake", "scheduling", "trends"])
    assert postgres.dsn("intake") == before
    assert await who(before) == "intake in intake"
    assert await who(postgres.dsn("trends")) == "trends in trends"


def test_passwords_are_readable_by_their_owner_only(tmp_path: Path) -> None:
    with DataFolder.held(tmp_path) as folder:
        drawn = folder.secret("postgres-intake")
        assert folder.secret("postgres-intake") == drawn
        assert urlsplit(f"//{drawn}@").username == drawn
        assert (folder.secrets.stat().st_mode & 0o777, (folder.secrets / "postgres-intake").stat().st_mode & 0o777) == (
            0o700,
            0o600,
        )
