"""Replies: what people text back. Signed by the provider; the sender's number says who it is."""

from collections.abc import Awaitable, Callable
from xml.sax.saxutils import escape

from fastapi import Request, Response

from kit.db import Tx
from kit.http import Command, Refused, Routes, public
from services.notifications.api.receipts import UNSIGNED, Provider, signed_form
from services.notifications.jobs.telling import TellPerson
from services.notifications.moving.pages import Outcome, answer, decline
from services.notifications.moving.replies import heard_from_patient
from services.notifications.rules.replies import WHAT_TO_DO, read_reply
from services.notifications.store import messages_people, tellings, ways

routes = Routes(tags=["replies"])
WHY = "a provider of texts has no token of ours: it signs each call, and the signature is checked"
UNKNOWN = f"We know no open page with this code. {WHAT_TO_DO}"
CAME_FROM = "text"
"""From where an answer came: the number is personal, and its owner is named anyway."""
SAID: dict[Outcome, str] = {
    "answered": "Thank you. The paging has stopped; the alarm stays until its cause is over.",
    "passed on": "Passed on: the next people are told now.",
    "noted": "Noted: the others who were told are still asked.",
    "already answered": "A colleague has answered already.",
    "over": "It is over.",
    "not yours": "A prescriber must answer this. Find one; they are being paged.",
    "unknown": UNKNOWN,
    "more urgent now": "It has become more urgent since. Answer with the code of the newest page.",
}
"""What we text back, by what became of the answer."""


async def of_staff(tx: Tx, number: str, text: str, _message_id: str) -> str | None:
    """Somebody on the staff answers a page by its code, or passes it on. None when this is nobody's number."""
    people = await ways.people_of_number(tx, number)
    if not people:
        return None
    reply = read_reply(text)
    if reply is None and await messages_people.of_address(tx, "sms", number):
        return None  # a member of staff who is a patient too writes as one
    told = await tellings.told_by_code(tx, people, reply.code) if reply else []
    if reply is None or len({page_id for page_id, _, _ in told}) != 1:
        return UNKNOWN if reply else WHAT_TO_DO
    page_id, staff_id, job = told[0]
    if reply.says == "pass":
        outcome = await decline(tx, page_id, staff_id, via="reply", came_from=CAME_FROM)
    else:
        shown = TellPerson.model_validate_json(job).shown
        outcome = await answer(tx, page_id, staff_id, shown, via="reply", came_from=CAME_FROM)
    return SAID[outcome]


OF: tuple[Callable[[Tx, str, str, str], Awaitable[str | None]], ...] = (of_staff, heard_from_patient)
"""Whose text it may be, by number, text and the provider's id. Each says what to text back, or None: not their number."""


async def _said_to(tx: Tx, number: str, text: str, message_id: str) -> str:
    for take in OF:
        said = await take(tx, number, text, message_id)
        if said is not None:
            return said
    return ""


@routes.post("/replies/{provider}", dependencies=[public(WHY)], response_class=Response, responses=UNSIGNED)
async def take_reply(provider: Provider, request: Request, tx: Command) -> Response:
    """A text that somebody sent us. One that comes twice is answered the same, and does nothing."""
    form = await signed_form(request, tx)
    message_id, number, text = (form.get(name, [""])[0] for name in ("MessageSid", "From", "Body"))
    if not (message_id and number):
        raise Refused(422, "This is no text", field="body.MessageSid", expected="a form with MessageSid, From and Body")
    said = await tellings.heard_before(tx, message_id)
    if said is None:
        said = await _said_to(tx, number, text.replace("\0", ""), message_id)
        await tellings.answered(tx, message_id, said)
    body = f"<Message>{escape(said)}</Message>" if said else ""
    return Response(f'<?xml version="1.0" encoding="UTF-8"?><Response>{body}</Response>', media_type="text/xml; charset=utf-8")
