"""Service: the wiring of one deployable, and its life from start to orderly stop."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog
from fastapi import FastAPI
from prometheus_client import CollectorRegistry

from kit import clock, db
from kit.app import OnlyPublic, create_app
from kit.backlog import Urgent
from kit.batch import Handling, OnDeadLetter
from kit.beats import Beat, Beats
from kit.direct import Direct, Said
from kit.errors import AWAY
from kit.gauges import Gauges, OwnGauges
from kit.http import Routes, Server
from kit.jobs import Jobs, Workers
from kit.kafka import client_settings
from kit.logs import configure_logging
from kit.memory import collect_rarely
from kit.metrics import Metrics
from kit.operations import routes as operations
from kit.origin import Origin
from kit.outbox import Relay
from kit.partitions import Daily
from kit.positions import Ends, caught_up
from kit.progress import Progress
from kit.pruning import Pruner
from kit.redrive import Redriver
from kit.settings import Settings, SettingsRefused, load
from kit.stream import Handlers, Stream
from kit.timers import TimerLoop, Timers
from kit.traces import new_provider
from schemas.topic import Topic

log = structlog.get_logger("kit.service")
STOP_WITHIN = 9.0
"""Wall seconds an orderly stop may take before what is left is cancelled."""


@dataclass(frozen=True)
class Service:
    """What a deployable is made of: topics, routes, timers, jobs, and nothing else."""

    name: str
    settings: type[Settings]
    consumes: Mapping[Topic, Handlers] = field(default_factory=dict)
    routes: tuple[Routes, ...] = ()
    timers: Timers = field(default_factory=dict)
    jobs: Jobs = field(default_factory=dict)
    checks: tuple[Callable[[], object], ...] = ()
    """Called at start; one that raises refuses it."""
    on_dead_letter: OnDeadLetter | None = None
    on_blind: Callable[[db.Tx], Awaitable[None]] | None = None
    beat: Beat | None = None
    """Says that the service lives: every `beat_seconds`, and only while it has read everything."""
    urgent: Urgent = field(default_factory=dict)
    """Events that overtake those of other keys when many wait."""
    public_port: Callable[[Any], int | None] = lambda _: None
    """A second port that serves only what needs no token, from the service's own settings; None: there is none."""
    daily: tuple[Daily, ...] = ()
    """Tables kept by the day: partitions are made ahead, and dropped when their time is over."""
    gauges: OwnGauges | None = None
    """What it counts of its own, on `/metrics`."""

    def __post_init__(self) -> None:
        for topic, table in self.consumes.items():
            strange = [kind.__name__ for kind in table if kind not in topic.events]
            if strange:
                raise ValueError(f"{self.name}: {', '.join(strange)} is not said on topic {topic.name}")


