"""Check alarm limits, and see what they would have changed."""

import json as jsonlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from chairside.clinic import Clinic, find
from chairside.embedded.datadir import Data

File = Annotated[Path, typer.Argument(metavar="FILE", help="Alarm limits, as services/monitoring/data/alarm_limits.toml.")]
Json = Annotated[bool, typer.Option("--json", help="Say it as one JSON object.")]
DAYS = 30
FORMATS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


@app.command()
def check(file: File, json: Json = False) -> None:
    """Check a file of limits as a service does at its start: every fault names its row and field."""
    from chairside.recorder.limits import engine_of

    engine = engine_of(file)
    rows = {"alarms": len(engine.limits.alarm), "limits": len(engine.limits.limit), "intervals": len(engine.limits.interval)}
    if json:
        print(jsonlib.dumps({"version": engine.version, **rows}))
        return
    print(f"{file}: version {engine.version}, {', '.join(f'{count} {name}' for name, count in rows.items())}. It can be used.")


@app.command()
def backtest(
    file: File,
    since: Annotated[
        datetime | None,
        typer.Option("--from", formats=FORMATS, help=f"Sessions opened from then on (UTC). Default: {DAYS} days back."),
    ] = None,
    until: Annotated[
        datetime | None, typer.Option(formats=FORMATS, help="Sessions opened before then (UTC). Default: now.")
    ] = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Play all sessions of a period under other limits: which alarms are gained and lost, sooner, later, more or less urgent.

    Nobody's answers change: what would have been told had people answered as they did. Each record that is read is audited.
    """
    from chairside.recorder.limits import engine_of

    other = engine_of(file)
    clinic = find(data)
    last = until.replace(tzinfo=UTC) if until else clinic.clock.now()
    first = since.replace(tzinfo=UTC) if since else last - timedelta(days=DAYS)
    if first >= last:
        raise typer.BadParameter(f"{first:%Y-%m-%d %H:%M} is not before {last:%Y-%m-%d %H:%M}", param_hint="--from")
    said = _backtest(clinic, other, first, last)
    if json:
        print(jsonlib.dumps(said))
        return
    _say(said)


def _backtest(clinic: Clinic, other: Any, first: datetime, last: datetime) -> dict[str, Any]:
    from chairside.recorder.limits import as_row, changed, differences, summary
    from chairside.recorder.record import fetch, sessions
    from services.monitoring import tables

    engine = tables.engine()
    listed = [one for one in sessions(clinic, first, last) if one["started_at"]]
    found: list[Any] = []
    rows: list[dict[str, Any]] = []
    skipped: list[dict[str, Any]] = []
    with Progress(console=Console(stderr=True), transient=True) as progress:
        for one in progress.track(listed, description="playing sessions"):
            record = fetch(clinic, one["session_id"])
            if record.missing:
                skipped.append({"session_id": one["session_id"], "why": f"{len(record.missing)} arrivals are not in its record"})
                continue
            here = differences(record, engine, other)
            found += here
            if differs := changed(here):
                rows.append(
                    {"session_id": one["session_id"], "opened_at": one["opened_at"], "alarms": [as_row(d) for d in differs]}
                )
    return {
        "from": first.isoformat(),
        "until": last.isoformat(),
        "before": engine.version,
        "after": other.version,
        "sessions": len(listed) - len(skipped),
        "skipped": skipped,
        "summary": summary(found),
        "differing": rows,
    }


def _say(said: dict[str, Any]) -> None:
    from chairside.recorder.limits import CHANGES
    from chairside.recorder.saying import totals

    console = Console()
    console.print(
        f"{said['sessions']} sessions, {said['from'][:16]} to {said['until'][:16]} UTC: "
        f"limits of {said['after']} instead of {said['before']}",
        highlight=False,
    )
    table = Table("cause", "same", *CHANGES, box=None, pad_edge=False, header_style="dim")
    for column in table.columns[1:]:
        column.justify = "right"
    for cause, counts in said["summary"]["causes"].items():
        table.add_row(cause, *(str(count) if count else "-" for count in counts.values()))
    if said["summary"]["causes"]:
        console.print(table, highlight=False)
    totals(console, said["summary"])
    console.print(f"[bold]{said['summary']['gained']} gained, {said['summary']['lost']} lost[/]", highlight=False)
    for row in said["differing"][:20]:
        kinds = ", ".join(f"{one['cause']} {one['kind']}" for one in row["alarms"][:6])
        console.print(f"  {row['session_id']}  {kinds}", highlight=False, soft_wrap=True)
    if len(said["differing"]) > 20:
        console.print(f"  and {len(said['differing']) - 20} more sessions (--json names all)")
    for one in said["skipped"]:
        console.print(f"  [red]not played[/] {one['session_id']}: {one['why']}", highlight=False, soft_wrap=True)
