"""Answers: a signed link shows a page; only pressing a button of it answers, so that a link preview acknowledges nothing."""

from datetime import timedelta
from html import escape
from typing import Any
from urllib.parse import parse_qs

from fastapi import Request, Response
from fastapi.responses import HTMLResponse

from kit.auth import LinkRefused, read_link, sign_link
from kit.clock import wall
from kit.http import Command, Routes, public
from schemas.monitoring.alarms import Priority
from services.notifications.jobs import AnswerLink
from services.notifications.moving.pages import Outcome, answer, decline, may_answer
from services.notifications.rules.paging import asked, shown
from services.notifications.rules.texts import Line, page_text
from services.notifications.settings import settings_of
from services.notifications.store import pages
from services.notifications.store.pages import Page

links = Routes(tags=["answers"])
"""What may be reached without a token, and all that the public listener serves."""
COLOURS: dict[Priority, str] = {"emergency": "#b00020", "high": "#b00020", "medium": "#8a6d00", "low": "#00697a"}
WHY = "an answer link carries its own signature: a nurse answers from a phone without signing in"
PAGES: dict[int | str, dict[str, Any]] = {
    status: {"content": {"text/html": {}, "application/problem+json": {}}, "description": text}
    for status, text in {
        403: "Somebody of another role must answer.",
        404: "A link we do not know.",
        409: "It has become more urgent since.",
    }.items()
}
HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'",
}
FORM_LASTS = timedelta(hours=1)
SAID: dict[Outcome, tuple[int, str]] = {
    "answered": (200, "Thank you. The paging has stopped; the alarm stays until its cause is over."),
    "passed on": (200, "Passed on: the next person is being told now."),
    "noted": (200, "Noted. Others are still asked."),
    "more urgent now": (409, "There is more than you were shown."),
    "not yours": (403, "A prescriber must answer this. Find one; they are being paged."),
    "already answered": (200, ""),
    "over": (200, ""),
    "unknown": (404, "This page is not known."),
}


@links.get("/answer/{token}", dependencies=[public(WHY)], response_class=HTMLResponse, responses=PAGES)
async def show(token: str, tx: Command) -> Response:
    """Show a page as it stands. Nothing changes, however often it is looked at."""
    link, refusal = _read(token, tx)
    page = await pages.see(tx, link.page_id) if link else None
    if link is None or page is None:
        return _html(refusal or "This page is not known.", status=404)
    return _html(*await _card(page, link, tx))


@links.post("/answer/{token}", dependencies=[public(WHY)], response_class=HTMLResponse, responses=PAGES)
async def press(token: str, request: Request, tx: Command) -> Response:
    """Answer a page, or pass it on: for what the form showed, else for what the page itself told of."""
    link, refusal = _read(token, tx)
    if link is None:
        return _html(refusal, status=404)
    form = parse_qs((await request.body()).decode(errors="replace"))
    seen, refusal = _read(form["shown"][0], tx) if "shown" in form else (link, "")
    if seen is None or (seen.page_id, seen.staff_id) != (link.page_id, link.staff_id):
        return _html(refusal or "This form belongs to another link.", status=404)
    came_from = request.client.host if request.client else ""
    if form.get("do") == ["pass on"]:
        outcome = await decline(tx, link.page_id, link.staff_id, via="link", came_from=came_from)
    else:
        outcome = await answer(tx, link.page_id, link.staff_id, seen.alarms, via="link", came_from=came_from)
    status, text = SAID[outcome]
    page = await pages.see(tx, link.page_id)
    if page is None or outcome in ("answered", "passed on", "noted"):
        return _html(text, status=status)
    now, buttons = await _card(page, link, tx)
    return _html(f"{text} {now}".strip(), buttons, status=status)


def _read(token: str, tx: Command) -> tuple[AnswerLink | None, str]:
    try:
        return read_link(settings_of(tx.settings).link_secret.get_secret_value(), token, AnswerLink, wall()), ""
    except LinkRefused as refused:
        return None, str(refused)


async def _card(page: Page, link: AnswerLink, tx: Command) -> tuple[str, str]:
    """What a page asks, and the buttons; or who answered it."""
    settings, items = settings_of(tx.settings), asked(page.items)
    if not items:
        text = page_text(settings.clinic_name, page.chair, [Line(page.priority, page.title, page.opened_at)])
        what = "It is over." if page.state == "closed" else "It has been answered."
        who = f" {page.answered_by} answered at {page.answered_at:%H:%M} UTC." if page.answered_by else ""
        return f"{text}. {what}{who}", ""
    text = page_text(settings.clinic_name, page.chair, [Line(i.priority, i.title, i.since) for i in items])
    seen = AnswerLink(page_id=link.page_id, staff_id=link.staff_id, alarms=shown(items))
    token = sign_link(settings.link_secret.get_secret_value(), seen, wall() + FORM_LASTS)
    mine = await may_answer(page, link.staff_id, tx)
    colour = COLOURS[items[0].priority]
    buttons = [f'<button name="do" value="answer" style="background:{colour}">I am on it</button>'] if mine else []
    buttons.append('<button name="do" value="pass on" class="other">I cannot come: pass it on now</button>')
    form = f'<form method="post"><input type="hidden" name="shown" value="{token}">{"".join(buttons)}</form>'
    return (text, form) if mine else (f"{text}. {SAID['not yours'][1]}", form)


def _html(text: str, form: str = "", *, status: int = 200) -> Response:
    body = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Chairside</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><style>'
        "body{font:1.25rem/1.5 system-ui,sans-serif;max-width:32rem;margin:3rem auto;padding:0 1rem;color:#111;background:#fff}"
        "button{font:inherit;color:#fff;border:0;border-radius:.5rem;padding:1rem;width:100%;min-height:4rem;margin-bottom:1rem}"
        "button.other{color:#111;background:#fff;border:1px solid #767676}"
        f"</style></head><body><main><h1 style='font-size:1.4rem'>{escape(text)}</h1>{form}"
        "<p>This notice comes second to the monitor and the people beside it.</p></main></body></html>"
    )
    return Response(body, status, HEADERS, "text/html; charset=utf-8")
