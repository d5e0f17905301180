"""Try out how people are reached, before it is needed."""

import json as jsonlib
import time
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from chairside.clinic import find
from chairside.embedded.datadir import Data
from chairside.talk import ask

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
Json = Annotated[bool, typer.Option("--json", help="Say it as JSON.")]
POLL_S = 0.2


@app.callback()
def _() -> None: ...


@app.command("test")
def try_out(
    staff_id: str,
    channel: Annotated[
        int | None, typer.Option(min=1, help="Only this channel, by its place: 1 is the one tried first. Default: all.")
    ] = None,
    wait: Annotated[float, typer.Option(min=0, help="Seconds to wait until every channel has answered.")] = 10.0,
    data: Data = None,
    json: Json = False,
) -> None:
    """Send somebody a test by each channel. Exit code 1 when a channel did not take it."""
    clinic = find(data)
    path = f"/contacts/{staff_id}"
    body = {"channel": channel} if channel else {}
    asked = int(ask(clinic, "notifications", "POST", f"{path}/test", role="operator", json=body)["tests"])
    ends = time.monotonic() + wait
    while True:
        tests: list[dict[str, Any]] = ask(clinic, "notifications", "GET", f"{path}/tests", role="operator")[:asked]
        if all(test["outcome"] != "waiting" for test in tests) or time.monotonic() > ends:
            break
        time.sleep(POLL_S)
    if json:
        print(jsonlib.dumps({"tests": tests}))
    else:
        table = Table("channel", "by", "outcome")
        for one in tests:
            table.add_row(str(one["place"]), one["channel"], one["outcome"])
        Console().print(table)
    raise typer.Exit(any(one["outcome"] not in ("taken", "delivered") for one in tests))
