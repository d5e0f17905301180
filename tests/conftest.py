"""Real servers for all tests: those named by TEST_KAFKA and TEST_PG, else the embedded ones people get."""

import asyncio
import contextlib
import os
import shutil
import tempfile
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg
import pytest
from aiokafka.admin import AIOKafkaAdminClient

from chairside.embedded.datadir import DataFolder
from chairside.embedded.ports import FIRST, Ports
from chairside.embedded.servers import Servers

T = TypeVar("T")
NAMED = ("TEST_KAFKA", "TEST_PG")
STARTED = pytest.StashKey[contextlib.ExitStack]()
FOREIGN = Path(__file__).parents[2] / "shared" / "data"
"""Real inputs that are not part of the project."""


def run(work: Coroutine[object, object, T]) -> T:
    """Run to the end in a loop of its own, away from the test's loop."""
    with ThreadPoolExecutor(1) as away:
        return away.submit(asyncio.run, work).result()


def start_servers(config: pytest.Config) -> None:
    """Start what is not named, once a session, and name it: workers of xdist find the addresses in their environment."""
    if all(os.environ.get(name) for name in NAMED):
        return
    stack = config.stash.setdefault(STARTED, contextlib.ExitStack())
    path = Path(tempfile.mkdtemp(prefix="chairside-"))
    stack.callback(shutil.rmtree, path, ignore_errors=True)
    folder = stack.enter_context(DataFolder.held(path))
    servers = Servers.of(folder, Ports(path / "ports.json", spread=True), testing=True)
    asyncio.run(servers.start())
    stack.callback(servers.stop)
    for name, address in zip(NAMED, (servers.kafka.bootstrap, servers.postgres.dsn()), strict=True):
        if not os.environ.get(name):
            os.environ[name] = address
            stack.callback(os.environ.pop, name)


def pytest_configure(config: pytest.Config) -> None:
    """With several workers the controller starts the servers, before them; alone, the first test that needs them does.

    Each worker's `chairside up` begins to choose its ports at a place of its own.
    """
    if worker := getattr(config, "workerinput", None):
        number = int(worker["workerid"].removeprefix("gw")) % 4
        os.environ["CHAIRSIDE_FIRST_PORT"] = str(FIRST + 2_000 * number)
    if not hasattr(config, "workerinput") and getattr(config.option, "numprocesses", None):
        start_servers(config)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop what was started."""
    if STARTED in config.stash:
        config.stash[STARTED].close()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What tests measured and want people to read, whether they passed or not."""
    reports = [*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")]
    for line in [
        value for report in reports if report.when == "call" for name, value in report.user_properties if name == "told"
    ]:
        terminalreporter.write_line(str(line))


@pytest.fixture(scope="session")
def kafka(pytestconfig: pytest.Config) -> str:
    """The bootstrap address of a real Kafka."""
    start_servers(pytestconfig)
    return os.environ["TEST_KAFKA"]


@pytest.fixture(scope="session")
def postgres(pytestconfig: pytest.Config) -> str:
    """The superuser's address on a real PostgreSQL."""
    start_servers(pytestconfig)
    return os.environ["TEST_PG"]


@pytest.fixture
def database(postgres: str) -> Iterator[str]:
    """The address of a fresh, empty database, dropped afterwards. Its role is the superuser."""
    name = f"t{uuid4().hex[:12]}"

    async def execute(sql: str) -> None:
        connection = await asyncpg.connect(postgres)
        try:
            await connection.execute(sql)
        finally:
            await connection.close()

    run(execute(f"CREATE DATABASE {name}"))
    yield urlsplit(postgres)._replace(path=f"/{name}").geturl()
    run(execute(f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture
def prefix(kafka: str) -> Iterator[str]:
    """A prefix for topics that nobody else uses; its topics are removed afterwards."""
    mine = f"t{uuid4().hex[:8]}"

    async def remove() -> None:
        admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
        await admin.start()
        try:
            if topics := [name for name in await admin.list_topics() if name.startswith(f"{mine}.")]:
                await admin.delete_topics(topics)
        finally:
            await admin.close()

    yield mine
    run(remove())


@pytest.fixture(scope="session")
def waveforms() -> Path:
    """The folder of real bedside recordings; the test skips where it is absent."""
    if not (FOREIGN / "waveforms").is_dir():
        pytest.skip("../shared/data/waveforms is not here: a fresh clone has no real recordings")
    return FOREIGN / "waveforms"
