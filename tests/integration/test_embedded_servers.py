"""The embedded servers: they keep their data, die with their parent, and come back after anything."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import psutil
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from chairside.embedded.children import wait_until
from chairside.embedded.datadir import DataFolder
from chairside.embedded.ports import Ports
from chairside.embedded.servers import Servers
from chairside.problem import Problem

PARENT = """
import asyncio, sys, time
from pathlib import Path
from chairside.embedded.datadir import DataFolder
from chairside.embedded.ports import Ports
from chairside.embedded.servers import Servers
with DataFolder.held(Path(sys.argv[1])) as folder:
    servers = Servers.of(folder, Ports(folder.path / "ports.json", spread=True), testing=True)
    asyncio.run(servers.start())
    print(servers.kafka.process.pid, servers.postgres.process.pid, flush=True)
    time.sleep(600)
"""


@asynccontextmanager
async def running(path: Path) -> AsyncIterator[Servers]:
    with DataFolder.held(path) as folder:
        servers = Servers.of(folder, Ports(path / "ports.json", spread=True), testing=True)
        await servers.start()
        try:
            yield servers
        finally:
            await asyncio.to_thread(servers.stop)


def of_folder(path: Path) -> list[psutil.Process]:
    """Every process that names this folder on its command line."""
    everything = psutil.process_iter(["pid", "cmdline"])
    return [one for one in everything if one.pid != os.getpid() and any(str(path) in part for part in one.info["cmdline"] or ())]


async def test_a_restart_keeps_what_was_committed_and_the_addresses(tmp_path: Path) -> None:
    async with running(tmp_path) as first:
        addresses = first.kafka.bootstrap, first.postgres.dsn()
        admin = AIOKafkaAdminClient(bootstrap_servers=first.kafka.bootstrap)
        await admin.start()
        await admin.create_topics([NewTopic("kept", 1, 1)])
        await admin.close()
        producer = AIOKafkaProducer(bootstrap_servers=first.kafka.bootstrap)
        await producer.start()
        await producer.send_and_wait("kept", b"a reading")
        await producer.stop()
        db = await asyncpg.connect(first.postgres.dsn())
        await db.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        await db.close()

    async with running(tmp_path) as second:
        assert (second.kafka.bootstrap, second.postgres.dsn()) == addresses
        consumer = AIOKafkaConsumer(bootstrap_servers=second.kafka.bootstrap, auto_offset_reset="earliest")
        consumer.assign([TopicPartition("kept", 0)])
        await consumer.start()
        record = await asyncio.wait_for(consumer.getone(), 10)
        await consumer.stop()
        db = await asyncpg.connect(second.postgres.dsn())
        answer = await db.fetchval("SELECT answer FROM kept")
        await db.close()
        assert (record.value, answer) == (b"a reading", 42)


def test_kill_9_of_the_parent_leaves_nothing_behind_and_the_next_start_works(tmp_path: Path) -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    pids = [int(pid) for pid in parent.stdout.readline().split()]
    assert len(pids) == 2
    assert all(psutil.pid_exists(pid) for pid in pids)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    assert wait_until(lambda: not of_folder(tmp_path), 15), of_folder(tmp_path)

    async def again() -> None:
        async with running(tmp_path):
            pass

    asyncio.run(again())


def test_what_outlived_its_parent_is_stopped_by_the_next_holder_and_strangers_are_not(tmp_path: Path) -> None:
    left = subprocess.Popen(["sleep", "600"])
    stranger = subprocess.Popen(["sleep", "600"])
    try:
        with DataFolder.held(tmp_path) as folder:
            folder.children.note("left", left.pid)
            folder.children.note("reused", stranger.pid)
        noted = json.loads((tmp_path / "children.json").read_text())
        noted["reused"][1] -= 1000
        (tmp_path / "children.json").write_text(json.dumps(noted))
        with DataFolder.held(tmp_path):
            assert left.poll() is not None
            assert stranger.poll() is None
    finally:
        for process in (left, stranger):
            process.kill()
            process.wait()


def test_a_folder_has_one_holder(tmp_path: Path) -> None:
    with DataFolder.held(tmp_path):
        with pytest.raises(Problem, match=f"already up \\(process {os.getpid()}\\)") as refused, DataFolder.held(tmp_path):
            pass
        assert "--data" in refused.value.todo


async def test_nothing_listens_beyond_loopback(tmp_path: Path) -> None:
    async with running(tmp_path) as servers:
        for process in (servers.kafka.process, servers.postgres.process):
            listening = [one for one in psutil.Process(process.pid).net_connections("inet") if one.status == psutil.CONN_LISTEN]
            assert listening
            assert {one.laddr.ip.removeprefix("::ffff:") for one in listening} == {"127.0.0.1"}
