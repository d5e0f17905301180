"""Show the clinic's alarm load."""

import asyncio
import json as jsonlib
from typing import Annotated

import typer
from rich.console import Console

from chairside.clinic import Clinic, find
from chairside.embedded.datadir import Data
from chairside.view.feed import Feed
from chairside.view.load import as_json, as_table
from chairside.view.picture import Picture
from services.trends.tables import load_targets


def command(data: Data = None, json: Annotated[bool, typer.Option("--json", help="Say it as JSON.")] = False) -> None:
    """Show alarms by hour and priority, answers, floods and chatter, beside what is aimed at; an exclamation mark is beyond."""
    clinic = find(data)
    picture = asyncio.run(_read(clinic))
    now = clinic.clock.now()
    if json:
        print(jsonlib.dumps(as_json(picture.load, now, load_targets())))
    else:
        Console().print(as_table(picture.load, now, load_targets()))


async def _read(clinic: Clinic) -> Picture:
    picture = Picture()
    async with Feed(clinic.kafka, clinic.prefix) as feed:
        await feed.catch_up(picture)
    return picture
