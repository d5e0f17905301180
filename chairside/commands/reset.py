"""Forget everything a clinic keeps."""

import json as jsonlib
import shutil
import sys
from pathlib import Path
from typing import Annotated

import typer

from chairside.embedded.datadir import OURS, Data, default_folder, held_by_somebody
from chairside.problem import Problem


def command(
    data: Data = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be removed, and remove nothing.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Say it as JSON.")] = False,
) -> None:
    """Remove the clinic's databases, topics, keys and logs. Only what Chairside made is touched; asks first at a terminal."""
    path = (data or default_folder()).absolute()
    if held_by_somebody(path):
        raise Problem(f"The clinic in {path} is up.", todo="Stop it first (Ctrl-C where it runs), then reset.")
    there = [path / name for name in OURS if (path / name).exists()]
    megabytes = round(sum(_size(one) for one in there) / 1_000_000, 1)
    if not dry_run:
        if there and sys.stdin.isatty() and not json:
            typer.confirm(f"Remove {len(there)} things, {megabytes} MB, from {path}?", abort=True)
        for one in there:
            shutil.rmtree(one) if one.is_dir() else one.unlink()
    if json:
        print(
            jsonlib.dumps(
                {"data": str(path), "removed": not dry_run, "paths": [str(one) for one in there], "megabytes": megabytes}
            )
        )
    else:
        for one in there:
            print(f"{'would remove' if dry_run else 'removed'} {one}")
        print(f"{megabytes} MB in {path}" if there else f"nothing to remove in {path}")


def _size(path: Path) -> int:
    if path.is_file():
        return path.stat().st_size
    return sum(part.stat().st_size for part in path.rglob("*") if part.is_file())