class Running:
    """A service at work, built from explicit settings, a clock and a metrics registry."""

    def __init__(self, service: Service, settings: Settings, domain: clock.Clock, registry: CollectorRegistry) -> None:
        self.service = service
        self.settings = settings
        self.clock = domain
        self.metrics = Metrics(registry)
        self.registry = registry
        if service.gauges is not None:
            self.metrics.declare(service.name, service.gauges.names)
        self.progress = Progress()
        self.hints = db.Hints()
        self.kafka = client_settings(settings)
        self.ends = Ends(self.kafka, settings.prefix)
        self.direct = Direct(service.name, settings.prefix, self.kafka, domain)
        self.tracing = new_provider(service.name, settings.otlp) if settings.otlp else None
        self.started = False

    # --- what routes ask for ---

    @contextlib.asynccontextmanager
    async def transaction(
        self, *, actor: str | None = None, readonly: bool = False, traceparent: str | None = None
    ) -> AsyncIterator[db.Tx]:
        """A transaction for a command. Raises TryLater when the store is away."""
        origin = Origin(actor or self.service.name, clock.new_id(), traceparent=traceparent)
        async with self.store.transaction(origin, readonly=readonly) as tx:
            yield tx

    async def publish(self, said: Sequence[Said], *, traceparent: str | None = None) -> None:
        """Say events without an outbox, acked by every replica: only where no state changes. Raises TryLater."""
        await self.direct.say(said, traceparent=traceparent)

    # --- what probes and stories ask for ---

    async def ready(self) -> str | None:
        """Why this service is not ready; None when it is: its store answers, Kafka answers and its topics are read up."""
        try:
            if not await caught_up(self.store, self.ends, list(self.service.consumes)):
                return "topics are not read up yet"
            async with self.store.pool.acquire(timeout=2) as connection:
                await connection.fetchval("SELECT 1")
        except AWAY as error:
            return f"away: {type(error).__name__}"
        return None

    # --- life ---

    async def open(self) -> None:
        """Check what must hold, and reach the store. Raises what a check raises, and TryLater kin when the store is away."""
        for check in self.service.checks:
            check()
        dsn = self.settings.database_url.get_secret_value()
        pool = await db.open_pool(dsn, self.service.name, plan_each=bool(self.service.daily))
        self.store = db.Store(pool, self.service.name, self.settings, self.clock)
        watch, hints = self.progress.watch, self.hints
        prefix = self.settings.prefix
        handlers = {topic.name: table for topic, table in self.service.consumes.items()}
        self.handling = Handling(self.store, handlers, self.metrics, self.service.on_dead_letter, self.tracing)
        self._relay_moved = watch("relay", 30)
        self.relay = Relay(
            dsn,
            self.service.name,
            prefix,
            self.kafka,
            hints.waker("kit_outbox"),
            self._relayed,
            self.settings.audit_key.get_secret_value().encode() if self.settings.audit_key else None,
        )
        self.timers = TimerLoop(
            self.store,
            self.service.timers,
            self.metrics,
            hints.waker("kit_timers"),
            self.ends,
            watch("timers", 60),
            self.service.on_blind,
        )
        self.workers = Workers(self.store, self.service.jobs, self.metrics, hints.waker("kit_jobs"), watch("jobs", 60))
        self.redriver = Redriver(self.handling, hints.waker("kit_redrive"), watch("redrive", 60))
        self.loops: list[Callable[[asyncio.Event], Coroutine[Any, Any, None]]] = [
            self._listen,
            self.relay.run,
            self.timers.run,
            self.workers.run,
            self.redriver.run,
            Pruner(self.store, list(self.service.consumes), watch("pruning", 7300), self.metrics, self.service.daily).run,
            Gauges(
                self.store, self.metrics, self.ends, list(self.service.consumes), watch("gauges", 120), self.service.gauges
            ).run,
        ]
        if self.service.beat is not None and self.settings.beat_seconds:
            every, moved = self.settings.beat_seconds, watch("beats", 60 + self.settings.beat_seconds)
            self.loops.append(
                Beats(self.store, self.service.beat, list(self.service.consumes), self.ends, self._leads, every, moved).run
            )
        if self.service.consumes:
            self.stream = Stream(
                topics=list(self.service.consumes),
                prefix=prefix,
                group=f"{prefix}.{self.service.name}",
                kafka=self.kafka,
                instance=self.settings.instance,
                handling=self.handling,
                moved=watch("stream", 120),
                fetch_max_wait_ms=self.settings.kafka_fetch_wait_ms,
                urgent=self.service.urgent,
            )
            self.loops.append(self.stream.run)

    def app(self) -> FastAPI:
        """The service's HTTP face."""
        return create_app(
            name=self.service.name,
            routes=(*self.service.routes, operations),
            commands=self,
            settings=self.settings,
            registry=self.registry,
            metrics=self.metrics,
            progress=self.progress,
            ready=self.ready,
            started=lambda: self.started,
            tracing=self.tracing,
        )

    async def run(self, stop: asyncio.Event) -> None:
        """Run every loop until told to stop; then drain, commit, leave, within STOP_WITHIN."""
        self.started = True
        async with asyncio.TaskGroup() as group:
            loops = [group.create_task(loop(stop)) for loop in self.loops]
            await stop.wait()
            for channel in db.CHANNELS:
                self.hints.wake(channel)
            _, late = await asyncio.wait(loops, timeout=STOP_WITHIN)
            for loop in late:
                log.warning("loop cancelled at stop", loop=str(loop.get_coro()))
                loop.cancel()

    async def close(self) -> None:
        """Let go of Kafka and the store."""
        if self.tracing is not None:
            await asyncio.to_thread(self.tracing.shutdown)
        with contextlib.suppress(Exception):
            await asyncio.wait_for(self.ends.close(), 2)
        await self.direct.close()
        try:
            await asyncio.wait_for(self.store.pool.close(), 2)
        except Exception:
            self.store.pool.terminate()

    def _leads(self) -> bool:
        return self.relay.leading

    def _relayed(self, rows: int) -> None:
        self._relay_moved()
        self.metrics.relayed(rows)
        self.metrics.leading(self.relay.leading)

    async def _listen(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            with contextlib.suppress(*AWAY):
                await self.hints.listen(self.settings.database_url.get_secret_value(), stop)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), 0.5)


async def serve(service: Service, settings: Settings) -> None:
    """Run a service as its own process: its loops and its HTTP face, until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    running = Running(service, settings, settings.domain_clock(), CollectorRegistry())
    await _open(running, stop)
    if stop.is_set():
        return
    app = running.app()
    servers = [Server.of(app, settings.host, settings.port)]
    if (public := service.public_port(settings)) is not None:
        servers.append(Server.of(OnlyPublic(app), settings.host, public))
    collect_rarely()
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(running.run(stop))
            serving = [group.create_task(server.serve()) for server in servers]
            await stop.wait()
            for server in servers:
                server.should_exit = True
            await asyncio.wait(serving, timeout=STOP_WITHIN)
    finally:
        await running.close()


async def _open(running: Running, stop: asyncio.Event) -> None:
    backoff = 0.2
    while not stop.is_set():
        try:
            await running.open()
            return
        except AWAY as error:
            log.warning("the store is away", error=type(error).__name__, again_in=backoff)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), backoff)
            backoff = min(backoff * 2, 5.0)


def main(service: Service) -> None:
    """Run a service. Exit codes: 0 stopped in order, 70 a bug, 78 settings or data refused (all faults in one message)."""
    try:
        settings = load(service.settings)
    except SettingsRefused as error:
        print(error, file=sys.stderr)
        raise SystemExit(78) from None
    configure_logging(service.name, settings.log_level)
    try:
        asyncio.run(serve(service, settings))
    except BaseExceptionGroup as group:
        log.critical("service failed", exc_info=group)
        sys.stdout.flush()
        os._exit(70)
