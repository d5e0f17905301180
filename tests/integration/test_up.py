"""`chairside up`: everything comes up, is kept up, and is gone afterwards, whoever ends it and how."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from chairside.embedded.children import wait_until

PROBE = """
import os, sys
from http.server import BaseHTTPRequestHandler, HTTPServer

if refusal := os.environ.get("PROBE_REFUSES"):
    sys.exit(f"settings: {refusal}") if refusal == "oddly" else (print("settings: " + refusal), os._exit(78))

class Ready(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass

print("started", os.getpid(), flush=True)
HTTPServer((os.environ["CHAIRSIDE_HOST"], int(os.environ["CHAIRSIDE_PORT"])), Ready).serve_forever()
"""
"""A service of nothing but a probe: what is tried here is who starts and stops it."""


@pytest.fixture
def house(tmp_path: Path) -> dict[str, str]:
    """An environment in which the only services are two probes."""
    for name in ("alpha", "beta"):
        folder = tmp_path / "house" / "services" / name
        folder.mkdir(parents=True)
        (folder / "__init__.py").write_text(f'"""What {name} is for."""')
        (folder / "__main__.py").write_text(PROBE)
    (tmp_path / "house" / "services" / "__init__.py").touch()
    return {**os.environ, "PYTHONPATH": str(tmp_path / "house"), "CHAIRSIDE_DATA": str(tmp_path / "data")}


def chairside(house: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "chairside", *arguments]
    return subprocess.run(command, env=house, cwd=house["PYTHONPATH"], capture_output=True, text=True, timeout=60, check=False)


@contextmanager
def up(house: dict[str, str], *within: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any], Path]]:
    """The command, what it said when ready, and the file its progress goes to."""
    told = Path(house["PYTHONPATH"]) / "told"
    with told.open("w") as out:
        command = subprocess.Popen(
            [*within, sys.executable, "-m", "chairside", "up", "--json"],
            env=house,
            cwd=house["PYTHONPATH"],
            stdout=subprocess.PIPE,
            stderr=out,
            text=True,
        )
    assert command.stdout is not None
    try:
        line = command.stdout.readline()
        assert line, told.read_text()
        yield command, json.loads(line), told
    finally:
        command.kill()
        command.wait()
        command.stdout.close()


def everything_of(house: dict[str, str]) -> list[psutil.Process]:
    """Every process, but ours, that was given this data folder."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("CHAIRSIDE_DATA") == house["CHAIRSIDE_DATA"] and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except psutil.Error:
            continue
    return found


DEAF = ("sh", "-c", "trap '' INT; exec \"$@\"", "sh")
"""A script's `chairside up &` is started so: it does not hear Ctrl-C."""


def test_it_comes_up_twice_says_so_and_stops_cleanly(house: dict[str, str]) -> None:
    first = None
    for sign, within in ((signal.SIGINT, ()), (signal.SIGTERM, DEAF)):
        with up(house, *within) as (command, said, _):
            assert set(said["services"]) == {"alpha", "beta"}
            assert first in (None, said), "addresses are kept"
            first = said
            status = chairside(house, "status", "--json")
            assert (status.returncode, json.loads(status.stdout)["services"]["alpha"]["ready"]) == (0, True)
            assert len(everything_of(house)) == 5  # itself, two servers, two services
            command.send_signal(sign)
            assert command.wait(20) == 0
        assert everything_of(house) == []
        assert chairside(house, "status").returncode == 1


def test_kill_9_takes_every_process_along_and_the_next_one_starts(house: dict[str, str]) -> None:
    with up(house) as (command, said, _):
        command.kill()
        command.wait()
        assert wait_until(lambda: not everything_of(house), 15), everything_of(house)
    with up(house) as (_, again, _):
        assert again == said


def test_what_ends_is_started_again_and_how_it_ended_is_said(house: dict[str, str]) -> None:
    with up(house) as (_, _, told):
        children = json.loads((Path(house["CHAIRSIDE_DATA"]) / "children.json").read_text())
        for name in ("alpha", "kafka", "postgres"):
            os.kill(children[name][0], signal.SIGKILL)
            assert wait_until(lambda name=name: f"{name} ended: killed by SIGKILL" in told.read_text(), 10)
        assert wait_until(lambda: chairside(house, "status").returncode == 0, 20)
        anew = json.loads((Path(house["CHAIRSIDE_DATA"]) / "children.json").read_text())
        assert all(anew[name] != children[name] for name in ("alpha", "kafka", "postgres"))
        assert anew["beta"] == children["beta"]


def test_a_second_one_on_the_same_folder_is_refused(house: dict[str, str]) -> None:
    with up(house) as (command, _, _):
        second = chairside(house, "up", "--json")
        assert (second.returncode, f"process {command.pid}" in json.loads(second.stdout)["problem"]) == (1, True)
        reset = chairside(house, "reset")
        assert (reset.returncode, "is up" in reset.stderr) == (1, True)


@pytest.mark.parametrize("how", ["plainly", "oddly"])
def test_a_service_that_cannot_start_is_named_with_its_own_words(house: dict[str, str], how: str) -> None:
    refused = chairside({**house, "PROBE_REFUSES": how}, "up")
    assert refused.returncode == 1
    assert "does not start: exit code" in refused.stderr
    assert f"settings: {how}" in refused.stderr
    assert wait_until(lambda: not everything_of(house), 5)


def test_reset_forgets_what_was_made_and_nothing_else(house: dict[str, str]) -> None:
    with up(house) as (command, _, _):
        command.terminate()
        command.wait(20)
    data = Path(house["CHAIRSIDE_DATA"])
    (data / "notes.txt").write_text("somebody's")
    before = sorted(path.name for path in data.iterdir())
    would = chairside(house, "reset", "--dry-run", "--json")
    assert (would.returncode, json.loads(would.stdout)["removed"]) == (0, False)
    assert sorted(path.name for path in data.iterdir()) == before
    assert chairside(house, "reset").returncode == 0
    assert sorted(path.name for path in data.iterdir()) == ["lock", "notes.txt"]


def test_wrong_usage_has_its_own_exit_code(house: dict[str, str]) -> None:
    assert chairside(house, "up", "--rate", "never").returncode == 2
    assert chairside(house, "nothing-like-it").returncode == 2
    assert chairside(house, "deadletters", "redrive", "--id", "1").returncode == 2
