"""Links for patients: a message's number and a signature, short enough for a text; when a link ends is in the store."""

import base64
import hashlib
import hmac

from kit.db import Tx
from services.notifications.settings import NotificationsSettings, settings_of
from services.notifications.store import messages
from services.notifications.store.messages import Message

SIGNATURE = 11
"""Characters of six bits: 66 bits, against a guess that is one request."""


def link_of(settings: NotificationsSettings, number: int) -> str:
    """Where a patient answers a message."""
    return f"{settings.public_url.rstrip('/')}/m/{number:x}.{_signature(settings, number)}"


async def message_of(tx: Tx, code: str) -> Message | None:
    """The message of a link. None when the link is not one of ours."""
    settings = settings_of(tx.settings)
    number, _, signature = code.partition(".")
    if not code.isascii() or not number.isalnum() or len(number) > 12:
        return None
    try:
        value = int(number, 16)
    except ValueError:
        return None
    if not hmac.compare_digest(signature, _signature(settings, value)):
        return None
    return await messages.of_number(tx, value)


def _signature(settings: NotificationsSettings, number: int) -> str:
    secret = settings.link_secret.get_secret_value().encode()
    return base64.urlsafe_b64encode(hmac.new(secret, f"message {number}".encode(), hashlib.sha256).digest())[:SIGNATURE].decode()
