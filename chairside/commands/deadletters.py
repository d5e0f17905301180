"""See and redrive what could not be handled."""

import json as jsonlib
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from chairside.clinic import Clinic, find
from chairside.embedded.datadir import Data
from chairside.talk import ask

PATH = "/operations/dead-letters"
SILENT = ("trends",)
"""Services that keep no dead letters: they only count."""

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
Json = Annotated[bool, typer.Option("--json", help="Say it as JSON.")]
Service = Annotated[str | None, typer.Option(help="Only this service's.")]
Topic = Annotated[str | None, typer.Option(help="Only of this topic.")]


@app.command("list")
def list_letters(
    service: Service = None,
    topic: Topic = None,
    everything: Annotated[bool, typer.Option("--all", help="Also those that are settled.")] = False,
    data: Data = None,
    json: Json = False,
) -> None:
    """List dead letters, oldest first, without what they hold. Exit code 1 when any is open."""
    clinic = find(data)
    query = {"all": everything} | ({"topic": topic} if topic else {})
    letters = [
        letter
        for name in _asked(clinic, service)
        for letter in ask(clinic, name, "GET", PATH, role="operator", query=query)["letters"]
    ]
    if json:
        print(jsonlib.dumps({"letters": letters}))
    elif letters:
        table = Table("service", "id", "topic", "key", "event", "state", "why")
        for letter in letters:
            why = "waits behind another" if letter["waits_behind"] else letter["error"]
            table.add_row(
                letter["consumer"], str(letter["id"]), letter["topic"], letter["key"], letter["type"], letter["state"], why
            )
        Console().print(table)
    else:
        print("no dead letters")
    raise typer.Exit(any(letter["state"] in ("parked", "set aside") for letter in letters))


@app.command()
def show(
    service: str,
    letter_id: int,
    contents: Annotated[
        bool, typer.Option("--contents", help="Also what it holds: personal data. Reading it is audited.")
    ] = False,
    data: Data = None,
    json: Json = False,
) -> None:
    """Show one dead letter of a service."""
    clinic = find(data)
    method, path = ("POST", f"{PATH}/{letter_id}/contents") if contents else ("GET", f"{PATH}/{letter_id}")
    letter: dict[str, Any] = ask(clinic, service, method, path, role="operator")
    if json:
        print(jsonlib.dumps(letter))
        return
    for name, value in letter.items():
        print(f"{name:13} {value}")


@app.command()
def redrive(
    service: Service = None,
    topic: Topic = None,
    key: Annotated[str | None, typer.Option(help="Only of this key.")] = None,
    letter_id: Annotated[int | None, typer.Option("--id", help="Only this letter; needs --service.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be tried, and try nothing.")] = False,
    data: Data = None,
    json: Json = False,
) -> None:
    """Try dead letters again: a parked key whole and in order, up to the first that still fails."""
    if letter_id is not None and service is None:
        raise typer.BadParameter("an id is a number of one service: name it by --service", param_hint="--id")
    clinic = find(data)
    body = {"topic": topic, "key": key, "id": letter_id, "dry_run": dry_run}
    answers = {name: ask(clinic, name, "POST", f"{PATH}/redrive", role="operator", json=body) for name in _asked(clinic, service)}
    if json:
        print(jsonlib.dumps(answers))
        return
    verb = "would try" if dry_run else "trying"
    for name, answer in answers.items():
        for parked in answer["keys"]:
            print(f"{name}: {verb} {parked['topic']} {parked['key']}, in order")
        for number in answer["letters"]:
            print(f"{name}: {verb} letter {number}")
    if not any(answer["keys"] or answer["letters"] for answer in answers.values()):
        print("nothing to redrive")


def _asked(clinic: Clinic, service: str | None) -> list[str]:
    return [service] if service else [name for name in clinic.services if name not in SILENT]
