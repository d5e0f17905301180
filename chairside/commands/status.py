"""Say how the running clinic is."""

import json as jsonlib
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated

import httpx2
import typer
from rich.console import Console
from rich.table import Table

from chairside.clinic import find
from chairside.embedded.datadir import Data


def command(data: Data = None, json: Annotated[bool, typer.Option("--json", help="Say it as JSON.")] = False) -> None:
    """Say which services are ready, and why others are not. Exit code 1 when one is not."""
    clinic = find(data)
    with ThreadPoolExecutor() as pool:
        states = dict(zip(clinic.services, pool.map(readiness, clinic.services.values()), strict=True))
    if json:
        services = {name: {"address": clinic.services[name], "ready": why is None, "why": why} for name, why in states.items()}
        print(
            jsonlib.dumps(
                {"data": str(clinic.data), "time": clinic.clock.now().isoformat(), "kafka": clinic.kafka, "services": services}
            )
        )
    else:
        table = Table("service", "address", "state")
        for name, why in states.items():
            table.add_row(name, clinic.services[name], why or "ready")
        Console().print(table)
        print(f"The clinic's time is {clinic.clock.now():%Y-%m-%d %H:%M:%S} UTC, rate {clinic.clock.rate:g}. Data: {clinic.data}")
    raise typer.Exit(any(states.values()))


def readiness(address: str) -> str | None:
    """Why a service is not ready; None when it is."""
    try:
        answer = httpx2.get(f"{address}/readyz", timeout=5, trust_env=False)
    except httpx2.TransportError as error:
        return f"does not answer ({type(error).__name__})"
    return None if answer.status_code == httpx2.codes.OK else answer.text.strip()[:200]
