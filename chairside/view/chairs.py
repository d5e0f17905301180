"""Chairs: a row for each, with who sits there, the phase, and the last vital signs with their ages. Pure."""

from datetime import datetime
from uuid import UUID

from rich.box import ROUNDED
from rich.console import RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from chairside.view.colours import COLOURS, PHASES
from chairside.view.picture import Picture, Session
from chairside.view.telling import lasted, short

BARS = "▁▂▃▄▅▆▇█"
SYSTOLIC, DIASTOLIC, HEART_RATE, SPO2, SPO2_ANY, RESPIRATIONS = "8480-6", "8462-4", "8867-4", "59408-5", "2708-6", "9279-1"
WIDE, BROAD = 104, 140
"""From these widths on there is room for a curve of the pressure, and for a long one."""


def chairs(picture: Picture, now: datetime, width: int, *, names: bool) -> RenderableType:
    table = Table(box=None, expand=True, padding=(0, 1, 0, 0), header_style="dim")
    table.add_column("#", width=2, justify="right")
    table.add_column("patient", width=16 if names else 7, no_wrap=True)
    table.add_column("phase", min_width=17, no_wrap=True)
    table.add_column("BP", width=8, justify="right")
    table.add_column("age", width=4, justify="right", style="dim")
    table.add_column("HR", width=4, justify="right")
    table.add_column("SpO2", width=4, justify="right")
    table.add_column("RR", width=3, justify="right")
    table.add_column("age", width=4, justify="right", style="dim")
    if width >= WIDE:
        table.add_column("systolic so far", width=20 if width < BROAD else 44, no_wrap=True)
    table.add_column("alarm", ratio=1, no_wrap=True, overflow="ellipsis")
    for number, session in picture.chairs(now).items():
        table.add_row(*_chair(picture, number, session, now, width, names))
    if not picture.chairs(now):
        table.add_row("", "", Text("nobody booked yet", style="dim"))
    return Panel(table, title="chairs", title_align="left", border_style="bright_black", box=ROUNDED, padding=(0, 1))


def _chair(
    picture: Picture, number: int, session: Session | None, now: datetime, width: int, names: bool
) -> list[RenderableType]:
    if session is None:
        visit = picture.next_visit(number, now)
        phase = Text("free", style="dim")
        if visit:
            phase = Text(f"{_when(visit.starts_at, now)}, infusion {visit.number}", style="dim")
        return [str(number), Text(_called(picture, visit.patient_id, names) if visit else "", style="dim"), phase]
    worst = picture.worst(session)
    dim = "dim" if session.over else ""
    phase = Text(session.phase, style=PHASES.get(session.phase, ""))
    if session.percent and session.phase == "slowed":
        phase.append(f" {session.percent}%")
    if session.since:
        phase.append(f" {lasted(now - session.since)}", style="dim")
    cells: list[RenderableType] = [
        Text(str(number), style=COLOURS[worst.priority] if worst else dim),
        Text(_called(picture, session.patient_id, names), style=dim),
        phase,
        Text(_pressure(session), style=dim or _lit(picture, session, "A1", "A2", "A3", "A4")),
        _age(session, (SYSTOLIC,), now),
        Text(_value(session, HEART_RATE), style=dim or _lit(picture, session, "A5", "A6")),
        Text(_value(session, SPO2, SPO2_ANY), style=dim or _lit(picture, session, "A7", "A16-probe")),
        Text(_value(session, RESPIRATIONS), style=dim),
        _age(session, (HEART_RATE, SPO2, SPO2_ANY), now),
    ]
    if width >= WIDE:
        cells.append(_curve(session, 20 if width < BROAD else 44))
    if worst:
        cells.append(Text(worst.title, style=COLOURS[worst.priority]))
    elif session.phase == "held" and session.unmet:
        cells.append(Text("not met: " + ", ".join(session.unmet), style="dim"))
    else:
        cells.append("")
    return cells


def _lit(picture: Picture, session: Session, *codes: str) -> str:
    """The colour of the most urgent alarm about a vital sign."""
    mine = (alarm for alarm in picture.standing() if alarm.session_id == session.session_id and alarm.code in codes)
    worst = next(mine, None)
    return COLOURS[worst.priority] if worst else ""


def _called(picture: Picture, patient_id: UUID | None, names: bool) -> str:
    who = picture.people.get(patient_id) if patient_id else None
    return f"{who.family_name} {' '.join(who.given_names)}"[:16] if names and who else short(patient_id)


def _when(at: datetime, now: datetime) -> str:
    return f"{at:%H:%M}" if at.date() == now.date() else f"{at:%a %H:%M}"


def _pressure(session: Session) -> str:
    return f"{_value(session, SYSTOLIC)}/{_value(session, DIASTOLIC)}" if SYSTOLIC in session.readings else "-"


def _value(session: Session, *codes: str) -> str:
    for code in codes:
        if reading := session.readings.get(code):
            return "off" if reading.value is None else f"{reading.value:.0f}"
    return "-"


def _age(session: Session, codes: tuple[str, ...], now: datetime) -> Text:
    found = [session.readings[code].measured_at for code in codes if code in session.readings]
    return Text(lasted(now - max(found), tight=True) if found else "")


def _curve(session: Session, width: int) -> Text:
    values = list(session.trace)
    if not values:
        return Text("")
    if len(values) > width:
        step = len(values) / width
        values = [max(values[int(i * step) : max(int(i * step) + 1, int((i + 1) * step))]) for i in range(width)]
    low, high = min(*values, 80.0), max(*values, 160.0)
    return Text("".join(BARS[round((v - low) / (high - low) * (len(BARS) - 1))] for v in values), style="green")
