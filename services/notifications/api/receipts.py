"""Receipts: what a provider of texts and calls says became of a message. Signed by the provider; anybody else is refused."""

from collections.abc import Awaitable, Callable
from typing import Any, Literal
from urllib.parse import parse_qs
from uuid import UUID

from fastapi import Request

from kit.db import Tx
from kit.http import Command, Problem, Refused, Routes, public
from services.notifications.jobs import sms, trying, waiting
from services.notifications.jobs.waiting import Word
from services.notifications.moving.messages import message_receipt
from services.notifications.settings import settings_of

routes = Routes(tags=["receipts"])
WHY = "a provider of texts and calls has no token of ours: it signs each call, and the signature is checked"
UNSIGNED: dict[int | str, dict[str, Any]] = {403: {"model": Problem, "description": "Not signed by the provider."}}
Provider = Literal["twilio"]
WORDS: dict[str, Word] = {
    **dict.fromkeys(("delivered", "read", "in-progress", "answered", "completed"), "delivered"),
    **dict.fromkeys(("undelivered", "failed", "canceled", "busy", "no-answer"), "failed"),
}
"""What a status of a message or call means to us; any other is on its way."""
OF: tuple[Callable[[Tx, UUID, Word], Awaitable[bool]], ...] = (waiting.receipt, trying.receipt, message_receipt)
"""Whose message it may be. Each says whether it was."""


async def signed_form(request: Request, tx: Tx) -> dict[str, list[str]]:
    """The form that the provider sent. Raises Refused when it is not the provider's own."""
    form = parse_qs((await request.body()).decode(errors="replace"), keep_blank_values=True)
    signature = request.headers.get("X-Twilio-Signature", "")
    if not sms.genuine(settings_of(tx.settings), request.url.path, request.url.query, form, signature):
        raise Refused(
            403,
            "Not signed by the provider",
            "The signature does not fit this address and form, or there is none.",
            todo="Check CHAIRSIDE_NOTIFICATIONS_SMS_CALLBACK_SECRET and _CALLBACK_URL against the provider's settings.",
        )
    return form


@routes.post("/receipts/{provider}", dependencies=[public(WHY)], status_code=204, responses=UNSIGNED)
async def take_receipt(provider: Provider, request: Request, tx: Command, message: UUID | None = None) -> None:
    """What became of a message of ours. The same may be said twice, late, and in any order."""
    form = await signed_form(request, tx)
    status = (form.get("MessageStatus") or form.get("CallStatus") or [""])[0]
    word = WORDS.get(status, "on its way")
    for take in OF if message is not None else ():
        assert message is not None
        if await take(tx, message, word):
            return
    raise Refused(404, "No such message", "We sent no message with this id, or have forgotten it.")
