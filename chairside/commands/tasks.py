"""What staff have to do because no message can."""

import json as jsonlib
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from chairside.clinic import find
from chairside.embedded.datadir import Data
from chairside.talk import ask


def command(
    everything: Annotated[bool, typer.Option("--all", help="Also those that are done.")] = False,
    data: Data = None,
    json: Annotated[bool, typer.Option("--json", help="Say it as JSON.")] = False,
) -> None:
    """List staff's tasks, the first due first, without what patients wrote. Exit code 1 when one is overdue."""
    tasks = ask(find(data), "notifications", "GET", "/tasks", role="operator", query={"all": everything})
    if json:
        print(jsonlib.dumps({"tasks": tasks}))
    elif tasks:
        table = Table("due", "task", "why", "patient", "done")
        for task in tasks:
            due = task["due_at"][:16].replace("T", " ") + (" overdue" if task["overdue"] else "")
            table.add_row(due, task["kind"], task["why"], task["patient_id"] or "nobody known", task["done_by"] or "")
        Console().print(table)
    else:
        print("no tasks")
    raise typer.Exit(any(task["overdue"] for task in tasks))
