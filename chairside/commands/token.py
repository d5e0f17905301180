"""Mint a bearer token of the embedded mode."""

import json as jsonlib
from datetime import timedelta
from typing import Annotated

import typer

from chairside.embedded.datadir import Data, default_folder
from chairside.problem import Problem
from chairside.tokens import ROLES, Keys


def command(
    role: Annotated[str, typer.Option(help=f"Whose permissions: {', '.join(ROLES)}.")] = "system",
    subject: Annotated[str | None, typer.Option(help="Who it is: a staff or device id. Default: the role.")] = None,
    hours: Annotated[float, typer.Option(min=0.01, max=24 * 31, help="How long it is good for.")] = 12.0,
    data: Data = None,
    json: Annotated[bool, typer.Option("--json", help="Say also what it permits.")] = False,
) -> None:
    """Mint a bearer token that the services of this data folder accept."""
    path = data or default_folder()
    if not (path / "secrets").is_dir():
        raise Problem(f"There is no clinic in {path} yet.", todo="Start one: chairside up.")
    keys = Keys(path)
    keys.ensure()
    token = keys.token(role, subject=subject or role, lasts=timedelta(hours=hours))
    print(jsonlib.dumps({"token": token, "role": role, "permissions": ROLES[role]}) if json else token)
