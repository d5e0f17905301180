"""See who is on duty and on call, and when nobody would be."""

import json as jsonlib
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from chairside.clinic import find
from chairside.embedded.datadir import Data
from chairside.talk import ask

FORMATS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]
MOST_DAYS = 92

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
Json = Annotated[bool, typer.Option("--json", help="Say it as one JSON object.")]


@app.command()
def show(
    at: Annotated[datetime | None, typer.Option(formats=FORMATS, help="An instant (UTC), past or to come. Default: now.")] = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Show who is on duty and on call for each role, and who has which chair."""
    query = {"at": at.replace(tzinfo=UTC).isoformat()} if at else {}
    said: dict[str, Any] = ask(find(data), "notifications", "GET", "/on-call", role="operator", query=query)
    if json:
        print(jsonlib.dumps(said))
        return
    console = Console()
    console.print(f"{_minute(said['at'])} UTC", highlight=False)
    table = Table("role", "on duty", "on call")
    for one in said["roles"]:
        table.add_row(one["role"], ", ".join(one["on_duty"]) or "-", ", ".join(one["on_call"]) or "-")
    console.print(table)
    for one in said["chairs"]:
        away = "" if one["on_duty"] else ", who is not on duty"
        console.print(f"chair {one['chair']}: {one['staff_id']}{away}", highlight=False)


@app.command()
def gaps(
    days: Annotated[int, typer.Option(min=1, max=MOST_DAYS, help="How far ahead.")] = 14, data: Data = None, json: Json = False
) -> None:
    """List when a step of a policy would find nobody on duty or on call, and who of those cannot be reached. Exit code 1 when
    there is any."""
    clinic = find(data)
    now = clinic.clock.now()
    query = {"from": now.isoformat(), "until": (now + timedelta(days=days)).isoformat()}
    said: dict[str, Any] = ask(clinic, "notifications", "GET", "/roster/gaps", role="operator", query=query)
    if json:
        print(jsonlib.dumps(said))
    else:
        _say(said, days)
    raise typer.Exit(bool(said["gaps"] or said["unreachable"]))


def _say(said: dict[str, Any], days: int) -> None:
    console = Console()
    if said["gaps"]:
        table = Table("nobody is there as", "from (UTC)", "until (UTC)")
        for one in said["gaps"]:
            table.add_row(one["kind"], _minute(one["from"]), _minute(one["until"]))
        console.print(table)
    for one in said["unreachable"]:
        console.print(f"{one['staff_id']} has no contacts, and is there from {_minute(one['first_at'])} UTC on", highlight=False)
    if not said["gaps"] and not said["unreachable"]:
        print(f"no gaps in the next {days} days")
    if said["judged"]:
        console.print(f"Judged round the clock: {', '.join(said['judged'])}.", highlight=False)
    if said["unjudged"]:
        console.print(f"Planned by shifts alone, and not judged: {', '.join(said['unjudged'])}.", highlight=False)


def _minute(instant: str) -> str:
    return datetime.fromisoformat(instant).astimezone(UTC).strftime("%Y-%m-%d %H:%M")
