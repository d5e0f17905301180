"""Start the clinic and keep it up until Ctrl-C."""

import asyncio
import importlib
import json as jsonlib
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from chairside.clinic import Clinic
from chairside.embedded.datadir import Data
from chairside.embedded.ports import HOST
from chairside.foreground import foreground
from chairside.up import Options, started


def command(
    data: Data = None,
    rate: Annotated[float, typer.Option(min=0.001, help="Clinic seconds per real second.")] = 1.0,
    begin: Annotated[datetime | None, typer.Option(help="The clinic's time to begin at, in UTC; it never goes back.")] = None,
    host: Annotated[str, typer.Option(help="Where the services listen. Anything but loopback is open to the network.")] = HOST,
    json: Annotated[bool, typer.Option("--json", help="Say the addresses as one line of JSON.")] = False,
) -> None:
    """Start Kafka, PostgreSQL and every service, and keep them up until Ctrl-C."""
    foreground(_stay(Options(data=data, rate=rate, begin=begin and begin.replace(tzinfo=begin.tzinfo or UTC), host=host), json))


async def _stay(options: Options, json: bool) -> None:
    async with started(options) as clinic:
        if json:
            print(jsonlib.dumps({"data": str(clinic.data), "kafka": clinic.kafka, "services": clinic.services}), flush=True)
        else:
            Console().print(addresses(clinic))
            print("The clinic is up. Ctrl-C stops it; what it knows is kept.", flush=True)
        await asyncio.Event().wait()


def addresses(clinic: Clinic) -> Table:
    """The one table of addresses."""
    table = Table("service", "address", "what it is for")
    for name, address in clinic.services.items():
        purpose = (importlib.import_module(f"services.{name}").__doc__ or "").strip()
        table.add_row(name, address, purpose)
    table.add_row("kafka", clinic.kafka, f"Apache Kafka; topics begin with {clinic.prefix}.")
    table.add_row("data", str(clinic.data), "kept between runs; logs/ has a log for each process")
    return table
