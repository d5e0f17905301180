"""Summary: the picture as data, for whoever reads JSON, and as a few lines at the end of a day."""

from collections import Counter
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from chairside.view.colours import COLOURS
from chairside.view.picture import PRIORITIES, Page, Picture, Session
from chairside.view.telling import lasted, short


def snapshot(picture: Picture, now: datetime, *, names: bool) -> dict[str, Any]:
    """The picture as one JSON object: chairs, alarms that stand, pages, events per topic."""
    return {
        "time": now.isoformat(),
        "simulated": picture.simulated,
        "chairs": [_chair(picture, number, session, now, names) for number, session in picture.chairs(now).items()],
        "alarms": [asdict(alarm) for alarm in picture.standing()],
        "pages": [_asked(picture, page) for page in picture.pages_shown(now)],
        "audit": picture.audit.model_dump(mode="json") if picture.audit else None,
        "faults": [fault.model_dump(mode="json") for fault in picture.faults.values()],
        "treated": picture.treated(now),
        "topics": dict(picture.topics.most_common()),
        "lost": picture.lost,
        "repeated": picture.repeated,
        "unreadable": picture.unreadable,
    }


def _asked(picture: Picture, page: Page) -> dict[str, Any]:
    answer = picture.answer(page)
    return asdict(page) | {"waiting": picture.waiting(page), "answer": asdict(answer) if answer else None}


def _chair(picture: Picture, number: int, session: Session | None, now: datetime, names: bool) -> dict[str, Any]:
    if session is None:
        visit = picture.next_visit(number, now)
        return {"chair": number, "phase": "free", "next_at": visit.starts_at if visit else None}
    who = picture.people.get(session.patient_id) if session.patient_id else None
    vitals = {
        code: asdict(reading) | {"age_seconds": round((now - reading.measured_at).total_seconds(), 1)}
        for code, reading in session.readings.items()
    }
    named = {"name": f"{who.family_name}, {' '.join(who.given_names)}"} if names and who else {}
    return {
        "chair": number,
        "session_id": session.session_id,
        "patient": short(session.patient_id),
        **named,
        "phase": session.phase,
        "since": session.since,
        "rate_percent": session.percent,
        "vitals": vitals,
        "slopes_per_minute": session.slopes,
        "devices": sorted(session.devices),
    }


@dataclass(frozen=True)
class PageTold:
    """A page: about what, who was told, and who answered after how long."""

    about: str
    priority: str
    told: tuple[str, ...]
    step: int
    answered_by: str | None
    waited_seconds: float | None
    closed: str | None


@dataclass(frozen=True)
class Day:
    """What a day came to."""

    patients_treated: int
    sessions: int
    alarms: dict[str, int]
    """By the highest priority each reached."""
    pages: tuple[PageTold, ...]
    events: dict[str, int]
    lost: int
    unreadable: int
    simulated: bool
    faults: tuple[str, ...] = ()
    """What did not go as it should."""


def day(picture: Picture, since: datetime, before: Counter[str], lost_before: int = 0, faults: tuple[str, ...] = ()) -> Day:
    """What came since an instant; `before` are the events per topic that were there already."""
    sessions = [s for s in picture.sessions.values() if s.began_at and s.began_at >= since]
    alarms = Counter(a.highest for a in picture.alarms.values() if a.raised_at and a.raised_at >= since)
    pages = sorted(
        (p for p in picture.pages.values() if p.opened_at and p.opened_at >= since), key=lambda p: p.opened_at or since
    )
    return Day(
        patients_treated=sum(s.phase == "home" and s.infusion_began is not None for s in sessions),
        sessions=len(sessions),
        alarms={priority: alarms[priority] for priority in PRIORITIES},
        pages=tuple(
            PageTold(
                about=_about(picture, page.alarm_id, page.subject, page.chair),
                priority=page.highest,
                told=tuple(page.told),
                step=page.step,
                answered_by=answer.by if (answer := picture.longest(page)) else None,
                waited_seconds=answer.seconds if answer else None,
                closed=page.closed,
            )
            for page in pages
        ),
        events=dict((picture.topics - before).most_common()),
        lost=picture.lost - lost_before,
        unreadable=picture.unreadable,
        simulated=picture.simulated,
        faults=faults,
    )


def _about(picture: Picture, alarm_id: Any, subject: str, chair: int | None) -> str:
    alarm = picture.alarms.get(alarm_id) if alarm_id else None
    where = f"chair {chair}: " if chair else ""
    return where + (alarm.title if alarm else subject)


def as_json(told: Day) -> dict[str, Any]:
    """A day as a JSON object."""
    return asdict(told)


def as_text(told: Day) -> RenderableType:
    """A day as somebody reads it."""
    head = Text("The morning is over", style="bold")
    if told.simulated:
        head.append("  SIMULATED", style="bright_magenta")
    facts = Table.grid(padding=(0, 2, 0, 0))
    facts.add_row("patients treated", f"{told.patients_treated} of {told.sessions} who came")
    counts = Text()
    for priority in PRIORITIES:
        counts.append(f"{told.alarms[priority]} {priority}  ", style=COLOURS[priority] if told.alarms[priority] else "dim")
    facts.add_row("alarms", counts)
    facts.add_row("events", "  ".join(f"{name} {count}" for name, count in told.events.items()))
    facts.add_row("lost", Text(str(told.lost), style="green" if not told.lost else "bold red"))
    pages = Table(
        "page", "priority", "told", "answered by", "after", title="pages", title_justify="left", box=None, padding=(0, 2, 0, 0)
    )
    for page in told.pages:
        answered = page.answered_by or {"ended": "(the alarm ended)", "acknowledged": "(at the bedside)"}.get(
            page.closed or "", "nobody"
        )
        after = lasted(page.waited_seconds) if page.waited_seconds is not None else ""
        pages.add_row(page.about, page.priority, ", ".join(page.told), answered, after)
    faults = [Text(f"! {fault}", style="red") for fault in told.faults]
    return Group(head, facts, pages if told.pages else Text("no page was needed", style="dim"), *faults)
