"""OpenAPI: what each route needs of its caller, checked at the start and shown to whoever reads the description."""

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from kit.http import PROBLEMS, Need, TransactionRoute
from kit.problems import as_problem

SCHEME = {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}
KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "A fresh UUID for each command: sent again under it, the command is done once and answered alike.",
    "schema": {"type": "string", "format": "uuid"},
}
READS = ("get", "head")


def check_needs(app: FastAPI) -> None:
    """Every route names the one permission it needs, or says why it needs none. Raises ValueError naming those that do not."""
    silent = [path for path, _, need in _routes(app) if need is None]
    if silent:
        raise ValueError(f"these routes do not name one permission, and are not public: {', '.join(sorted(set(silent)))}")


def describe_needs(app: FastAPI) -> dict[str, dict[str, str | None]]:
    """The permission each route needs, by path and method; None where it is public."""
    found: dict[str, dict[str, str | None]] = {}
    for path, route, need in _routes(app):
        for method in sorted(getattr(route, "methods", None) or ()):
            found.setdefault(path, {})[method] = need.permission if need else None
    return found


def open_paths(app: FastAPI) -> list[str]:
    """The paths of routes that say why they need no permission; probes are not among them."""
    return sorted({path for path, _, need in _routes(app) if need is not None and need.permission is None})


def show_needs(app: FastAPI) -> None:
    """Show in the app's description which permission each operation needs, its key header, and its refusals as problems."""
    routes = {
        (path, method.lower()): route for path, route, _ in _routes(app) for method in getattr(route, "methods", None) or ()
    }
    plain = app.openapi

    def shown() -> dict[str, Any]:
        if app.openapi_schema is None:
            described = plain()
            described.setdefault("components", {})["securitySchemes"] = SCHEME
            for path, operations in described["paths"].items():
                for method, operation in operations.items():
                    route = routes.get((path, method))
                    if isinstance(route, TransactionRoute) and route.need is not None:
                        _show(operation, method, route, route.need)
        return app.openapi_schema or {}

    app.openapi = shown  # type: ignore[method-assign]


def _show(operation: dict[str, Any], method: str, route: TransactionRoute, need: Need) -> None:
    said = operation.get("description", "")
    if need.permission is None:
        operation["security"], told = [], f"Public: {need.why_public}"
        for status in (401, 403):  # of a token; a route may refuse for reasons of its own
            if route.responses.get(status) == PROBLEMS[status]:
                operation["responses"].pop(str(status), None)
    else:
        operation["security"], told = [{"bearer": [need.permission]}], f"Needs the permission `{need.permission}`."
    operation["description"] = f"{said}\n\n{told}" if said else told
    if method not in READS:
        operation.setdefault("parameters", []).append(KEY)
    for status, response in operation["responses"].items():
        content = response.get("content", {})
        modelled = [kind for kind, shape in content.items() if "$ref" in shape.get("schema", {})]
        if status >= "400" and modelled:
            if route.answer is as_problem:
                response["content"] = {"application/problem+json": content[modelled[0]]}
            else:
                del response["content"]


def _routes(app: FastAPI) -> Iterator[tuple[str, Any, Need | None]]:
    """Every route a caller can reach, however its router was included. What is no TransactionRoute asks nobody anything."""
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        if context.path != app.openapi_url:
            yield context.path or "(no path)", route, route.need if isinstance(route, TransactionRoute) else None
