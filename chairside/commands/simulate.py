"""Let simulated patients come to a running clinic."""

import json as jsonlib
from dataclasses import asdict
from typing import Annotated

import typer

from chairside.clinic import Clinic, find
from chairside.embedded.datadir import Data
from chairside.foreground import foreground
from chairside.problem import Problem
from chairside.simulator.door import Refusal
from chairside.simulator.morning import LEAST_CHAIRS, Morning, Plan
from chairside.simulator.pager import secret_of
from chairside.simulator.presets import Preset, Script, presets, scripts
from chairside.simulator.visit import Outcome


def command(
    patients: Annotated[int, typer.Option(min=1, max=200, help="How many come.")] = 4,
    preset: Annotated[
        str, typer.Option(help=f"How their vital signs move: {', '.join(p.id for p in presets().preset)}.")
    ] = presets().default,
    script: Annotated[
        str, typer.Option(help=f"Scripts for the first of them, as in S3,S5: {', '.join(s.id for s in scripts().script)}.")
    ] = "",
    seed: Annotated[int, typer.Option(help="The same seed draws the same people.")] = 1,
    item9: Annotated[int, typer.Option(min=0, help="How many answer the PHQ-9's ninth item with 3.")] = 0,
    data: Data = None,
    json: Annotated[bool, typer.Option("--json", help="Say the outcomes as one JSON object.")] = False,
) -> None:
    """Let simulated patients, nurses and devices use a running clinic by its own API. All their numbers are simulated.

    How fast their day goes is the clinic's clock: chairside up --rate 60.
    """
    clinic = find(data)
    plan = Plan(patients, chosen_preset(preset), chosen_scripts(script), seed, item9)
    outcomes = foreground(simulated(clinic, plan, quiet=json))
    if outcomes is None:
        raise typer.Exit(130)
    if json:
        print(jsonlib.dumps({"simulated": True, "outcomes": [asdict(outcome) for outcome in outcomes]}))
    else:
        for outcome in outcomes:
            print(told(outcome))
    raise typer.Exit(any(outcome.how == "fault" for outcome in outcomes))


async def simulated(clinic: Clinic, plan: Plan, *, quiet: bool) -> list[Outcome]:
    """A morning of simulated patients. Raises Problem when the day cannot open."""
    morning = Morning(
        clinic, plan, (lambda _: None) if quiet else print, secret_of(clinic.data), chairs=max(LEAST_CHAIRS, plan.patients)
    )
    if not quiet:
        now = clinic.clock.now()
        print(f"{plan.patients} simulated patients come; the clinic's time is {now:%H:%M}, rate {clinic.clock.rate:g}.")
    try:
        return await morning.run()
    except Refusal as refusal:
        raise Problem(
            f"The simulated day could not open: {refusal.what}.", todo="See chairside status and the logs."
        ) from refusal


def told(outcome: Outcome) -> str:
    """How a visit went, in a line."""
    moves = " ".join(outcome.moves) or "no infusion"
    how = f"{outcome.how}: {outcome.why}" if outcome.why else outcome.how
    who = outcome.patient_id[:6] or outcome.patient
    return f"patient {who} chair {outcome.chair or '-'}  {how}  ({moves}; {outcome.readings} readings, simulated)"


def chosen_preset(name: str) -> Preset:
    """A preset by its id; a wrong one is a usage error."""
    found = presets().named(name)
    if found is None:
        raise typer.BadParameter(
            f"no preset {name!r}; choose one of {', '.join(p.id for p in presets().preset)}", param_hint="--preset"
        )
    return found


def chosen_scripts(names: str) -> tuple[Script, ...]:
    """Scripts by their ids; a wrong one is a usage error."""
    found = []
    for name in filter(None, (part.strip() for part in names.split(","))):
        script = scripts().named(name)
        if script is None:
            raise typer.BadParameter(
                f"no script {name!r}; choose among {', '.join(s.id for s in scripts().script)}", param_hint="--script"
            )
        found.append(script)
    return tuple(found)
