"""Trends, wired: one faust process with the house's own probes and signals."""

import asyncio
import contextlib
import os
import signal
import sys

import structlog
from prometheus_client import CollectorRegistry

from kit.app import create_app
from kit.clock import monotonic
from kit.errors import AWAY, reason_of
from kit.http import Server
from kit.kafka import client_settings
from kit.logs import configure_logging
from kit.metrics import Metrics
from kit.positions import Ends, unread
from kit.progress import Progress
from kit.settings import SettingsRefused, load
from kit.tables import TableRefused
from kit.topics import create_compacted
from schemas.trends.trends import TRENDS
from services.trends.agent import CONSUMES, PRODUCES, changelogs_of, group_of, new_app
from services.trends.settings import TrendsSettings

log = structlog.get_logger("trends")
__all__ = ["CONSUMES", "PRODUCES", "main"]
STANDS_STILL_AFTER = 30.0
"""Wall seconds after which a process whose topics wait and whose group commits nothing ends itself. A recovery takes half."""


async def serve(settings: TrendsSettings) -> int:
    """Run until SIGTERM or SIGINT. Returns the exit code: 0 stopped in order, 1 crashed."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    registry, progress = CollectorRegistry(), Progress()
    metrics = Metrics(registry)
    app = new_app(settings, metrics)
    await create_compacted(client_settings(settings), changelogs_of(settings), TRENDS.partitions, settings.kafka_replication)
    alive = progress.watch("event loop", 30)

    async def ready() -> str | None:
        if app.crashed:
            return "crashed"
        if not app.started or app.rebalancing or not app.consumer.assignment():
            return "partitions are not assigned yet"
        return None

    face = create_app(
        name="trends",
        settings=settings,
        registry=registry,
        metrics=metrics,
        progress=progress,
        ready=ready,
        started=lambda: True,
    )
    server = Server.of(face, settings.host, settings.port)
    serving = asyncio.create_task(server.serve())
    watching = asyncio.create_task(end_when_still(settings))
    async with app:
        crashed = asyncio.create_task(app.wait_until_stopped())
        while not stop.is_set() and not crashed.done() and not watching.done():
            alive()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), 1)
    watching.cancel()
    server.should_exit = True
    await asyncio.wait([serving, crashed, watching], timeout=5)
    if watching.done() and not watching.cancelled() and (fault := watching.exception()):
        log.critical("nobody watches the group any more", error=reason_of(fault))
    return 1 if app.crashed or not stop.is_set() else 0


async def end_when_still(settings: TrendsSettings) -> None:
    """faust can stop reading and say nothing. What its group has committed, asked of Kafka itself, tells; a new start mends."""
    ends = Ends(client_settings(settings), settings.prefix)
    last, since = None, monotonic()
    try:
        while True:
            await asyncio.sleep(2)
            try:
                noted, reached = await ends.of(CONSUMES), await ends.of_group(group_of(settings), CONSUMES)
            except AWAY:
                last = None
                continue
            if reached != last or not unread(noted, reached):
                last, since = reached, monotonic()
            elif monotonic() - since > STANDS_STILL_AFTER:
                log.critical("stands still", unread=unread(noted, reached))
                os._exit(75)
    finally:
        await ends.close()


def main() -> None:
    """Run trends. Exit codes: 0 stopped in order, 1 crashed, 69 Kafka away at the start, 70 a fact or a row
    could not be taken, 75 stood still, 78 settings or tables refused."""
    try:
        settings = load(TrendsSettings)
    except SettingsRefused as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(78)
    configure_logging("trends", settings.log_level)
    try:
        sys.exit(asyncio.run(serve(settings)))
    except TableRefused as error:
        log.critical("a table is refused", error=str(error))
        sys.exit(78)
    except AWAY as error:
        log.critical("Kafka is away", error=reason_of(error))
        sys.exit(69)
