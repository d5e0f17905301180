"""House: the broker and the store of a benchmark or a failure test: the session's, or its own embedded ones."""

import asyncio
import contextlib
import os
import secrets
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from pydantic import SecretStr

from chairside.embedded.datadir import DataFolder
from chairside.embedded.jars import cache_folder, ensure, locked
from chairside.embedded.java import find_java
from chairside.embedded.kafka import Kafka
from chairside.embedded.ports import Ports
from chairside.embedded.postgres import Postgres
from kit.migrate import migrate
from kit.topics import create_topics


def free_port() -> int:
    """A port that was free just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class House:
    """Addresses, and the servers when they are our own."""

    kafka: str
    postgres: str
    """The superuser's DSN."""
    prefix: str = field(default_factory=lambda: f"t{secrets.token_hex(4)}")
    own: tuple[Kafka, Postgres] | None = None

    @classmethod
    @contextlib.asynccontextmanager
    async def open(cls, folder: Path | str, *, own: bool = False) -> AsyncIterator["House"]:
        """The servers named by TEST_KAFKA and TEST_PG, else (or when `own`) embedded ones that end with the block."""
        kafka, postgres = os.environ.get("TEST_KAFKA"), os.environ.get("TEST_PG")
        if kafka and postgres and not own:
            yield cls(kafka, postgres)
            return
        with DataFolder.held(Path(folder) / "house") as held:
            ports = Ports(held.path / "ports.json", spread=True).of(["kafka", "controller", "postgres"])
            broker = Kafka(
                held,
                ports["kafka"],
                ports["controller"],
                java=find_java(),
                classpath=ensure(cache_folder() / "kafka", locked()),
                quick=own,
            )
            store = Postgres(held, ports["postgres"])
            try:
                store.start()
                broker.start()
                await asyncio.gather(broker.ready(), store.ready())
                yield cls(broker.bootstrap, store.dsn(), own=(broker, store))
            finally:
                broker.stop()
                store.stop()

    async def database(self, name: str) -> str:
        """A fresh database with the runtime's tables alone: what a probe needs. Returns its DSN."""
        called = f"{self.prefix}_{name}".replace("-", "_")
        connection = await asyncpg.connect(self.postgres)
        try:
            await connection.execute(f'CREATE DATABASE "{called}"')
        finally:
            await connection.close()
        dsn = urlunsplit(urlsplit(self.postgres)._replace(path=f"/{called}"))
        await migrate(None, dsn)
        return dsn

    async def make_topics(self, prefix: str) -> None:
        """All topics of the catalogue, under a prefix."""
        _, faults = await create_topics({"bootstrap_servers": self.kafka}, prefix)
        assert not faults, faults

    async def topic(self, name: str, partitions: int) -> str:
        """One topic outside the catalogue."""
        called = f"{self.prefix}.{name}"
        admin = AIOKafkaAdminClient(bootstrap_servers=self.kafka)
        await admin.start()
        try:
            await admin.create_topics([NewTopic(called, partitions, 1)])
        finally:
            await admin.close()
        return called

    def settings(self, dsn: str, prefix: str) -> dict[str, Any]:
        """Settings of a service between these servers."""
        return {"kafka": self.kafka, "database_url": SecretStr(dsn), "prefix": prefix, "jwks": str(Path(os.devnull))}

    def environment(self, dsn: str, prefix: str, port: int) -> dict[str, str]:
        """The same, for a process."""
        return {
            "CHAIRSIDE_KAFKA": self.kafka,
            "CHAIRSIDE_DATABASE_URL": dsn,
            "CHAIRSIDE_PREFIX": prefix,
            "CHAIRSIDE_PORT": str(port),
            "CHAIRSIDE_JWKS": os.devnull,
        }

    async def stop_kafka(self) -> None:
        """Stop our own broker."""
        await asyncio.to_thread(self._owned()[0].stop)

    async def start_kafka(self) -> None:
        """Start our own broker again."""
        self._owned()[0].start()
        await self._owned()[0].ready()

    async def stop_postgres(self) -> None:
        """Stop our own store."""
        await asyncio.to_thread(self._owned()[1].stop)

    async def start_postgres(self) -> None:
        """Start our own store again."""
        self._owned()[1].start()
        await self._owned()[1].ready()

    def _owned(self) -> tuple[Kafka, Postgres]:
        if self.own is None:
            raise RuntimeError("these servers are the session's: open the house with own=True")
        return self.own
