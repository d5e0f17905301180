"""Webhooks: one signed POST, as Standard Webhooks has it, so that its receiver can tell ours from anybody's."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime

from kit.clock import wall
from kit.posting import post

WINDOW_S = 300.0
"""Standard Webhooks: a message whose time stamp is further off than this, either way, is a replay."""


async def post_signed(url: str, body: bytes, *, secret: str, message_id: str) -> None:
    """POST a body once. Raises as `kit.posting.post` does."""
    stamp = str(int(wall().timestamp()))
    headers = {
        "Content-Type": "application/json",
        "Webhook-Id": message_id,
        "Webhook-Timestamp": stamp,
        "Webhook-Signature": signature(secret, message_id, stamp, body),
    }
    await post(url, body, headers)


def signature(secret: str, message_id: str, stamp: str, body: bytes) -> str:
    """`v1,` and the base64 of HMAC-SHA-256 over id, time stamp and body."""
    signed = f"{message_id}.{stamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(secret.encode(), signed, hashlib.sha256).digest()).decode()


def verify(secret: str, headers: Mapping[str, str], body: bytes, now: datetime) -> bool:
    """What a receiver asks: is this message signed with the secret, and fresh at this wall instant? Header names in any case.

    Of several signatures, as while a secret is being changed, one that fits is enough.
    """
    known = {name.lower(): value for name, value in headers.items()}
    message_id, stamp = known.get("webhook-id", ""), known.get("webhook-timestamp", "")
    if not (message_id and stamp.isascii() and stamp.isdigit()) or abs(now.timestamp() - int(stamp)) > WINDOW_S:
        return False
    expected = signature(secret, message_id, stamp, body).encode()
    return any(hmac.compare_digest(expected, given.encode()) for given in known.get("webhook-signature", "").split())
