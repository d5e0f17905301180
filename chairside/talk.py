"""Speak with a service as somebody, and turn its refusals into problems a person can act on."""

from typing import Any

import httpx2

from chairside.clinic import Clinic
from chairside.problem import Problem


def ask(
    clinic: Clinic, service: str, method: str, path: str, *, role: str, json: object = None, query: dict[str, Any] | None = None
) -> Any:
    """The answer's JSON. Raises Problem when the service is away or refuses."""
    if service not in clinic.services:
        raise Problem(f"There is no service {service!r}.", todo=f"Choose one of: {', '.join(clinic.services)}.")
    try:
        answer = httpx2.request(
            method,
            f"{clinic.services[service]}{path}",
            headers={"Authorization": f"Bearer {clinic.token(role)}"},
            json=json,
            params=query,
            timeout=10,
            trust_env=False,
        )
    except httpx2.TransportError as error:
        raise Problem(f"{service} does not answer: {error}.", todo="See chairside status.") from error
    if answer.is_error:
        raise refusal(service, answer)
    return answer.json()


def refusal(service: str, answer: httpx2.Response) -> Problem:
    """A problem detail (RFC 9457) as a problem."""
    try:
        said = answer.json()
    except ValueError:
        said = {}
    detail = said.get("detail") or said.get("title") or answer.reason_phrase
    return Problem(
        f"{service} refused ({answer.status_code}): {detail}", todo=said.get("todo") or "See chairside status and the log."
    )
