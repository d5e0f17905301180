"""The door: how simulated people ask the clinic anything, by HTTP as a real clinic would, each with a token of their own."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import httpx2

from chairside.clinic import Clinic
from kit.clock import new_id

TRIES, FIRST_WAIT_S = 8, 0.2
"""How often a service that is away is asked again: about 25 s in all, time enough for its supervisor."""
BUSY = (429, 502, 503, 504)


class Refusal(Exception):
    """A service refused. `what` is for people; it names no patient."""

    def __init__(self, what: str, status: int | None = None, body: Any = None) -> None:
        super().__init__(what)
        self.what = what
        self.status = status
        self.body = body


@dataclass(frozen=True)
class Who:
    """Somebody who asks: a role with its permissions, and the id that the clinic's records will name."""

    role: str
    subject: str


@dataclass
class Door:
    """The clinic's services, by HTTP."""

    clinic: Clinic
    http: httpx2.AsyncClient
    _tokens: dict[Who, str] = field(default_factory=dict)

    async def ask(
        self,
        who: Who,
        service: str,
        method: str,
        path: str,
        body: Any = None,
        *,
        query: dict[str, str] | None = None,
        content: bytes | None = None,
    ) -> Any:
        """The answer's JSON, or None where there is none. A service that is away is asked again. Raises Refusal."""
        if service not in self.clinic.services:
            raise Refusal(f"this clinic runs no {service}")
        headers = {"Authorization": f"Bearer {self._token(who)}"}
        if method == "POST":
            headers["Idempotency-Key"] = str(new_id())
        if content is not None:
            headers["Content-Type"] = "application/fhir+json"
        wait, last = FIRST_WAIT_S, "it did not answer"
        for _ in range(TRIES):
            try:
                answer = await self.http.request(
                    method, f"{self.clinic.services[service]}{path}", headers=headers, json=body, params=query, content=content
                )
            except httpx2.TransportError as error:
                last = type(error).__name__
            else:
                if answer.status_code not in BUSY:
                    return _read(service, method, path, answer)
                last = f"it answered {answer.status_code}"
            await asyncio.sleep(wait)
            wait = min(wait * 2, 8)
        raise Refusal(f"{service} is away: {last} ({method} {path})")

    def _token(self, who: Who) -> str:
        if who not in self._tokens:
            self._tokens[who] = self.clinic.token(who.role, subject=who.subject)
        return self._tokens[who]


def _read(service: str, method: str, path: str, answer: httpx2.Response) -> Any:
    try:
        said = answer.json() if answer.content else None
    except ValueError:
        said = None
    if not answer.is_error:
        return said
    raise Refusal(f"{service} refused ({answer.status_code}) {method} {path}: {told(said)}", answer.status_code, said)


def told(said: Any) -> str:
    """What a problem detail or an OperationOutcome says, in a line."""
    if not isinstance(said, dict):
        return "no reason given"
    if issues := said.get("issue"):
        return "; ".join(str(issue.get("diagnostics") or issue.get("code")) for issue in issues[:4])
    parts = [str(said.get(name)) for name in ("title", "detail") if said.get(name)]
    parts += [f"{fault.get('field')}: expected {fault.get('expected')}" for fault in said.get("faults", [])[:4]]
    if said.get("todo"):
        parts.append(f"to do: {said['todo']}")
    return "; ".join(parts) or "no reason given"
