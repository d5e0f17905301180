"""Play a session again, as it was known at any second."""

import json as jsonlib
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer
from rich.console import Console

from chairside.clinic import find
from chairside.embedded.datadir import Data

PICTURES = (".svg", ".png")

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def group() -> None:
    """Play a session again, as it was known at any second."""


@app.command()
def replay(
    session_id: Annotated[UUID, typer.Argument(metavar="ID", help="The session.")],
    at: Annotated[
        str | None, typer.Option(help="An instant: HH:MM:SS of the session's day (UTC), +HH:MM:SS from its start, or ISO 8601.")
    ] = None,
    limits: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also: what other limits would have changed.", dir_okay=False)
    ] = None,
    plot: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Save a picture of it, as .svg or .png.", dir_okay=False)
    ] = None,
    data: Data = None,
    json: Annotated[bool, typer.Option("--json", help="Say it as one JSON object.")] = False,
) -> None:
    """Rebuild from the stored facts what was known at an instant: state, vital signs, alarms, advice, limits.

    Without --at: what happened from the beginning to the end, and how it stood last. Reading a record is audited. Exit code 1
    when the record is not whole or does not give the alarms that are stored.
    """
    if plot is not None and plot.suffix not in PICTURES:
        raise typer.BadParameter(f"{plot.name} must end in one of {', '.join(PICTURES)}", param_hint="--plot")
    whole = _replay(session_id, at, limits, plot, data, json=json)
    raise typer.Exit(0 if whole else 1)


def _replay(session_id: UUID, at: str | None, limits: Path | None, plot: Path | None, data: Path | None, *, json: bool) -> bool:
    from chairside.recorder import course, saying
    from chairside.recorder import plot as plotting
    from chairside.recorder.known import known
    from chairside.recorder.limits import as_row, differences, engine_of, summary
    from chairside.recorder.record import fetch, named
    from services.monitoring import tables
    from services.monitoring.rules.comparison import alarms
    from services.monitoring.rules.recorder import rehearse

    other = engine_of(limits) if limits else None
    engine = tables.engine()
    record = fetch(find(data), str(session_id))
    try:
        instant = named(at, record) if at else record.last
    except (ValueError, OverflowError):
        raise typer.BadParameter(
            f"{at!r} is no instant such as 10:42:07, +00:12:30 or 2026-03-02T10:42:07Z", param_hint="--at"
        ) from None
    heard = record.heard(engine)
    told = alarms(heard)
    faults = _faults(record.missing, record.disagreements(told))
    if record.versions and record.versions != [engine.version]:
        faults.append(f"judged by the limits of {', '.join(record.versions)}; played by those of {engine.version}")
    state = known(record, engine, instant)
    found = differences(record, engine, other) if other else []
    if plot is not None:
        beside = (other.version, alarms(rehearse(other, record.log))) if other else None
        plotting.save(plot, plotting.picture(record, engine, told, other=beside, at=instant if at else None))
    if json:
        said: dict[str, Any] = {"session": record.head["session"], "known": state, "faults": faults}
        if other:
            said["difference"] = {"limits": other.version, "alarms": [as_row(one) for one in found], "summary": summary(found)}
        print(jsonlib.dumps(said))
        return not faults
    console = Console()
    saying.heading(console, record)
    if at is None:
        saying.course(console, course.lines(record, engine, heard))
    saying.state(console, state)
    if other:
        saying.difference(
            console, [as_row(one) for one in found], summary(found), (engine.version, f"{other.version} ({limits})")
        )
    for fault in faults:
        console.print(f"[bold red]Not as it was:[/] {fault}", highlight=False)
    if plot is not None:
        print(f"Saved {plot}.")
    return not faults


def _faults(missing: list[int], disagreements: list[str]) -> list[str]:
    found = [f"{len(missing)} arrivals are not in the record, the first is number {missing[0]}"] if missing else []
    return found + disagreements
