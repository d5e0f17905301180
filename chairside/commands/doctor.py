"""Say what is wrong on this machine, and what to do."""

import json as jsonlib
import platform
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from chairside.clinic import find
from chairside.commands.status import readiness
from chairside.embedded import jars
from chairside.embedded.datadir import LEAST_FREE_BYTES, Data, default_folder, held_by_somebody
from chairside.embedded.java import find_java, version_of
from chairside.embedded.ports import Ports
from chairside.embedded.postgres import as_ordinary_user, binaries
from chairside.problem import Problem
from kit.migrate import MigrationFailed, dbmate


def command(data: Data = None, json: Annotated[bool, typer.Option("--json", help="Say it as JSON.")] = False) -> None:
    """Check everything a clinic needs; each fault comes with what to do. Exit code 1 when there is one."""
    path = (data or default_folder()).absolute()
    checks: dict[str, Callable[[], str]] = {
        "python": lambda: platform.python_version(),
        "java": _java,
        "kafka": _kafka,
        "postgresql": _postgres,
        "migrations": _dbmate,
        "disk": lambda: _disk(path),
        "ports": lambda: _ports(path),
        "clinic": lambda: _clinic(path),
    }
    found: list[dict[str, str | bool]] = []
    for name, check in checks.items():
        try:
            found.append({"check": name, "ok": True, "says": check()})
        except Problem as problem:
            found.append({"check": name, "ok": False, "says": problem.what, "todo": problem.todo})
    if json:
        print(jsonlib.dumps({"data": str(path), "checks": found}))
    else:
        for one in found:
            print(f"{'ok     ' if one['ok'] else 'PROBLEM'} {one['check']:11} {one['says']}")
            if not one["ok"]:
                print(f"{'':20}{one['todo']}")
    raise typer.Exit(not all(one["ok"] for one in found))


def _java() -> str:
    java = find_java()
    return f"version {version_of(java)}: {java}"


def _kafka() -> str:
    folder = jars.cache_folder() / "kafka"
    missing = sum(not (folder / Path(path).name).exists() for path in jars.locked())
    return f"{missing} files will be fetched by the next start" if missing else f"fetched: {folder}"


def _postgres() -> str:
    if not (binaries() / "postgres").exists():
        raise Problem(
            "The embedded PostgreSQL's programs are missing.",
            todo="Install requirements.lock anew: remove .venv, then make demo.",
        )
    return "runs in a user namespace, since you are root" if as_ordinary_user() else f"{binaries()}"


def _dbmate() -> str:
    try:
        return dbmate()
    except MigrationFailed as error:
        raise Problem(str(error), todo="Remove .venv, then make demo.") from error


def _disk(path: Path) -> str:
    there = next(part for part in (path, *path.parents) if part.exists())
    free = shutil.disk_usage(there).free
    if free < LEAST_FREE_BYTES:
        raise Problem(
            f"{free // 1_000_000} MB are free for {path}; the servers need {LEAST_FREE_BYTES // 1_000_000} MB.",
            todo="Free some space, or name another folder: --data FOLDER.",
        )
    return f"{free // 1_000_000} MB free for {path}"


def _ports(path: Path) -> str:
    if held_by_somebody(path):
        return "in use by the clinic that is up"
    return f"{Ports(path / 'ports.json').check()} chosen, all free"


def _clinic(path: Path) -> str:
    if not held_by_somebody(path):
        return "not up"
    faults = {name: why for name, address in find(path).services.items() if (why := readiness(address))}
    if faults:
        name, why = next(iter(faults.items()))
        raise Problem(f"{len(faults)} services are not ready; {name}: {why}", todo=f"Read {path / 'logs' / name}.log.")
    return "up, every service is ready"
