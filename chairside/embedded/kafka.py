"""The embedded Apache Kafka: one node, broker and controller in one process, on the loopback address."""

import asyncio
import base64
import secrets
import signal
import subprocess
import time
from pathlib import Path

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from chairside.embedded import children
from chairside.embedded.datadir import DataFolder, disk_faults, disk_full
from chairside.embedded.ports import HOST
from chairside.problem import Problem

PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers={host}:{controller}
listeners=PLAINTEXT://{host}:{port},CONTROLLER://{host}:{controller}
advertised.listeners=PLAINTEXT://{host}:{port}
controller.listener.names=CONTROLLER
log.dirs={data}
auto.create.topics.enable=false
group.initial.rebalance.delay.ms=0
offsets.topic.num.partitions=4
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
log.cleaner.dedupe.buffer.size=16000000
"""
JAVA_OPTIONS = ["-Xms128m", "-Xmx384m", "-XX:+UseSerialGC", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"]
QUICK = ["-XX:TieredStopAtLevel=1"]
"""Starts half a second sooner, at less peak speed: for tests."""
DISK_FULL = "No space left on device"


class Kafka:
    """A Kafka broker that is our child. `start`, then `await ready()`; `stop` when done."""

    def __init__(
        self, folder: DataFolder, port: int, controller: int, *, java: Path, classpath: str, quick: bool = False
    ) -> None:
        self.bootstrap = f"{HOST}:{port}"
        self.log = folder.logs / "kafka.log"
        self._folder = folder
        self._data = folder.path / "kafka"
        self._properties = folder.path / "kafka.properties"
        self._port, self._controller = port, controller
        self._run: list[str | Path] = [java, *JAVA_OPTIONS, *(QUICK if quick else []), "-cp", classpath]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The running broker."""
        assert self._process is not None, "started"
        return self._process

    def start(self) -> subprocess.Popen[bytes]:
        """Format the storage if it is new, then start the broker. From the main thread. Raises Problem."""
        with disk_faults(self._folder.path):
            self._properties.write_text(
                PROPERTIES.format(data=self._data, host=HOST, port=self._port, controller=self._controller)
            )
            if not (self._data / "meta.properties").exists():
                self._format()
            self._process = children.start([*self._run, "kafka.Kafka", self._properties], log=self.log, dying=signal.SIGTERM)
            self._folder.children.note("kafka", self._process.pid)
        return self._process

    async def ready(self, seconds: float = 60) -> None:
        """Wait until the broker answers a client. Raises Problem when it does not."""
        end = time.monotonic() + seconds
        while not await self._answers():
            if self.process.poll() is not None or time.monotonic() > end:
                raise self._failed("Kafka did not start", children.tail(self.log))
            await asyncio.sleep(0.05)

    def stop(self) -> None:
        """Orderly shutdown, so that the next start need not recover its logs."""
        if self._process is not None:
            children.stop(self._process, signal.SIGTERM, within=15)

    async def _answers(self) -> bool:
        try:
            # The client logs each refusal; a bare connection does not.
            _, writer = await asyncio.open_connection(HOST, self._port)
            writer.close()
            await writer.wait_closed()
        except OSError:
            return False
        admin = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap, request_timeout_ms=5000)
        try:
            await admin.start()
            await admin.list_topics()
        except (KafkaError, OSError):
            return False
        finally:
            await admin.close()
        return True

    def _format(self) -> None:
        cluster = "-"
        while cluster.startswith("-"):  # else the tool takes it for an option
            cluster = base64.urlsafe_b64encode(secrets.token_bytes(16)).decode().rstrip("=")
        command = [
            *self._run,
            "kafka.tools.StorageTool",
            "format",
            "--standalone",
            "--ignore-formatted",
            "-t",
            cluster,
            "-c",
            self._properties,
        ]
        made = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
        if made.returncode:
            raise self._failed("Kafka's storage could not be formatted", (made.stdout + made.stderr).strip())

    def _failed(self, what: str, said: str) -> Problem:
        if DISK_FULL in said:
            return disk_full(self._folder.path)
        return Problem(f"{what}. It said:\n{said}", todo=f"The whole log is {self.log}. `chairside doctor` may know more.")
