"""See who would be told of an alarm, and check a clinic's own policies."""

import json as jsonlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, get_args

import typer
from rich.console import Console
from rich.table import Table

from chairside.clinic import find
from chairside.embedded.datadir import Data
from chairside.problem import Problem
from chairside.talk import ask
from schemas.monitoring.alarms import Priority

FORMATS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]
Json = Annotated[bool, typer.Option("--json", help="Say it as one JSON object.")]
PRIORITIES: tuple[Priority, ...] = get_args(Priority)

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


@app.command()
def explain(
    alarm: Annotated[str, typer.Argument(metavar="ALARM", help="A code such as A7 or SUICIDE-RISK, or a priority.")],
    priority: Annotated[str | None, typer.Option(help="Of its priorities only this one.")] = None,
    chair: Annotated[int | None, typer.Option(min=1, help="At this chair: its nurse comes first.")] = None,
    at: Annotated[datetime | None, typer.Option(formats=FORMATS, help="An instant (UTC), past or to come. Default: now.")] = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Print who would be told of an alarm and when, if nobody answered; with the roster as it is then."""
    priorities = [one for one in _priorities(alarm) if one != "low" and priority in (None, one)]
    if not priorities:
        raise Problem(
            f"{alarm} pages nobody{f' as {priority}' if priority else ''}.", todo="An advisory shows on the board only."
        )
    clinic = find(data)
    query = (
        {"code": alarm} | ({"chair": str(chair)} if chair else {}) | ({"at": at.replace(tzinfo=UTC).isoformat()} if at else {})
    )
    told: dict[str, Any] = {
        one: ask(clinic, "notifications", "GET", "/policies/explain", role="operator", query=query | {"priority": one})
        for one in priorities
    }
    if json:
        print(jsonlib.dumps(told))
        return
    for one in priorities:
        _say(alarm, one, told[one])


@app.command()
def check(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Policies, as services/notifications/data/escalation.toml.")],
    json: Json = False,
) -> None:
    """Check a clinic's own policies as notifications does at its start: they may tighten ours, and never loosen them."""
    from kit.tables import TableRefused
    from services.notifications import tables

    try:
        policies = tables.escalation(file.absolute())
    except TableRefused as refused:
        raise Problem(str(refused), todo="Mend these rows; our own are in services/notifications/data/escalation.toml.") from None
    counts = {"ladders": len(policies.ladder), "steps": len(policies.step)}
    if json:
        print(jsonlib.dumps({"version": policies.version, **counts}))
    else:
        print(f"{file}: version {policies.version}, {', '.join(f'{n} {name}' for name, n in counts.items())}. It can be used.")


def _priorities(alarm: str) -> list[Priority]:
    from services.monitoring import tables
    from services.notifications.tables import escalation

    if alarm in PRIORITIES:
        return [one for one in PRIORITIES if one == alarm]
    own: set[Priority] = {ladder.priority for ladder in escalation().ladder if alarm in ladder.codes}
    found = own | {limit.priority for limit in tables.engine().limits.limit if limit.alarm == alarm}
    if not found:
        known = sorted({row.id for row in tables.engine().limits.alarm})
        raise Problem(f"No alarm is called {alarm}.", todo=f"Give one of {', '.join(known)}, or a priority.")
    return [one for one in PRIORITIES if one in found]


def _say(alarm: str, priority: str, told: dict[str, Any]) -> None:
    console = Console()
    console.print(f"{alarm}, {priority}: the ladder {told['ladder']!r}, {told['ways']}", style="bold", highlight=False)
    table = Table("after", "tells", "who that is", "by", "source", "evidence")
    for step in told["steps"]:
        people = [one["staff_id"] for one in step["told"]]
        nobody = "nobody: the next at once" if not people else "nobody of the kind: " if step["nobody_of_the_kind"] else ""
        by = "; ".join(", ".join(one["channels"]) for one in step["told"])
        table.add_row(
            f"{step['after_seconds']:g} s",
            ", ".join(step["tell"]),
            nobody + ", ".join(people),
            by,
            step["source"],
            step["evidence"],
        )
    console.print(table)
    lapse = told["answer_lapses_after_seconds"]
    holds = f"An answer holds for {lapse:g} s while the alarm stands" if lapse else "An answer holds until the alarm ends"
    by_whom = f"; only of {' or '.join(told['answered_by'])}" if told["answered_by"] else ""
    console.print(f"Then the last step every {told['repeated_every_seconds']:g} s. {holds}{by_whom}.", highlight=False)
    console.print("Evidence D and K are defaults that a medical director must confirm.", style="dim", highlight=False)
