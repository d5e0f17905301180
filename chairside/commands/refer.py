"""Refer patients from files, and screen them."""

import asyncio
import json as jsonlib
from pathlib import Path
from typing import Annotated, Any

import httpx2
import typer
from rich.console import Console
from rich.progress import Progress

from chairside.clinic import Clinic, find
from chairside.embedded.datadir import Data
from chairside.foreground import foreground
from chairside.simulator.door import Door, Refusal
from chairside.simulator.staff import COORDINATOR, FRONT_DESK


def command(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE...", help="FHIR R4 bundles or short referrals, as JSON.", exists=True, dir_okay=False),
    ],
    data: Data = None,
    json: Annotated[bool, typer.Option("--json", help="Say the results as one JSON object.")] = False,
) -> None:
    """Refer a patient from each FILE and print the decision: each rule that spoke, and the codes it cites."""
    results = foreground(_refer(find(data), files, json)) or []
    refused = [result for result in results if "refused" in result]
    if json:
        print(jsonlib.dumps({"results": results, "referred": len(results) - len(refused), "refused": len(refused)}))
    raise typer.Exit(1 if refused or len(results) < len(files) else 0)


async def _refer(clinic: Clinic, files: list[Path], quiet: bool) -> list[dict[str, Any]]:
    console = Console(stderr=quiet)
    results = []
    async with httpx2.AsyncClient(timeout=60, trust_env=False) as http:
        door = Door(clinic, http)
        with Progress(console=Console(stderr=True), transient=True) as progress:
            for file in progress.track(files, description="referring"):
                result = {"file": file.name, **await refer(door, await asyncio.to_thread(file.read_bytes))}
                results.append(result)
                if not quiet:
                    _print(progress.console if progress.console.is_terminal else console, result)
    return results


async def refer(door: Door, content: bytes) -> dict[str, Any]:
    """Refer and screen one patient: what intake answered, or `refused` with why."""
    try:
        found = jsonlib.loads(content)
    except ValueError as error:
        return {"refused": f"no JSON: {error}"}
    try:
        if isinstance(found, dict) and "resourceType" in found:
            taken = await door.ask(FRONT_DESK, "intake", "POST", "/fhir", content=content)
        else:
            taken = await door.ask(FRONT_DESK, "intake", "POST", "/referrals", found)
        path = f"/patients/{taken['patient_id']}/screenings"
        return {**taken, "screening": await door.ask(COORDINATOR, "intake", "POST", path, {})}
    except Refusal as refusal:
        return {"refused": refusal.what}


def _print(console: Console, result: dict[str, Any]) -> None:
    console.print(f"\n[bold]{result['file']}", highlight=False, soft_wrap=True)
    if "refused" in result:
        console.print(f"  refused: {result['refused']}", style="red", markup=False, highlight=False, soft_wrap=True)
        return
    state = "new" if result["created"] else ("updated" if result["changed"] else "known, nothing changed")
    console.print(f"  patient {result['patient_id']} ({state})", highlight=False, soft_wrap=True)
    for change in result["changed"][:5]:
        console.print(f"    {change}", style="dim", markup=False, highlight=False, soft_wrap=True)
    if len(result["changed"]) > 5:
        console.print(f"    and {len(result['changed']) - 5} more changes", style="dim")
    if missed := result["not_understood"]:
        console.print(
            f"  kept and not understood: {len(missed)} entries, such as {missed[0]}", style="dim", markup=False, highlight=False
        )
    screening = result["screening"]
    console.print(
        f"  decision: [bold]{screening['decision']}[/] by rules of {screening['rules_version']}", highlight=False, soft_wrap=True
    )
    for rule in screening["fired"]:
        console.print(
            f"    {rule['rule_id']:<8} {rule['outcome']:<10} {rule['reason']} (evidence {rule['evidence']})",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )
        for fact in rule["facts"]:
            code = f" {fact['code']}" if fact.get("code") else ""
            console.print(
                f"             {fact['fact']}{code}, from {fact['source']}",
                style="dim",
                markup=False,
                highlight=False,
                soft_wrap=True,
            )
