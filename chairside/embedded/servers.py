"""Both servers of a clinic, started together: Kafka takes its time while PostgreSQL is made ready."""

import os
from collections.abc import Callable
from typing import Self

from chairside.embedded import jars
from chairside.embedded.datadir import DataFolder
from chairside.embedded.java import find_java
from chairside.embedded.kafka import Kafka
from chairside.embedded.ports import Ports
from chairside.embedded.postgres import Postgres
from chairside.together import together

Say = Callable[[str], None]
PORTS = ("kafka", "kafka controller", "postgres")


class Servers:
    """The embedded Kafka and PostgreSQL of a data folder."""

    def __init__(self, kafka: Kafka, postgres: Postgres) -> None:
        self.kafka = kafka
        self.postgres = postgres

    @classmethod
    def of(cls, folder: DataFolder, ports: Ports, *, testing: bool = False, say: Say = lambda _: None) -> Self:
        """Prepare both, fetching what is missing. `testing` trades durability and peak speed for a quick start."""
        numbers = ports.of(PORTS)
        classpath = jars.ensure(
            jars.cache_folder() / "kafka",
            jars.locked(),
            os.environ.get("CHAIRSIDE_MAVEN"),
            lambda done, of: say(f"Fetching Apache Kafka: {done} of {of} files") if done % 10 == 0 or done == of else None,
        )
        kafka = Kafka(folder, numbers["kafka"], numbers["kafka controller"], java=find_java(), classpath=classpath, quick=testing)
        return cls(kafka, Postgres(folder, numbers["postgres"], durable=not testing))

    async def start(self) -> None:
        """Start both and wait until both answer. From the main thread. Raises Problem, with neither left running."""
        try:
            self.kafka.start()
            self.postgres.start()
            await together(self.postgres.ready(), self.kafka.ready())
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop both in order, keeping their data."""
        self.kafka.stop()
        self.postgres.stop()
