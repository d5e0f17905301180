"""Posting: one request to the outside, and what its answer means: taken, never, later, or unknown."""

from collections.abc import Mapping

import httpx2

from kit.errors import Rejected, TryLater
from kit.outside import trusted

LATER = frozenset({408, 425, 429})
PATIENCE_S = 4.0
"""Wall seconds for one request, of which at most 2 for the connection."""
MOST_WAIT_S = 3600.0


class Later(TryLater):
    """The receiver says later, or could not be reached at all: it took nothing. `after_s` is what it asked to wait, or 0."""

    def __init__(self, text: str, after_s: float = 0.0) -> None:
        super().__init__(text)
        self.after_s = after_s


async def post(
    url: str, body: bytes, headers: Mapping[str, str], *, auth: tuple[str, str] | None = None, patience_s: float = PATIENCE_S
) -> bytes:
    """POST once and return the answer's body. Raises as `ask` does."""
    return await ask("POST", url, body, headers, auth=auth, patience_s=patience_s)


async def ask(
    method: str,
    url: str,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    *,
    auth: tuple[str, str] | None = None,
    patience_s: float = PATIENCE_S,
) -> bytes:
    """Ask once and return the answer's body; redirects are not followed.

    Raises Rejected when the receiver says never (3xx, 4xx), Later when it took nothing and may later (no connection, 408, 425,
    429, 5xx), and TimeoutError when nobody can know: it hung, or broke off in the middle.
    """
    limits = httpx2.Timeout(patience_s, connect=min(2.0, patience_s))
    try:
        async with httpx2.AsyncClient(timeout=limits, follow_redirects=False, auth=auth, verify=trusted()) as client:
            answer = await client.request(method, url, content=body, headers=dict(headers or {}))
    except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
        raise Later("the receiver cannot be reached") from error
    except httpx2.TransportError as error:
        raise TimeoutError("no answer, or half of one") from error
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise Rejected("this is no address that can be posted to") from error
    if answer.status_code in LATER or answer.status_code >= 500:
        raise Later(f"the receiver answered {answer.status_code}", _asked_to_wait(answer.headers.get("Retry-After", "")))
    if answer.status_code >= 300:
        raise Rejected(f"the receiver answered {answer.status_code}")
    return answer.content


def _asked_to_wait(header: str) -> float:
    """Seconds of a Retry-After; its other form, a date, counts as none."""
    return min(float(header), MOST_WAIT_S) if header.isascii() and header.isdigit() else 0.0
