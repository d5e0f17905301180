"""A small application on real PostgreSQL: things can be made, looked at and refused."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal
from uuid import UUID

import asyncpg
import httpx2
from fastapi import FastAPI, Response
from fastapi.responses import JSONResponse
from prometheus_client import CollectorRegistry
from pydantic import BaseModel, Field, SecretStr

from kit import clock
from kit.app import create_app
from kit.auth import mint, new_key_pair
from kit.db import Store, Tx, open_pool
from kit.direct import Said
from kit.errors import TryLater
from kit.fields import Number
from kit.http import Caller, Command, Problem, Publish, Refused, Routes, needs, public
from kit.metrics import Metrics
from kit.migrate import migrate
from kit.origin import Origin
from kit.progress import Progress
from kit.settings import Settings
from schemas.event import Event


class Box(BaseModel):
    kind: Literal["box"]
    weight: Number


class Bag(BaseModel):
    kind: Literal["bag"]


class Thing(BaseModel):
    """A thing to be made."""

    owner: UUID
    name: str = ""
    holds: Annotated[Box | Bag, Field(discriminator="kind")] = Bag(kind="bag")


class Made(BaseModel):
    """How many things there are now."""

    things: int


def outcome(problem: Problem) -> Response:
    """Refusals in another form."""
    return JSONResponse({"outcome": problem.title}, problem.status, media_type="application/other+json")


@dataclass
class Commands:
    """Transactions on a store, and a broker that is away."""

    store: Store
    origins: list[Origin] = field(default_factory=list)

    @contextlib.asynccontextmanager
    async def transaction(
        self, *, actor: str | None = None, readonly: bool = False, traceparent: str | None = None
    ) -> AsyncIterator[Tx]:
        origin = Origin(actor or "service", clock.new_id(), traceparent=traceparent)
        self.origins.append(origin)
        async with self.store.transaction(origin, readonly=readonly) as tx:
            yield tx

    async def publish(self, said: Sequence[Said], *, traceparent: str | None = None) -> None:
        raise TryLater("Kafka does not answer")


@dataclass
class Web:
    """The application, its client and its store."""

    app: FastAPI
    client: httpx2.AsyncClient
    commands: Commands
    registry: CollectorRegistry
    progress: Progress
    signer: str
    go_on: asyncio.Event
    begun: asyncio.Event

    def token(self, *permissions: str, subject: str = "nurse-1", hours: float = 1) -> dict[str, str]:
        """A header that allows this."""
        lifetime = timedelta(hours=hours)
        token = mint(self.signer, subject, permissions, lifetime, issuer="chairside", audience="chairside")
        return {"Authorization": f"Bearer {token}"}

    async def rows(self, sql: str) -> int:
        """A number from the store, as a stranger sees it."""
        async with self.commands.store.pool.acquire() as db:
            return int(await db.fetchval(sql))


def things(begun: asyncio.Event, go_on: asyncio.Event) -> tuple[Routes, Routes]:
    """What can be asked."""
    routes, formed = Routes(tags=["things"]), Routes(tags=["things"], answer=outcome)

    @routes.post("/things", status_code=201, dependencies=[needs("things.write")])
    async def make(body: Thing, tx: Command, fail: str = "") -> Made:
        await tx.db.execute("INSERT INTO things (owner, name) VALUES ($1, $2)", body.owner, body.name)
        tx.audit("make", "thing 1")
        if fail == "refused":
            raise Refused(409, "No room", "It is full.", field="body.holds", expected="a bag", todo="Take a bag.")
        if fail == "bug":
            raise ValueError("Ada Lovelace")
        if fail == "away":
            raise TryLater("away")
        if fail == "slow":
            begun.set()
            await go_on.wait()
        return Made(things=await tx.db.fetchval("SELECT count(*) FROM things"))

    @routes.get("/things", dependencies=[needs("things.read")])
    async def look(tx: Command, write: bool = False) -> Made:
        if write:
            await tx.db.execute("INSERT INTO things (owner) VALUES (gen_random_uuid())")
        return Made(things=await tx.db.fetchval("SELECT count(*) FROM things"))

    @routes.post("/readings", status_code=202, dependencies=[needs("things.write")])
    async def say(publish: Publish) -> None:
        await publish((Event(), clock.new_id()))

    @routes.get("/me", dependencies=[needs("things.read")])
    async def me(caller: Caller) -> dict[str, str]:
        return {"subject": caller.subject}

    @routes.get("/answer", dependencies=[public("a link that shows and changes nothing")])
    async def answer(tx: Command) -> dict[str, str]:
        return {"actor": tx.actor}

    @formed.post("/formed", dependencies=[needs("things.write")])
    async def form(body: Thing) -> None:
        """Take a thing, refuse it in another form."""

    return routes, formed


@contextlib.asynccontextmanager
async def web(database: str, folder: Path) -> AsyncIterator[Web]:
    """The application at work."""
    await migrate(None, database)
    db = await asyncpg.connect(database)
    await db.execute("CREATE TABLE things (id bigint GENERATED ALWAYS AS IDENTITY, owner uuid NOT NULL, name text)")
    await db.close()
    signer, keys = new_key_pair()
    (folder / "jwks.json").write_text(keys)
    settings = Settings(kafka="nowhere:1", database_url=SecretStr(database), jwks=str(folder / "jwks.json"))
    pool = await open_pool(database, "probe")
    registry, progress = CollectorRegistry(), Progress()
    begun, go_on = asyncio.Event(), asyncio.Event()
    commands = Commands(Store(pool, "probe", settings, clock.ordinary_clock()))

    async def ready() -> str | None:
        return "topics are not read up yet"

    app = create_app(
        name="probe",
        settings=settings,
        registry=registry,
        metrics=Metrics(registry),
        progress=progress,
        ready=ready,
        started=lambda: True,
        routes=things(begun, go_on),
        commands=commands,
    )
    transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
    try:
        async with httpx2.AsyncClient(transport=transport, base_url="http://probe") as client:
            yield Web(app, client, commands, registry, progress, signer, go_on, begun)
    finally:
        await pool.close()
