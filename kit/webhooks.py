"""Webhooks: one signed POST, as Standard Webhooks has it, so that its receiver can tell ours from anybody's."""

import base64
import hashlib
import hmac
from collections.abc import Mapping

import httpx2

from kit.clock import wall
from kit.errors import Rejected, TryLater


async def post_signed(url: str, body: bytes, *, secret: str, message_id: str) -> None:
    """POST a body once. Raises Rejected when the receiver says never (4xx), TryLater when it does not answer or says later."""
    stamp = str(int(wall().timestamp()))
    headers = {
        "Content-Type": "application/json",
        "Webhook-Id": message_id,
        "Webhook-Timestamp": stamp,
        "Webhook-Signature": signature(secret, message_id, stamp, body),
    }
    await ask("POST", url, body, headers)


async def ask(method: str, url: str, body: bytes | None = None, headers: Mapping[str, str] | None = None) -> None:
    """Ask once, without a signature where no header holds one. Raises as `post_signed` does."""
    try:
        async with httpx2.AsyncClient(timeout=4, follow_redirects=False) as client:
            answer = await client.request(method, url, content=body, headers=headers)
    except httpx2.TimeoutException as error:
        raise TimeoutError from error
    except httpx2.HTTPError as error:
        raise TryLater("the receiver does not answer") from error
    if answer.status_code in (408, 425, 429) or answer.status_code >= 500:
        raise TryLater(f"the receiver answered {answer.status_code}")
    if answer.status_code >= 300:
        raise Rejected(f"the receiver answered {answer.status_code}")


def signature(secret: str, message_id: str, stamp: str, body: bytes) -> str:
    """`v1,` and the base64 of HMAC-SHA-256 over id, time stamp and body."""
    signed = f"{message_id}.{stamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(secret.encode(), signed, hashlib.sha256).digest()).decode()
