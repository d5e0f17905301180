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
CLOSED = {"ended": "alarm ended by itself", "acknowledged": "answered at the bedside", "handled": "handled"}


def alarms(picture: Picture, now: datetime) -> list[Line]:
    """Alarms that stand, then those that are over."""
    return [_alarm(alarm, now) for alarm in (*picture.standing(), *picture.ended())]


def pages(picture: Picture, now: datetime) -> list[Line]:
    """Pages that nobody answered, then the others."""
    return [_page(page, now) for page in picture.pages_shown()]


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
    if alarm.open and alarm.answered_by:
        what.append(f"  {alarm.answered_by} knows", style="green")
    elif not alarm.open:
        what.append("  over", style="dim")
    stood = lasted((alarm.ended_at or now) - alarm.raised_at) if alarm.raised_at else ""
    mark = _mark(alarm.priority if alarm.open else alarm.highest, alarm.open)
    return mark, Text(str(alarm.chair or "-"), style=style), what, Text(stood, style=style)


def _page(page: Page, now: datetime) -> Line:
    style = "" if page.open else "dim"
    where = str(page.chair) if page.chair else (short(page.patient_id) if page.patient_id else "-")
    what = Text(style=style)
    if page.subject != "alarm":
        what.append(f"{page.subject}: ")
    if page.answered_by and page.waited_seconds is not None:
        what.append(page.answered_by, style="green")
        what.append(" answered" + (f" (step {page.step})" if page.step else ""))
        return _mark(page.priority, False), Text(where, style=style), what, Text(lasted(page.waited_seconds), style="green")
    if page.closed:
        what.append(CLOSED.get(page.closed, page.closed))
        return _mark(page.priority, False), Text(where, style=style), what, Text("")
    what.append("asks " + (", ".join(page.told) or "..."), style="bold")
    waits = lasted(now - page.opened_at) if page.opened_at else "?"
    return _mark(page.priority, True), Text(where), what, Text(waits, style=COLOURS[page.priority])
