"""Up: servers, databases, topics and services, started in this order and stopped in the other."""

import asyncio
import contextlib
import importlib.util
import os
import pkgutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import httpx2

import services
from chairside.clinic import Clinic, file_in
from chairside.embedded import children
from chairside.embedded.datadir import DataFolder, default_folder, write_private
from chairside.embedded.domainclock import EVERY_S, DomainClock
from chairside.embedded.ports import HOST, Ports
from chairside.embedded.servers import Servers
from chairside.ownsettings import own_settings
from chairside.problem import Problem
from chairside.supervisor import Child, Supervisor
from chairside.together import together
from chairside.tokens import AUDIENCE, ISSUER, Keys
from kit.clock import wall
from kit.errors import AWAY
from kit.migrate import MigrationFailed, migrate
from kit.topics import create_topics

PREFIX = "clinic"
READY_WITHIN_S = 90.0


def aloud(line: str) -> None:
    """Say it on stderr: stdout is for answers."""
    print(line, file=sys.stderr, flush=True)


@dataclass(frozen=True)
class Options:
    """How a clinic is started: `rate` is domain seconds per wall second, `begin` the earliest domain instant to begin at."""

    data: Path | None = None
    rate: float = 1.0
    begin: datetime | None = None
    host: str = HOST
    """Where services listen. Kafka and PostgreSQL listen on the loopback address only."""
    say: Callable[[str], None] = aloud


def names() -> list[str]:
    """Every service there is: a folder under services/ that can be run."""
    found = (module.name for module in pkgutil.iter_modules(services.__path__) if module.ispkg)
    return [name for name in found if importlib.util.find_spec(f"services.{name}.__main__")]


@contextlib.asynccontextmanager
async def started(options: Options) -> AsyncIterator[Clinic]:
    """A clinic that is up and ready for the length of the block. Raises Problem when it cannot be."""
    say = options.say
    with DataFolder.held((options.data or default_folder()).absolute()) as folder:
        file_in(folder.path).unlink(missing_ok=True)
        ports = Ports(folder.path / "ports.json")
        numbers = ports.of(names())
        say("Starting Apache Kafka and PostgreSQL")
        servers = Servers.of(folder, ports, say=say)
        domain = DomainClock.renewed(folder.path / "clock.json", wall=wall(), rate=options.rate, begin=options.begin)
        keys = Keys(folder.path)
        keys.ensure()
        await servers.start()
        below, above = Supervisor(say), Supervisor(say)
        noting = asyncio.create_task(_note(domain))
        try:
            kafka, postgres = servers.kafka, servers.postgres
            below.keep(Child("kafka", kafka.start, kafka.log, process=kafka.process))
            below.keep(Child("postgres", postgres.start, postgres.log, dying=signal.SIGINT, process=postgres.process))
            say("Making databases and topics")
            await _prepare(servers, list(numbers))
            say(f"Starting {', '.join(numbers)}")
            for name, port in numbers.items():
                write_private(folder.secrets / f"dsn-{name}", postgres.dsn(name))
                env = environment(folder, name, port, options.host, kafka.bootstrap, keys) | domain.environment()
                env |= {
                    key: value for key, value in own_settings(name, f"http://{HOST}:{port}", folder).items() if key not in env
                }
                above.keep(Child(name, _starter(folder, name, env), folder.logs / f"{name}.log"))
            addresses = {name: f"http://{HOST}:{port}" for name, port in numbers.items()}
            await _all_ready(addresses, above)
            clinic = Clinic(folder.path, kafka.bootstrap, PREFIX, addresses, domain.clock)
            clinic.write()
            yield clinic
        finally:
            say("Stopping")
            file_in(folder.path).unlink(missing_ok=True)
            noting.cancel()
            for supervisor in (above, below):
                for name in await supervisor.stop():
                    say(f"{name} did not end in time and was killed")


def environment(folder: DataFolder, name: str, port: int, host: str, kafka: str, keys: Keys) -> dict[str, str]:
    """The settings of one service, on top of what the environment says."""
    folder.secret(f"audit-{name}")
    ours = {
        "CHAIRSIDE_KAFKA": kafka,
        "CHAIRSIDE_DATABASE_URL_FILE": str(folder.secrets / f"dsn-{name}"),
        "CHAIRSIDE_AUDIT_KEY_FILE": str(folder.secrets / f"audit-{name}"),
        "CHAIRSIDE_HOST": host,
        "CHAIRSIDE_PORT": str(port),
        "CHAIRSIDE_PREFIX": PREFIX,
        "CHAIRSIDE_INSTANCE": f"{name}-1",
        "CHAIRSIDE_JWKS": str(keys.jwks),
        "CHAIRSIDE_ISSUER": ISSUER,
        "CHAIRSIDE_AUDIENCE": AUDIENCE,
    }
    # A setting given directly wins over its file: what is ours alone must not come from outside.
    inherited = {key: value for key, value in os.environ.items() if f"{key}_FILE" not in ours}
    return inherited | ours


def _starter(folder: DataFolder, name: str, env: dict[str, str]) -> Callable[[], subprocess.Popen[bytes]]:
    def start() -> subprocess.Popen[bytes]:
        # Killed with us, not asked: it must not outlive us, and is built to be killed at any time.
        process = children.start(
            [sys.executable, "-m", f"services.{name}"], log=folder.logs / f"{name}.log", dying=signal.SIGKILL, env=env
        )
        folder.children.note(name, process.pid)
        return process

    return start


async def _prepare(servers: Servers, wanted: list[str]) -> None:
    postgres = servers.postgres
    await postgres.provide(wanted)
    try:
        (_, faults), *_ = await together(
            create_topics({"bootstrap_servers": servers.kafka.bootstrap}, PREFIX),
            *(migrate(name, postgres.dsn(name)) for name in wanted),
        )
    except MigrationFailed as error:
        raise Problem(f"A database could not be brought up to date. {error}", todo="Mend the migration it names.") from error
    except AWAY as error:
        raise Problem(f"A server went away while starting: {error!r}.", todo="Start again.") from error
    if faults:
        raise Problem("; ".join(faults), todo="chairside reset removes what an older version made.")


async def _all_ready(addresses: dict[str, str], supervisor: Supervisor) -> None:
    async with httpx2.AsyncClient(timeout=2, trust_env=False) as http:
        await together(*(_ready(http, address, supervisor.children[name], supervisor) for name, address in addresses.items()))


async def _ready(http: httpx2.AsyncClient, address: str, child: Child, supervisor: Supervisor) -> None:
    said = "it did not listen"
    for _ in range(int(READY_WITHIN_S / 0.1)):
        supervisor.check(child)
        with contextlib.suppress(httpx2.TransportError):
            answer = await http.get(f"{address}/readyz")
            if answer.status_code == httpx2.codes.OK:
                return
            said = answer.text
        await asyncio.sleep(0.1)
    raise Problem(f"{child.name} is not ready after {READY_WITHIN_S:g} s: {said}", todo=f"Its log: {child.log}.")


async def _note(domain: DomainClock) -> None:
    while True:
        await asyncio.sleep(EVERY_S)
        domain.note(wall())
