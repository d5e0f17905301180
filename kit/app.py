"""The HTTP application of a service: its routes, its probes and its metrics, and nothing that refuses to say who may call it."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from opentelemetry.trace import TracerProvider
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from starlette.exceptions import HTTPException
from starlette.routing import compile_path
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kit.auth import Verifier
from kit.clock import monotonic
from kit.http import Commands, Routes, answer_problems
from kit.metrics import Metrics
from kit.openapi import check_needs, open_paths, show_needs
from kit.problems import as_problem, problem_of
from kit.progress import Progress
from kit.settings import Settings

MAX_BODY_BYTES = 16 * 1024 * 1024
METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})
"""What may be a metric's label: a caller can invent others without end."""


def create_app(
    *,
    name: str,
    settings: Settings,
    registry: CollectorRegistry,
    metrics: Metrics,
    progress: Progress,
    ready: Callable[[], Awaitable[str | None]],
    started: Callable[[], bool],
    routes: Sequence[Routes] = (),
    commands: Commands | None = None,
    tracing: TracerProvider | None = None,
) -> FastAPI:
    """A service's HTTP face. Raises ValueError when a route names no permission and is not public."""
    app = FastAPI(
        title=f"Chairside {name}",
        docs_url=None,
        redoc_url=None,
        swagger_ui_oauth2_redirect_url=None,
        telemetry={
            "tracing": tracing is not None,
            "tracer_provider": tracing,
            "metrics": False,
            "logs": False,
            "operation_spans": False,
            "auto_configure": False,
        },
    )
    app.state.commands = commands
    app.state.verifier = Verifier(settings.jwks, settings.issuer, settings.audience)
    for router in routes:
        app.include_router(router)
    check_needs(app)
    show_needs(app)
    _probes(app, registry, progress, ready, started)
    answer_problems(app)
    app.add_middleware(_Limited)
    app.add_middleware(_Measured, metrics=metrics)
    return app


def _probes(
    app: FastAPI,
    registry: CollectorRegistry,
    progress: Progress,
    ready: Callable[[], Awaitable[str | None]],
    started: Callable[[], bool],
) -> None:
    @app.get("/livez", include_in_schema=False)
    async def livez() -> Response:
        stuck = progress.stuck()
        return JSONResponse({"stuck": {loop: round(seconds) for loop, seconds in stuck.items()}}, 503 if stuck else 200)

    @app.get("/readyz", include_in_schema=False)
    async def readyz() -> Response:
        why_not = await ready() if started() else "starting"
        return JSONResponse({"ready": why_not is None, "why_not": why_not}, 200 if why_not is None else 503)

    @app.get("/startupz", include_in_schema=False)
    async def startupz() -> Response:
        return JSONResponse({"started": started()}, 200 if started() else 503)

    @app.get("/metrics", include_in_schema=False)
    async def metrics_page() -> Response:
        return PlainTextResponse(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


class _Measured:
    """Times each answer under its route's template, so that no label holds an identifier."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun, status = monotonic(), 500

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watch)
        finally:
            route: Any = scope.get("route")
            method = scope["method"] if scope["method"] in METHODS else "other"
            self._metrics.http(method, getattr(route, "path", "unknown"), status, monotonic() - begun)


class OnlyPublic:
    """What may be reached from outside: routes that need no token, and nothing else, not even a probe."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app
        self._open = [compile_path(path)[0] for path in open_paths(app)]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and any(path.match(scope["path"]) for path in self._open):
            await self._app(scope, receive, send)
        else:
            await PlainTextResponse("Not found", 404)(scope, receive, send)


class _TooLarge(HTTPException):
    """The body is larger than we read. FastAPI lets an HTTPException through; anything else it calls a bad body."""

    def __init__(self) -> None:
        super().__init__(413, f"A body may have {MAX_BODY_BYTES} bytes")


class _Limited:
    """Refuses bodies larger than MAX_BODY_BYTES, whether they say so or not."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        length = Request(scope).headers.get("content-length", "0")
        if length.isdigit() and int(length) > MAX_BODY_BYTES:
            await self._refuse(scope, receive, send)
            return
        read, begun = 0, False

        async def limited() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > MAX_BODY_BYTES:
                raise _TooLarge
            return message

        async def watch(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, limited, watch)
        except _TooLarge:
            if begun:
                raise
            await self._refuse(scope, receive, send)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        await as_problem(problem_of(_TooLarge())[0])(scope, receive, send)
