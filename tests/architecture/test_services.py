"""What every service keeps to: queries used and preparable, permissions named, rows with a source, migrations never changed."""

import ast
import asyncio
import hashlib
import importlib
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from fastapi import FastAPI

from chairside.contract.update import MIGRATIONS
from kit import audit, deadletters, idempotency, inbox, jobs, outbox, timers
from kit.http import Routes, needs
from kit.migrate import migrate
from kit.openapi import check_needs
from tests.architecture.test_names import ROOT, SERVICES


def statements(service: str) -> list[Path]:
    """A store's SQL: one file, or one a module of its folder."""
    folder = ROOT / "services" / service
    return [*folder.glob("queries.sql"), *sorted(folder.glob("store/*.sql"))]


STORES = [name for name in SERVICES if statements(name)]


def names(queries: Any) -> list[str]:
    return [name for name in queries.available_queries if not name.endswith("_cursor")]


async def prepare(database: str, service: str | None, queries: list[Any]) -> None:
    await migrate(service, database)
    db = await asyncpg.connect(database)
    try:
        for one in queries:
            for name in names(one):
                await db.prepare(getattr(one, name).sql)
    finally:
        await db.close()


@pytest.mark.parametrize("service", STORES)
def test_every_query_of_a_service_fits_its_tables(service: str, database: str) -> None:
    store = importlib.import_module(f"services.{service}.store")
    asyncio.run(prepare(database, service, [store.queries]))


def test_every_query_of_the_kit_fits_its_tables(database: str) -> None:
    modules = (audit, deadletters, idempotency, inbox, jobs, outbox, timers)
    asyncio.run(prepare(database, None, [module.queries for module in modules]))


def used(folder: Path) -> set[str]:
    """Attributes of anything called `queries`."""
    found = set()
    for file in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Attribute) and ast.unparse(node.value).endswith("queries"):
                found.add(node.attr)
    return found


@pytest.mark.parametrize("service", STORES)
def test_every_query_is_used_and_explained(service: str) -> None:
    store = importlib.import_module(f"services.{service}.store")
    assert set(names(store.queries)) == used(ROOT / "services" / service)
    for file in statements(service):
        lines = file.read_text().splitlines()
        for number, line in enumerate(lines):
            if line.startswith("-- name:"):
                assert lines[number + 1].startswith("-- "), f"{service}: {line} has no line of purpose"


@pytest.mark.parametrize("service", STORES)
def test_every_query_of_a_service_has_a_name_of_its_own(service: str) -> None:
    """aiosql takes the last of two, in silence."""
    lines = [line for file in statements(service) for line in file.read_text().splitlines() if line.startswith("-- name:")]
    named = Counter(line.removeprefix("-- name:").partition("(")[0].strip() for line in lines)
    assert [name for name, times in named.items() if times > 1] == []


def test_a_route_without_a_permission_refuses_the_start() -> None:
    open_door, app = Routes(), FastAPI(docs_url=None, redoc_url=None)

    @open_door.get("/open")
    async def anybody() -> None:
        """Nobody said who may."""

    app.include_router(open_door)
    with pytest.raises(ValueError, match="/open"):
        check_needs(app)
    closed, tidy = Routes(), FastAPI(docs_url=None, redoc_url=None)

    @closed.get("/closed", dependencies=[needs("x.read")])
    async def somebody() -> None:
        """Somebody said who may."""

    tidy.include_router(closed)
    check_needs(tidy)


@pytest.mark.parametrize("service", [s for s in SERVICES if s != "trends"])
def test_every_route_of_a_service_says_who_may_call_it(service: str) -> None:
    app = FastAPI(docs_url=None, redoc_url=None)
    for router in importlib.import_module(f"services.{service}.app").SERVICE.routes:
        app.include_router(router)
    check_needs(app)


def rows(value: Any, path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, part in value.items():
        if isinstance(part, dict) and not all(isinstance(v, int | float) for v in part.values()):
            yield f"{path}.{name}", part
        elif isinstance(part, list) and part and isinstance(part[0], dict):
            yield from ((f"{path}.{name}[{number}]", row) for number, row in enumerate(part))


@pytest.mark.parametrize(
    "file", sorted(ROOT.glob("services/*/data/*.toml")), ids=lambda file: f"{file.parents[1].name}/{file.stem}"
)
def test_every_row_of_a_table_says_where_it_comes_from(file: Path) -> None:
    table = tomllib.loads(file.read_text())
    assert table["version"]
    found = list(rows(table, file.stem))
    assert found
    for where, row in found:
        assert row.get("source"), f"{where} has no source"
        assert row.get("evidence") in ("L", "K", "S", "D"), f"{where} has no evidence"


def test_a_released_migration_is_never_changed() -> None:
    for line in MIGRATIONS.read_text().splitlines():
        digest, name = line.split("  ")
        assert hashlib.sha256((ROOT / name).read_bytes()).hexdigest() == digest, f"{name} was changed: write another one"


def test_no_service_has_a_room_without_a_purpose() -> None:
    for service in SERVICES:
        assert (ROOT / "services" / service / "__main__.py").exists()
        docstring = ast.get_docstring(ast.parse((ROOT / "services" / service / "__init__.py").read_text())) or ""
        assert docstring.lower().startswith(service), f"services/{service}/__init__.py says what {service} decides"
