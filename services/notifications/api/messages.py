"""A message's page: it shows a question with its buttons; only a button answers, so that a link preview confirms nothing."""

from dataclasses import dataclass
from html import escape
from typing import Any
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

from fastapi import Request, Response
from fastapi.responses import HTMLResponse

from kit.http import Command, Routes, public
from services.notifications import tables
from services.notifications.moving.links import message_of
from services.notifications.moving.pressed import Pressed, opt_out, press
from services.notifications.rules.messages_texts import when_text
from services.notifications.settings import settings_of
from services.notifications.store import messages_people as people
from services.notifications.store.messages import Message
from services.notifications.store.messages_people import Said

links = Routes(tags=["patients' messages"])
"""What may be reached without a token."""
WHY = (
    "a message's link carries its own signature: a patient answers from a phone without signing in, and is shown nothing personal"
)
PAGES: dict[int | str, dict[str, Any]] = {
    404: {"content": {"text/html": {}, "application/problem+json": {}}, "description": "A link we do not know, or an old one."}
}
HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'",
}


@dataclass(frozen=True)
class Question:
    """What is asked, and its two buttons."""

    words: str
    yes: str
    no: str


QUESTIONS = {
    "attendance": Question("Will you come?", "I will come", "I need to talk to someone"),
    "preparation": Question(
        "Can you keep to the preparation the clinic gave you?", "I can keep to the preparation", "I need to talk to someone"
    ),
    "ride": Question("Who takes you home?", "An adult will take me home", "Not yet"),
    "check-in": Question("Would you like us to call you today?", "No, I am well", "Yes, please call me today"),
}
BUTTONS: dict[str, Pressed] = {
    f"{about}-{said}": Pressed(about, said)
    for about in ("attendance", "preparation", "ride", "check-in")
    for said in ("confirmed", "declined")
}


@links.get("/m/{code}", dependencies=[public(WHY)], response_class=HTMLResponse, responses=PAGES)
async def show_message(code: str, tx: Command) -> Response:
    """Show what is asked. Nothing changes."""
    message = await _live(code, tx)
    return _gone(tx) if message is None else await _page(message, tx, "")


@links.post("/m/{code}", dependencies=[public(WHY)], response_class=HTMLResponse, responses=PAGES)
async def answer_message(code: str, request: Request, tx: Command) -> Response:
    """Keep the answer that was pressed. The same one again is known already; another one replaces it."""
    message = await _live(code, tx)
    if message is None:
        return _gone(tx)
    chosen = parse_qs((await request.body()).decode(errors="replace")).get("answer", [""])[0]
    if chosen == "stop":
        await opt_out(tx, message)
        tx.audit("opt out", f"message {message.message_id}")
        return _html(tx, "You will get no more messages from us. Where we must, we call.", "")
    pressed = BUTTONS.get(chosen)
    if pressed is None:
        return await _page(message, tx, "Please choose one of the buttons.")
    if await press(tx, message, pressed) is None:
        return _gone(tx)
    tx.audit("answer message", f"message {message.message_id}")
    return await _page(message, tx, "Thank you." if pressed.said == "confirmed" else "Thank you. Somebody will call you.")


async def _live(code: str, tx: Command) -> Message | None:
    message = await message_of(tx, code)
    return message if message is not None and tx.now < message.link_until else None


async def _page(message: Message, tx: Command, heading: str) -> Response:
    if message.appointment_id is None:
        session = await people.see_session(tx, message.session_id) if message.session_id else None
        title = heading or "How are you today?"
        return _html(tx, title, _asked("check-in", session.check_in if session else None) + _STOP)
    appointment = await people.see_appointment(tx, message.appointment_id)
    if appointment is None or appointment.state != "booked":
        return _gone(tx)
    patient = await people.see(tx, message.patient_id)
    zone = ZoneInfo(patient.zone if patient and patient.zone else "UTC")
    row = tables.messages().named(message.kind)
    forms = _asked("preparation", appointment.preparation) + _asked("ride", appointment.ride) if row and row.asks else ""
    title = heading or f"Your appointment: {when_text(appointment.starts_at, zone)}"
    return _html(tx, title, _asked("attendance", appointment.attendance) + forms + _STOP)


_STOP = '<form method="post"><button class="quiet" name="answer" value="stop">Send me no more messages</button></form>'


def _asked(about: str, said: Said | None) -> str:
    question = QUESTIONS[about]
    known = {None: "", "confirmed": question.yes, "declined": question.no}[said]
    told = f"<p>We know: {escape(known)}.</p>" if known else ""
    buttons = "".join(
        f'<button name="answer" value="{about}-{value}">{escape(words)}</button>'
        for value, words in (("confirmed", question.yes), ("declined", question.no))
    )
    return f'<h2>{escape(question.words)}</h2>{told}<form method="post">{buttons}</form>'


def _gone(tx: Command) -> Response:
    phone = settings_of(tx.settings).clinic_phone
    return _html(tx, f"This link has ended, or is not one of ours.{f' Please call {phone}.' if phone else ''}", "", status=404)


def _html(tx: Command, title: str, forms: str, *, status: int = 200) -> Response:
    settings = settings_of(tx.settings)
    phone = f"<p>{escape(settings.clinic_name)}: {escape(settings.clinic_phone)}</p>" if settings.clinic_phone else ""
    crisis = "".join(f"<p>{escape(line.text)}</p>" for line in tables.wordings().line)
    body = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f"<title>{escape(settings.clinic_name)}</title>"
        '<meta name="viewport" content="width=device-width, initial-scale=1"><style>'
        "body{font:1.25rem/1.5 system-ui,sans-serif;max-width:32rem;margin:2rem auto;padding:0 1rem;color:#111;background:#fff}"
        "h1{font-size:1.4rem}h2{font-size:1.2rem;margin-bottom:.3rem}"
        "button{font:inherit;color:#fff;background:#0b5345;border:0;border-radius:.5rem;padding:.8rem;width:100%;margin:.3rem 0}"
        "button.quiet{color:#111;background:#e5e7e9}footer{border-top:1px solid #999;margin-top:2rem;font-size:1rem}"
        f"</style></head><body><main><h1>{escape(title)}</h1>{forms}</main><footer>{phone}{crisis}</footer></body></html>"
    )
    return Response(body, status, HEADERS, "text/html; charset=utf-8")
