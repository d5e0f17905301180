"""Answers: a signed link shows a page; only pressing its button answers, so that a link preview acknowledges nothing."""

from html import escape
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

from fastapi import Request, Response
from fastapi.responses import HTMLResponse

from kit.auth import LinkRefused, read_link
from kit.clock import wall
from kit.http import Command, Routes, public
from schemas.monitoring.alarms import Priority
from schemas.notifications.pages import AnsweredAlarm, PageAcknowledged
from services.notifications.jobs import AnswerLink
from services.notifications.rules.policy import RANK
from services.notifications.rules.texts import page_text
from services.notifications.settings import settings_of
from services.notifications.store import pages
from services.notifications.store.pages import Page
from services.notifications.timers import expect_lapse, stop

routes = Routes(tags=["answers"])
COLOURS: dict[Priority, str] = {"emergency": "#b00020", "high": "#b00020", "medium": "#8a6d00", "low": "#00697a"}
WHY = "an answer link carries its own signature: a nurse answers from a phone without signing in"
PAGES: dict[int | str, dict[str, Any]] = {
    status: {"content": {"text/html": {}, "application/problem+json": {}}, "description": text}
    for status, text in {404: "A link we do not know.", 409: "It has become more urgent since."}.items()
}
HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'",
}


@routes.get("/answer/{token}", dependencies=[public(WHY)], response_class=HTMLResponse, responses=PAGES)
async def show(token: str, tx: Command) -> Response:
    """Show a page. Nothing changes."""
    link, refusal = _read(token, tx)
    page = await pages.see(tx, link.page_id) if link else None
    if link is None or page is None:
        return _html(refusal or "This page is not known.", status=404)
    return _html(*_card(page, tx))


@routes.post("/answer/{token}", dependencies=[public(WHY)], response_class=HTMLResponse, responses=PAGES)
async def answer(token: str, request: Request, tx: Command) -> Response:
    """Answer a page, for the priority that was shown: the form's, else the one the page itself told of. The paging stops."""
    link, refusal = _read(token, tx)
    page = await pages.hold(tx, link.page_id) if link else None
    if link is None or page is None:
        return _html(refusal or "This page is not known.", status=404)
    if page.state != "open":
        return _html(*_card(page, tx))
    form = parse_qs((await request.body()).decode(errors="replace"))
    shown = next((p for p in RANK if p == form.get("shown", [""])[0]), link.priority)
    if RANK[shown] < RANK[page.priority]:
        text, button = _card(page, tx)
        return _html(f"It has become more urgent since you looked. {text}", button, status=409)
    page.state, page.answer_id, page.answered_by, page.answered_at = "answered", tx.new_id(), link.staff_id, tx.now
    stop(page, tx)
    expect_lapse(page, tx)
    await pages.keep(tx, page)
    _say(page, page.answer_id, link.staff_id, tx)
    tx.audit("answer", f"page {page.page_id} by {link.staff_id}")
    return _html("Thank you. The paging has stopped; the alarm stays until its cause is over.")


def _say(page: Page, answer_id: UUID, staff_id: str, tx: Command) -> None:
    alarms = (AnsweredAlarm(alarm_id=page.alarm_id, priority=page.priority),) if page.alarm_id else ()
    tx.emit(
        PageAcknowledged(
            **page.about(),
            answer_id=answer_id,
            staff_id=staff_id,
            alarms=alarms,
            waited_seconds=(tx.now - page.opened_at).total_seconds(),
            answered_at=tx.now,
        )
    )


def _read(token: str, tx: Command) -> tuple[AnswerLink | None, str]:
    try:
        return read_link(settings_of(tx.settings).link_secret.get_secret_value(), token, AnswerLink, wall()), ""
    except LinkRefused as refused:
        return None, str(refused)


def _card(page: Page, tx: Command) -> tuple[str, str]:
    text = page_text(settings_of(tx.settings).clinic_name, page.chair, page.priority, page.title, page.opened_at)
    if page.state == "open":
        button = f'<button style="background:{COLOURS[page.priority]}">I am on it</button>'
        return text, f'<form method="post"><input type="hidden" name="shown" value="{page.priority}">{button}</form>'
    what = "It is over." if page.state == "closed" else "A colleague has answered already."
    return f"{text}. {what}", ""


def _html(text: str, form: str = "", *, status: int = 200) -> Response:
    body = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Chairside</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><style>'
        "body{font:1.25rem/1.5 system-ui,sans-serif;max-width:32rem;margin:3rem auto;padding:0 1rem;color:#111;background:#fff}"
        "button{font:inherit;color:#fff;border:0;border-radius:.5rem;padding:1rem;width:100%;min-height:4rem}"
        f"</style></head><body><main><h1 style='font-size:1.4rem'>{escape(text)}</h1>{form}"
        "<p>This notice comes second to the monitor and the people beside it.</p></main></body></html>"
    )
    return Response(body, status, HEADERS, "text/html; charset=utf-8")
