"""Each import contract, broken once on purpose in a copy: a contract that refuses nothing holds nothing."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.test_names import PACKAGES, ROOT

BREAKS = [
    ("Imports go one way", "kit/clock.py", "import services.intake.app"),
    ("No service imports another", "services/intake/tables.py", "import services.scheduling.rules"),
    ("Rules are pure", "services/intake/rules/phq9.py", "import random"),
    ("Rules are pure", "services/scheduling/rules.py", "import kit.clock"),
    ("Schemas know Pydantic", "schemas/event.py", "import structlog"),
    ("Drivers live in the kit", "services/intake/store.py", "import asyncpg"),
    ("faust is for trends only", "services/intake/store.py", "import faust"),
    ("apprise is for notifications' and the auditor's jobs only", "services/notifications/timers.py", "import apprise"),
    ("apprise is for notifications' and the auditor's jobs only", "services/auditor/timers/outside.py", "import apprise"),
    ("No service imports another", "services/auditor/rules/judge.py", "import services.notifications.rules.policy"),
    ("Inside a service", "services/scheduling/store.py", "import services.scheduling.timers"),
]


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    return subprocess.run(
        command, cwd=folder, env={"PYTHONPATH": str(folder), "PATH": "/usr/bin:/bin"}, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("house")
    for package in PACKAGES:
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def test_all_contracts_hold() -> None:
    said = lint(ROOT)
    assert said.returncode == 0, said.stdout


@pytest.mark.parametrize(("contract", "file", "line"), BREAKS, ids=[f"{file}: {line}" for _, file, line in BREAKS])
def test_a_broken_contract_is_refused(copy: Path, contract: str, file: str, line: str) -> None:
    target = copy / file
    before = target.read_text()
    target.write_text(f"{before}\n{line}\n")
    try:
        said = lint(copy)
    finally:
        target.write_text(before)
    broken = [row for row in said.stdout.splitlines() if row.endswith("BROKEN") or "BROKEN" in row]
    assert said.returncode != 0, said.stdout
    assert contract.split("'")[0] in said.stdout.split("Broken contracts")[-1], broken
