"""What the recorder found, in words and tables for a person. Times are UTC."""

from datetime import datetime, timedelta
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from chairside.recorder.limits import CHANGES
from chairside.recorder.record import Record, Row, instant
from chairside.view.colours import COLOURS
from chairside.view.telling import lasted, short

SIDES = ("before", "after")


def clock(text: str) -> str:
    """The time of day of an ISO instant, in UTC."""
    return f"{instant(text):%H:%M:%S}"


def priority(name: str) -> str:
    """In its colour."""
    return f"[{COLOURS[name]}]{name.upper()}[/]"  # type: ignore[index]


def heading(console: Console, record: Record) -> None:
    """Which session this is."""
    session = record.head["session"]
    day = f"{record.opened_at:%Y-%m-%d}"
    begun = f", infusion from {clock(session['started_at'])}" if session["started_at"] else ", no infusion"
    console.print(
        f"[bold]Session {session['session_id']}[/]  chair {session['chair']}, patient {short(record.head['patient_id'])}, {day}, "
        f"{record.opened_at:%H:%M:%S} to {record.last:%H:%M:%S} UTC{begun}",
        highlight=False,
    )


def state(console: Console, known: dict[str, Any]) -> None:
    """What was known at an instant."""
    at = datetime.fromisoformat(known["at"])
    console.print(f"\n[bold]Known at {at:%H:%M:%S} UTC[/]", highlight=False)
    moved = known["moved"]
    who = f" since {clock(moved['moved_at'])}: {moved['move']} by {moved['actor']}" if moved else ""
    why = f" ({escape(moved['reason'])})" if moved and moved["reason"] else ""
    console.print(f"phase      {known['phase'] or 'not in the chair yet'}{who}{why}", highlight=False)
    if running := known["infusion"]:
        console.print(
            f"infusion   {running['mg_per_minute']:.3g} mg/min, {running['ml_per_hour']:.3g} mL/h, {running['percent']} % of the "
            f"ordered rate since {clock(running['since'])}; {running['given_mg']:.3g} of {running['dose_mg']:.3g} mg given",
            highlight=False,
        )
    limits = known["limits"]
    console.print(f"limits     {limits['version']}", highlight=False)
    for own in limits["patient"]:
        marks = ", ".join(f"{name.replace('_', ' ')} {value:g}" for name, value in own["marks"].items())
        console.print(
            f"           {own['alarm']} {own['priority']} for this patient: {marks}, by {own['author']} until "
            f"{own['expires_at'][:16]} ({escape(own['reason'])})",
            highlight=False,
        )
    _vitals(console, known)
    _alarms(console, known["alarms"])
    if known["due"]:
        console.print("\nTold if nothing comes:", highlight=False)
        for one in known["due"][:6]:
            console.print(
                f"  in {lasted(one['in_seconds']):>7}, {clock(one['told_at'])}  {priority(one['priority'])} {one['title']}",
                highlight=False,
            )


def _vitals(console: Console, known: dict[str, Any]) -> None:
    if not known["vitals"]:
        console.print("No vital sign was known.", highlight=False)
        return
    table = Table("vital sign", "value", "unit", "measured", "age", "from", box=None, pad_edge=False, header_style="dim")
    for one in known["vitals"]:
        value = "probe off" if one["value"] is None else f"{one['value']:g}"
        late = " (late)" if one["late"] else ""
        table.add_row(
            one["name"], f"[bold]{value}[/]", one["unit"].replace("[", "\\["), clock(one["measured_at"]),
            lasted(one["age_seconds"]), one["device"] + late,
        )  # fmt: skip
    console.print()
    console.print(table, highlight=False)
    for one in known["set_aside"]:
        console.print(
            f"[dim]not judged: {one['code']} of {one['device']} at {clock(one['measured_at'])}: {escape(one['why'])}[/]",
            highlight=False,
        )


def _alarms(console: Console, alarms: list[Row]) -> None:
    console.print(f"\n{len(alarms)} alarms open" if alarms else "\nNo alarm was open.", highlight=False)
    for one in alarms:
        told = "" if one["confirmed"] else ", unconfirmed"
        over = f", condition over at {clock(one['cleared_at'])}" if one["cleared_at"] else ""
        answered = (
            f"answered by {one['answered_by']} at {clock(one['answered_at'])}" if one["answered_by"] else "nobody has answered"
        )
        console.print(
            f"  {priority(one['priority'])} {one['title']} ({one['code']}) since {clock(one['raised_at'])}{told}{over}; "
            f"{answered}",
            highlight=False,
        )
        if one["advice"]:
            console.print(f"      {escape(one['advice'])}", style="dim", highlight=False)


def course(console: Console, lines: list[tuple[datetime, str]]) -> None:
    """What happened, line by line."""
    console.print()
    for at, line in lines:
        console.print(f"{at:%H:%M:%S}  {line}", highlight=False, soft_wrap=True)


def difference(console: Console, rows: list[Row], summary: dict[str, Any], versions: tuple[str, str]) -> None:
    """What other limits would have changed in one session."""
    console.print(f"\n[bold]Under {versions[1]} instead of {versions[0]}[/], had people answered as they did:", highlight=False)
    found = [row for row in rows if row["kind"] in CHANGES]
    if not found:
        console.print("  no alarm more or less, none sooner, later or at another priority")
    else:
        table = Table("", "cause", "told before", "would be told", "", box=None, pad_edge=False, header_style="dim")
        for row in found:
            table.add_row(row["kind"], row["cause"], *(_side(row[side]) for side in SIDES), _shift(row))
        console.print(table, highlight=False)
    totals(console, summary)


def totals(console: Console, summary: dict[str, Any]) -> None:
    """How many alarms under each limits."""
    for side, label in zip(SIDES, ("before", "would be"), strict=True):
        counts = ", ".join(f"{count} {name}" for name, count in summary["alarms"][side].items() if count) or "none"
        console.print(f"  alarms {label:<8}  {counts}", highlight=False)


def _side(told: Row | None) -> str:
    if told is None:
        return "[dim]nobody[/]"
    reached = f" from {clock(told['highest_at'])}" if told["highest_at"] != told["raised_at"] else ""
    return f"{clock(told['raised_at'])} {priority(told['highest'])}{reached}"


def _shift(row: Row) -> str:
    if not (row["before"] and row["after"]):
        return ""
    spans = [instant(row["after"][name]) - instant(row["before"][name]) for name in ("raised_at", "highest_at")]
    shift = max(spans, key=abs)
    return f"{lasted(abs(shift))} {'later' if shift > timedelta() else 'sooner'}" if shift else ""
