"""Say how the running clinic is."""

import json as jsonlib
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated, Any

import httpx2
import typer
from rich.console import Console
from rich.table import Table

from chairside.clinic import Clinic, find
from chairside.embedded.datadir import Data
from chairside.problem import Problem
from chairside.talk import ask

AUDITOR = "auditor"


def command(data: Data = None, json: Annotated[bool, typer.Option("--json", help="Say it as JSON.")] = False) -> None:
    """Say which services are ready, why others are not, and whether alarms reach people. Exit code 1 when one is not ready."""
    clinic = find(data)
    with ThreadPoolExecutor() as pool:
        states = dict(zip(clinic.services, pool.map(readiness, clinic.services.values()), strict=True))
    figures = promised(clinic) if AUDITOR in states and states[AUDITOR] is None else None
    if json:
        services = {name: {"address": clinic.services[name], "ready": why is None, "why": why} for name, why in states.items()}
        print(
            jsonlib.dumps(
                {
                    "data": str(clinic.data),
                    "time": clinic.clock.now().isoformat(),
                    "kafka": clinic.kafka,
                    "services": services,
                    "audit": figures,
                }
            )
        )
    else:
        table = Table("service", "address", "state")
        for name, why in states.items():
            table.add_row(name, clinic.services[name], why or "ready")
        Console().print(table)
        if figures is not None:
            print("\n".join(in_words(figures)))
        print(f"The clinic's time is {clinic.clock.now():%Y-%m-%d %H:%M:%S} UTC, rate {clinic.clock.rate:g}. Data: {clinic.data}")
    raise typer.Exit(any(states.values()))


def readiness(address: str) -> str | None:
    """Why a service is not ready; None when it is."""
    try:
        answer = httpx2.get(f"{address}/readyz", timeout=5, trust_env=False)
    except httpx2.TransportError as error:
        return f"does not answer ({type(error).__name__})"
    return None if answer.status_code == httpx2.codes.OK else answer.text.strip()[:200]


def promised(clinic: Clinic) -> dict[str, Any] | None:
    """The auditor's figures of the last day; None when it does not say them."""
    try:
        found: dict[str, Any] = ask(clinic, AUDITOR, "GET", "/figures", role="operator")
    except Problem:
        return None
    return found


def in_words(figures: dict[str, Any]) -> list[str]:
    """The promise, and what is wrong with it."""
    judged, kept, unanswered = figures["judged"], figures["kept"], figures["unanswered"]
    lines = [f"Alarms of the last day: {judged} askings about high ones, {kept} told in time, {unanswered} unanswered."]
    for word, spread in (("Told", figures["told"]), ("Answered", figures["answered"])):
        if spread["p50"] is not None:
            lines.append(
                f"{word} after {spread['p50']:.1f} s (half), {spread['p95']:.1f} s (p95), {spread['max']:.1f} s at most."
            )
    wrong = ", ".join(f"{kind} {count}" for kind, count in figures["faults_open"].items())
    lines.append(f"Faults open: {wrong or 'none'}; nobody takes care of {figures['untended']}.")
    if not figures["ways_out"]:
        lines.append("The auditor has no way out: set CHAIRSIDE_AUDITOR_WAY_OUT, so that a dead pager is itself a page.")
    if not figures["heartbeat"]:
        lines.append("Nobody outside hears a heartbeat: set CHAIRSIDE_AUDITOR_HEARTBEAT_URL.")
    return lines
