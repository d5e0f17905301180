"""A whole clinic in a hurry, at a morning, and its commands as somebody types them."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from chairside.clinic import Clinic, find
from chairside.commands.demo import next_morning

DATA = Path(__file__).parents[4] / "shared" / "data"
RATE = "90"
Said = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture(scope="package")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clinic]:
    """A clinic of its own, which opens in a quarter of an hour by its clock."""
    folder = tmp_path_factory.mktemp("hurried")
    told, begin = folder / "told", f"{next_morning(folder):%Y-%m-%dT%H:%M:%S}"
    with told.open("w") as out:
        up = subprocess.Popen(
            [*chairside("up", "--json"), "--data", str(folder / "data"), "--rate", RATE, "--begin", begin],
            stdout=subprocess.PIPE,
            stderr=out,
        )
    assert up.stdout is not None
    try:
        assert up.stdout.readline().startswith(b'{"data"'), told.read_text()
        yield find(folder / "data")
    finally:
        up.terminate()
        up.wait(30)
        up.stdout.close()


@pytest.fixture
def said(clinic: Clinic) -> Said:
    """A command's exit code, and what it said as JSON."""

    def run(*arguments: str) -> tuple[int, dict[str, Any]]:
        done = subprocess.run(
            [*chairside(*arguments), "--json", "--data", str(clinic.data)],
            capture_output=True,
            text=True,
            check=False,
            timeout=400,
        )
        assert done.stdout, done.stderr
        return done.returncode, json.loads(done.stdout)

    return run


@pytest.fixture
def charts() -> list[str]:
    """Four charts that a public generator of synthetic patients made; the test skips where they are absent."""
    found = sorted((DATA / "synthea").glob("*.json"))
    if not found:
        pytest.skip("../shared/data/synthea is not here: a fresh clone has no foreign charts")
    return [str(file) for file in found]


def chairside(*arguments: str) -> list[str]:
    """The command line as somebody types it."""
    return [sys.executable, "-m", "chairside", *arguments]


def plain() -> dict[str, str]:
    """An environment that asks for no colours and no particular size."""
    return {
        name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES", "FORCE_COLOR", "TTY_COMPATIBLE")
    }
