"""Problems: every refusal as RFC 9457 problem details: which field, what was expected, what to do; no input is echoed."""

from collections.abc import Callable
from typing import Any

import asyncpg
import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from kit.auth import TokenRefused
from kit.errors import AWAY, Rejected

log = structlog.get_logger("kit.http")
UNSTORABLE = (asyncpg.CharacterNotInRepertoireError, asyncpg.UntranslatableCharacterError)
NO_NUL = "A text holds a character that cannot be kept, such as U+0000."
WHAT_TO_DO = {
    400: "Send a body that is what its Content-Type says, in UTF-8.",
    404: "See /openapi.json for what can be asked here.",
    405: "See the Allow header for what can be asked here.",
    413: "Send less at once.",
}
EXPECTED = {
    "json_invalid": "JSON that can be read",
    "json_type": "JSON that can be read",
    "union_tag_invalid": "one of the kinds in /openapi.json",
    "url_parsing": "an address",
    "url_syntax_violation": "an address",
    "uuid_parsing": "a UUID",
    "uuid_type": "a UUID",
}
"""What to say instead of pydantic's own words where those repeat a piece of the input."""


class Fault(BaseModel):
    """One thing wrong with a request."""

    field: str
    expected: str


class Problem(BaseModel):
    """RFC 9457 problem details."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str = ""
    todo: str = ""
    """What the caller can do about it."""
    faults: list[Fault] = []


class Refused(Exception):
    """A command is refused, and nothing of it was done."""

    def __init__(
        self,
        status: int,
        title: str,
        detail: str = "",
        *,
        field: str = "",
        expected: str = "",
        todo: str = "",
        faults: list[Fault] | None = None,
    ) -> None:
        super().__init__(title)
        named = [Fault(field=field, expected=expected)] if field else []
        self.problem = Problem(title=title, status=status, detail=detail, todo=todo, faults=faults or named)


Answer = Callable[[Problem], Response]


def as_problem(problem: Problem) -> Response:
    """The ordinary form of a refusal."""
    return JSONResponse(problem.model_dump(), problem.status, media_type="application/problem+json")


def problem_of(error: Exception) -> tuple[Problem, dict[str, str]]:
    """What to tell the caller about an error, and the headers that go with it. An unknown one tells only that it happened."""
    if isinstance(error, Refused):
        return error.problem, {}
    if isinstance(error, RequestValidationError):
        faults = [Fault(field=_place(fault), expected=_expected(fault)) for fault in error.errors()]
        return Problem(
            title="The request is not as it must be", status=422, faults=faults, todo="Mend the fields named and send it again."
        ), {}
    if isinstance(error, TokenRefused):
        challenge = "Bearer" if error.missing else 'Bearer error="invalid_token"'
        return Problem(title="Who are you?", status=401, detail=str(error)), {"WWW-Authenticate": challenge}
    if isinstance(error, HTTPException):
        todo = WHAT_TO_DO.get(error.status_code, "")
        return Problem(title=str(error.detail), status=error.status_code, todo=todo), dict(error.headers or {})
    if isinstance(error, Rejected):
        return Problem(title="This can never work", status=422, detail=str(error), todo="Mend it and send it again."), {}
    if isinstance(error, UNSTORABLE):
        return Problem(
            title="The request is not as it must be", status=422, detail=NO_NUL, todo="Mend the text and send it again."
        ), {}
    if isinstance(error, AWAY):
        detail = "Something this service needs does not answer. Nothing was done."
        return Problem(title="Away for a moment", status=503, detail=detail, todo="Send it again in a moment."), {
            "Retry-After": "2"
        }
    return Problem(title="A fault of ours", status=500, detail="Nothing was done. The fault is in our log."), {}


def answer_problems(app: FastAPI) -> None:
    """Answer every error as a problem; a route may ask for another form by `request.state.answer`."""

    async def answer(request: Request, error: Exception) -> Response:
        problem, headers = problem_of(error)
        route = getattr(request.scope.get("route"), "path", "unknown")
        if problem.status == 500:
            log.error("request failed", method=request.method, route=route, error=type(error).__name__)  # uvicorn logs its frames
        elif problem.status == 503:
            log.warning("request put off", method=request.method, route=route, error=type(error).__name__)
        form: Answer = getattr(request.state, "answer", as_problem)
        response = form(problem)
        response.headers.update(headers)
        return response

    for kind in (Refused, Rejected, RequestValidationError, TokenRefused, HTTPException, *AWAY, *UNSTORABLE, Exception):
        app.add_exception_handler(kind, answer)


def _place(fault: dict[str, Any]) -> str:
    return "body" if fault["type"] == "json_invalid" else ".".join(str(part) for part in fault["loc"])


def _expected(fault: dict[str, Any]) -> str:
    return EXPECTED.get(fault["type"]) or str(fault["msg"]).removeprefix("Value error, ")
