"""Show the clinic live."""

import asyncio
import json as jsonlib
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from chairside.clinic import Clinic, find
from chairside.embedded.datadir import Data
from chairside.foreground import foreground
from chairside.problem import Problem
from chairside.view.feed import Feed
from chairside.view.frame import frame
from chairside.view.picture import Picture
from chairside.view.screen import Screen
from chairside.view.still import still
from chairside.view.summary import snapshot


def command(
    once: Annotated[bool, typer.Option("--once", help="Show how it is now, and end.")] = False,
    svg: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Save how it is now as a picture, and end.", dir_okay=False)
    ] = None,
    names: Annotated[bool, typer.Option("--names", help="Show patients by name, not by a short id.")] = False,
    data: Data = None,
    json: Annotated[bool, typer.Option("--json", help="Say how it is now as one JSON object, and end.")] = False,
) -> None:
    """Show the clinic live: chairs, last vital signs with their age, alarms, pages, events per topic. Ctrl-C ends it."""
    foreground(_watch(find(data), once=once, svg=svg, names=names, json=json))


async def _watch(clinic: Clinic, *, once: bool, svg: Path | None, names: bool, json: bool) -> None:
    picture = Picture()
    screen = Screen(Console(), clinic.clock, names)
    async with Feed(clinic.kafka, clinic.prefix) as feed:
        lines = await feed.catch_up(picture)
        if json:
            print(jsonlib.dumps(snapshot(picture, clinic.clock.now(), names=names), default=str))
        elif svg:
            await asyncio.to_thread(save, svg, still(picture, clinic.clock.now(), clinic.clock.rate, names=names))
        elif once:
            screen.console.print(frame(picture, clinic.clock.now(), screen.look()))
        else:
            if not screen.console.is_terminal:
                print("\n".join(lines))
            await screen.follow(feed, picture, asyncio.Event())


def save(file: Path, text: str) -> None:
    """Write a file. Raises Problem when it cannot be written."""
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise Problem(f"{file} cannot be written: {error.strerror}.", todo="Name another file: --svg FILE.") from error
