"""Lists: alarms and pages, the most urgent first, a line each. Pure."""

from collections.abc import Iterator
from datetime import datetime

from rich.table import Table
from rich.text import Text

from chairside.view.colours import COLOURS, WORDS
from chairside.view.picture import Alarm, Page, Picture
from chairside.view.telling import lasted, short
from schemas.monitoring.alarms import Priority

Line = tuple[Text, Text, Text, Text]
"""Priority, place, what, and how long."""
CLOSED = {
    "ended": "alarm ended by itself",
    "acknowledged": "answered at the bedside",
    "handled": "handled",
    "lowered": "no longer urgent",
}


def alarms(picture: Picture, now: datetime) -> list[Line]:
    """Alarms that stand, then those that are over."""
    return merged([_alarm(alarm, now) for alarm in (*picture.standing(), *picture.ended(now))])


def pages(picture: Picture, now: datetime) -> list[Line]:
    """Pages that nobody answered, then the others."""
    return merged([_page(picture, page, now) for page in picture.pages_shown(now)])


def merged(lines: list[Line]) -> list[Line]:
    """Lines that say the same of one place become one: a systolic and a diastolic alarm are one pressure to whoever looks."""
    found: dict[tuple[str, str, str], Line] = {}
    for line in lines:
        found.setdefault((line[0].plain, line[1].plain, line[2].plain), line)
    return list(found.values())


def grid(lines: list[Line], room: int) -> Table | Text:
    """As many lines as there is room for, and how many more there are."""
    if not lines:
        return Text("none", style="dim")
    table = Table.grid(expand=True, padding=(0, 1, 0, 0))
    table.add_column(width=5, no_wrap=True)
    table.add_column(no_wrap=True, justify="right")
    table.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
    table.add_column(no_wrap=True, justify="right")
    for line in _fitting(lines, room):
        table.add_row(*line)
    return table


def _fitting(lines: list[Line], room: int) -> Iterator[Line]:
    if len(lines) <= room:
        yield from lines
    else:
        yield from lines[: room - 1]
        yield Text(), Text(), Text(f"and {len(lines) - room + 1} more", style="dim"), Text()


def _mark(priority: Priority, lit: bool) -> Text:
    return Text(WORDS[priority], style=COLOURS[priority] if lit else "dim")


def _alarm(alarm: Alarm, now: datetime) -> Line:
    style = "" if alarm.open else "dim"
    what = Text(alarm.title or alarm.code, style=style)
    if alarm.kind == "technical":
        what.append(" (technical)", style="dim")
    if not alarm.confirmed:
        what.append(" (unconfirmed)", style="dim")
    if alarm.open and alarm.cleared_at:
        what.append(" (probable artefact)" if alarm.artefact else " (over)", style="dim")
    if alarm.open and alarm.answered_by:
        what.append(f"  {alarm.answered_by} knows", style="green")
    elif not alarm.open:
        what.append("  over", style="dim")
    stood = lasted((alarm.ended_at or now) - alarm.raised_at) if alarm.raised_at else ""
    mark = _mark(alarm.priority if alarm.open else alarm.highest, alarm.open)
    return mark, Text(str(alarm.chair or "-"), style=style), what, Text(stood, style=style)


def _page(picture: Picture, page: Page, now: datetime) -> Line:
    waiting, answer = picture.waiting(page), picture.answer(page)
    style = "" if waiting else "dim"
    where = Text(str(page.chair) if page.chair else (short(page.patient_id) if page.patient_id else "-"), style=style)
    what = Text(style=style)
    if page.subject != "alarm":
        what.append(f"{page.subject}: ")
    if answer:
        what.append(answer.by, style="green")
        what.append(" at the bedside" if answer.bedside else " answered")
        if page.step and not answer.bedside:
            what.append(f" (step {page.step})")
        return _mark(page.priority, False), where, what, Text(lasted(answer.seconds), style="green")
    if page.closed:
        what.append(CLOSED.get(page.closed, page.closed))
        return _mark(page.priority, False), where, what, Text("")
    what.append("asks " + (", ".join(page.told) or "..."), style="bold")
    since = page.asked_since or page.opened_at
    return _mark(page.priority, True), where, what, Text(lasted(now - since) if since else "?", style=COLOURS[page.priority])
