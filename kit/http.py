"""HTTP: routes that run in one transaction, committed before the answer leaves, and that name the permission they need."""

import contextlib
import hashlib
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import Annotated, Any, Protocol

import uvicorn
from fastapi import APIRouter, Depends, Request, Response
from fastapi.routing import APIRoute
from starlette.types import ASGIApp

from kit import idempotency, traces
from kit.auth import Principal, TokenRefused, Verifier
from kit.db import Tx
from kit.direct import Said
from kit.problems import Answer, Fault, Problem, Refused, answer_problems, as_problem

PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem, "description": text}
    for status, text in {
        400: "Not a body that can be read.",
        401: "No valid token.",
        403: "The token lacks the permission.",
        404: "Not known here.",
        409: "Not possible as things stand.",
        413: "Larger than we read.",
        422: "Not as it must be.",
        503: "Away for a moment; nothing was done.",
    }.items()
}


class Commands(Protocol):
    """What routes ask of a running service."""

    def transaction(
        self, *, actor: str | None = None, readonly: bool = False, traceparent: str | None = None
    ) -> AbstractAsyncContextManager[Tx]:
        """A transaction for a command."""

    async def publish(self, said: Sequence[Said], *, traceparent: str | None = None) -> None:
        """Say events without an outbox."""


class Need:
    """What a route needs of its caller; as a dependency it does nothing, because the route itself asks first."""

    def __init__(self, permission: str | None, why_public: str = "") -> None:
        self.permission = permission
        self.why_public = why_public

    async def __call__(self) -> None:
        """Nothing: see `TransactionRoute`. A coroutine, because FastAPI would call a plain function in a thread."""


def needs(permission: str) -> Any:
    """The permission a route needs, such as `charts.write`."""
    return Depends(Need(permission))


def public(why: str) -> Any:
    """A route that anybody may call, and why: answer links. Raises ValueError without a reason."""
    if not why.strip():
        raise ValueError("a public route says why it needs no token")
    return Depends(Need(None, why))


class Work:
    """One request's work: who asks, and a transaction opened when first needed."""

    def __init__(self, commands: Commands, principal: Principal | None, *, readonly: bool, traceparent: str | None) -> None:
        self.principal = principal
        self.traceparent = traceparent
        self.commands = commands
        self._readonly = readonly
        self._stack = AsyncExitStack()
        self._tx: Tx | None = None

    async def tx(self) -> Tx:
        """The request's one transaction."""
        if self._tx is None:
            actor = self.principal.subject if self.principal else "anonymous"
            opened = self.commands.transaction(actor=actor, readonly=self._readonly, traceparent=self.traceparent)
            self._tx = await self._stack.enter_async_context(opened)
        return self._tx

    async def __aenter__(self) -> "Work":
        await self._stack.__aenter__()
        return self

    async def __aexit__(self, *raised: Any) -> None:
        await self._stack.__aexit__(*raised)


async def _tx(request: Request) -> Tx:
    work: Work = request.state.work
    return await work.tx()


async def _caller(request: Request) -> Principal:
    work: Work = request.state.work
    if work.principal is None:
        raise TokenRefused("This needs a token.", missing=True)
    return work.principal


class Publisher:
    """Says events without an outbox, as part of a request."""

    def __init__(self, work: Work) -> None:
        self._work = work

    async def __call__(self, *said: Said) -> None:
        """Each an event and its id. Returns once every replica of the broker has them. Raises TryLater when Kafka is away."""
        await self._work.commands.publish(said, traceparent=self._work.traceparent)


async def _publisher(request: Request) -> Publisher:
    return Publisher(request.state.work)


Command = Annotated[Tx, Depends(_tx)]
"""The transaction of this request."""
Caller = Annotated[Principal, Depends(_caller)]
"""Who asks, and what they may."""
Publish = Annotated[Publisher, Depends(_publisher)]
"""Says an event without an outbox."""


class TransactionRoute(APIRoute):
    """Asks for the permission, runs the endpoint in one transaction, and commits it before the answer leaves."""

    answer: Answer = staticmethod(as_problem)

    @property
    def need(self) -> Need | None:
        """What this route needs; None where its author forgot to say, or said two things: then nobody may call it."""
        named = [d.dependency for d in self.dependencies if isinstance(d.dependency, Need)]
        return named[0] if len(named) == 1 else None

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The endpoint, wrapped."""
        endpoint = super().get_route_handler()
        need = self.need

        async def handler(request: Request) -> Response:
            request.state.answer = self.answer
            principal = await _authorised(request, need)
            commands: Commands = request.app.state.commands
            readonly = request.method in ("GET", "HEAD")
            traceparent = traces.onward(request.headers.get("traceparent"))
            async with Work(commands, principal, readonly=readonly, traceparent=traceparent) as work:
                request.state.work = work
                key = None if readonly else idempotency.key_of(request.headers.get("Idempotency-Key"))
                if key is None:
                    return await endpoint(request)
                subject = principal.subject if principal else ""
                asked = f"{request.method} {request.url.path}?{request.url.query} {subject} ".encode() + await request.body()
                return await idempotency.once(await work.tx(), key, hashlib.sha256(asked).hexdigest(), lambda: endpoint(request))

        return handler


async def _authorised(request: Request, need: Need | None) -> Principal | None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if need is not None and need.permission is None:
        return None
    if scheme.lower() != "bearer" or not token:
        raise TokenRefused("This needs a bearer token in the Authorization header.", missing=True)
    verifier: Verifier = request.app.state.verifier
    principal = await verifier.verify(token.strip())
    if need is None or need.permission not in principal.permissions:
        permission = need.permission if need else "no permission is named"
        raise Refused(403, "Not allowed", f"This needs the permission {permission}.", todo="Ask with a token that carries it.")
    return principal


class Routes(APIRouter):
    """A router whose routes run in one transaction each. `answer` is the form of its refusals, when not problem details."""

    def __init__(self, *, answer: Answer | None = None, **options: Any) -> None:
        kind = TransactionRoute if answer is None else type("FormedRoute", (TransactionRoute,), {"answer": staticmethod(answer)})
        super().__init__(route_class=kind, responses=PROBLEMS, **options)


class Server(uvicorn.Server):
    """uvicorn as one task among others: the service owns its signals."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """None of them: otherwise the port closes at once, beside the orderly stop."""
        yield

    @classmethod
    def of(cls, app: ASGIApp, host: str, port: int) -> "Server":
        """A server for an app, at an address."""
        return cls(
            uvicorn.Config(
                app,
                host=host,
                port=port,
                log_config=None,
                access_log=False,
                lifespan="off",
                timeout_graceful_shutdown=5,
            )
        )


__all__ = [
    "Caller",
    "Command",
    "Commands",
    "Fault",
    "Problem",
    "Publish",
    "Publisher",
    "Refused",
    "Routes",
    "Server",
    "answer_problems",
    "needs",
    "public",
]
