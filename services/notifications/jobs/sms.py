"""Text messages and calls, by any provider that speaks Twilio's REST API: two forms to POST, and signed callbacks.

`send` and `speak` are made outside any transaction. What became of a message is told later, at our callback address: `genuine`
tells the provider's calls from anybody's. The idempotency key is sent as a header; a provider that does not know it sends twice
what is asked twice, so an attempt whose outcome nobody knows may ring twice.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from urllib.parse import urlencode, urlsplit
from uuid import UUID
from xml.sax.saxutils import escape

from kit.errors import Rejected
from kit.posting import post
from services.notifications.settings import NotificationsSettings

PROVIDER = "twilio"
"""The protocol's name in the paths of our callbacks."""
PORTS = {"https": 443, "http": 80}


async def send(settings: NotificationsSettings, to: str, text: str, *, idempotency_key: str, callback: str | None = None) -> str:
    """Text somebody; `to` is E.164. Returns the provider's own id of the message. Raises as `kit.posting.post` does."""
    return await _ask(settings, "Messages", {"To": to, "Body": text}, idempotency_key, callback)


async def speak(settings: NotificationsSettings, to: str, text: str, *, idempotency_key: str, callback: str | None = None) -> str:
    """Call somebody and say a text, twice. Returns the provider's own id of the call. Raises as `kit.posting.post` does."""
    said = f'<Response><Say>{escape(text)}</Say><Pause length="1"/><Say>{escape(text)}</Say></Response>'
    return await _ask(settings, "Calls", {"To": to, "Twiml": said}, idempotency_key, callback)


def callback_for(settings: NotificationsSettings, message_id: UUID) -> str:
    """Where the provider says what became of a message. It holds our own id: a receipt may come before the answer."""
    return f"{settings.called_back_at}/receipts/{PROVIDER}?message={message_id}"


async def _ask(settings: NotificationsSettings, what: str, form: Mapping[str, str], key: str, callback: str | None) -> str:
    if settings.sms_url is None or settings.sms_key is None or settings.sms_from is None:
        raise Rejected("no provider of texts and calls is set: CHAIRSIDE_NOTIFICATIONS_SMS_URL, _SMS_KEY and _SMS_FROM")
    base = settings.sms_url.rstrip("/")
    asked: list[tuple[str, str]] = [*form.items(), ("From", settings.sms_from)]
    if callback is not None:
        asked.append(("StatusCallback", callback))
        if what == "Calls":
            asked += [("StatusCallbackEvent", event) for event in ("ringing", "answered", "completed")]
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json", "Idempotency-Key": key}
    auth = (settings.sms_user or base.rpartition("/")[2], settings.sms_key.get_secret_value())
    answer = await post(f"{base}/{what}.json", urlencode(asked).encode(), headers, auth=auth)
    try:
        return str(json.loads(answer)["sid"])
    except (ValueError, KeyError, TypeError):
        return ""  # it was taken all the same, and receipts carry our own id


def genuine(settings: NotificationsSettings, path: str, query: str, form: Mapping[str, Sequence[str]], signature: str) -> bool:
    """Whether a call to our callback address is the provider's: base64 of HMAC-SHA-1 over the address and the sorted form.

    The path and query are those that came; the rest of the address is the one we gave, because a proxy in front of us may have
    changed it. With and without the ordinary port, as providers do either.
    """
    if settings.sms_callback_secret is None:
        return False
    secret = settings.sms_callback_secret.get_secret_value()
    base = urlsplit(settings.called_back_at)
    bare = base.hostname or ""
    port = base.port or PORTS[base.scheme]
    prefix = base.path
    tail = f"{prefix}{path}{'?' if query else ''}{query}"
    addresses = [f"{base.scheme}://{base.netloc}{tail}", f"{base.scheme}://{bare}:{port}{tail}", f"{base.scheme}://{bare}{tail}"]
    given = signature.encode()
    return any(hmac.compare_digest(sign(secret, address, form).encode(), given) for address in addresses)


def sign(secret: str, address: str, form: Mapping[str, Sequence[str]]) -> str:
    """The provider's signature of a call to an address."""
    signed = address + "".join(name + value for name in sorted(form) for value in sorted(set(form[name])))
    return base64.b64encode(hmac.new(secret.encode(), signed.encode(), hashlib.sha1).digest()).decode()
