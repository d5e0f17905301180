"""`chairside session replay` and `chairside limits`: simulated patients' sessions, played again by what is stored."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from chairside.clinic import Clinic
from services.monitoring import tables
from tests.integration.chairside.conftest import Said, chairside, plain

LIMITS = tables.DATA / "alarm_limits.toml"


@pytest.fixture(scope="module")
def visited(clinic: Clinic) -> dict[str, Any]:
    """A patient whose pressure climbs has been here."""
    command = [*chairside("simulate", "--patients", "1", "--script", "S3", "--json"), "--data", str(clinic.data)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=400)
    (outcome,) = json.loads(done.stdout)["outcomes"]
    assert outcome["session_id"], outcome
    found: dict[str, Any] = outcome
    return found


def checked(file: Path) -> tuple[int, dict[str, Any]]:
    """What `limits check` says of a file; it needs no clinic."""
    done = subprocess.run(
        [*chairside("limits", "check", str(file), "--json")], capture_output=True, text=True, check=False, timeout=60
    )
    return done.returncode, json.loads(done.stdout)


def test_a_session_is_played_again_and_agrees_with_what_is_stored(said: Said, visited: dict[str, Any], tmp_path: Path) -> None:
    svg = tmp_path / "session.svg"
    code, whole = said("session", "replay", visited["session_id"], "--plot", str(svg))
    assert (code, whole["faults"]) == (0, [])
    assert whole["session"]["session_id"] == visited["session_id"]
    assert whole["known"]["limits"]["version"] == tables.engine().version
    assert svg.read_text().startswith("<svg")
    code, middle = said("session", "replay", visited["session_id"], "--at", "+00:10:00")
    assert (code, middle["known"]["phase"]) in ((0, "INFUSING"), (0, "SLOWED"), (0, "PAUSED"), (0, "RECOVERY"))
    assert {one["code"] for one in middle["known"]["vitals"]} >= {"8480-6", "59408-5", "8867-4"}
    assert all(one["age_seconds"] >= 0 for one in middle["known"]["vitals"])
    if shutil.which("rsvg-convert"):
        png = tmp_path / "session.png"
        assert said("session", "replay", visited["session_id"], "--plot", str(png))[0] == 0
        assert png.read_bytes().startswith(b"\x89PNG")


def test_it_reads_as_text(clinic: Clinic, visited: dict[str, Any]) -> None:
    command = [*chairside("session", "replay", visited["session_id"]), "--data", str(clinic.data)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, env=plain())
    assert done.returncode == 0, done.stdout + done.stderr
    for part in ("Session", "infusion from", "start by", "Known at", "phase", "vital sign", "limits"):
        assert part in done.stdout, done.stdout


def test_other_limits_are_compared_in_a_session_and_in_all(said: Said, visited: dict[str, Any], tmp_path: Path) -> None:
    file = tmp_path / "calm.toml"
    blocks = LIMITS.read_text().replace(f'version = "{tables.engine().version}"', 'version = "2099-01-01"').split("[[limit]]")
    file.write_text("[[limit]]".join(block for block in blocks if '\nalarm = "A1"\n' not in block or '"emergency"' in block))
    code, one = said("session", "replay", visited["session_id"], "--limits", str(file))
    assert (code, one["difference"]["limits"]) == (0, "2099-01-01")
    code, every = said("limits", "backtest", str(file))
    assert (code, every["skipped"], every["after"]) == (0, [], "2099-01-01")
    assert every["sessions"] >= 1
    assert every["summary"]["gained"] == 0
    code, same = said("limits", "backtest", str(LIMITS))
    assert (code, same["differing"], same["summary"]["lost"]) == (0, [], 0)
    code, none = said("limits", "backtest", str(LIMITS), "--from", "2020-01-01", "--until", "2020-02-01")
    assert (code, none["sessions"]) == (0, 0)


def test_limits_with_a_fault_name_the_row_and_field(said: Said, visited: dict[str, Any], tmp_path: Path) -> None:
    file = tmp_path / "wrong.toml"
    file.write_text(
        LIMITS.read_text().replace('priority = "low"', 'priority = "slow"', 1).replace("at_least = 165", 'at_least = "x"', 1)
    )
    assert checked(file)[0] == 1
    for command in (("limits", "backtest"), ("session", "replay", visited["session_id"], "--limits")):
        code, refused = said(*command, str(file))
        assert code == 1
        assert "priority" in refused["problem"]
        assert "limit.1.at_least" in refused["problem"]
        assert refused["todo"]
    assert checked(LIMITS)[1]["limits"] == len(tables.alarm_limits().limit)
    for name, content in (("none.toml", None), ("no.toml", b"= 1"), ("latin.toml", "# \u00e9".encode("latin-1"))):
        if content is not None:
            (tmp_path / name).write_bytes(content)
        code, refused = checked(tmp_path / name)
        assert (code, name in refused["problem"]) == (1, True)


def test_what_cannot_be_played_is_a_clear_problem(said: Said, clinic: Clinic, visited: dict[str, Any], tmp_path: Path) -> None:
    code, unknown = said("session", "replay", "00000000-0000-0000-0000-000000000005")
    assert (code, "knows no session" in unknown["problem"]) == (1, True)
    code, unwritten = said("session", "replay", visited["session_id"], "--plot", str(tmp_path / "nowhere" / "x.svg"))
    assert (code, "cannot be written" in unwritten["problem"]) == (1, True)
    for option, value in (("--at", "noon"), ("--plot", "x.gif")):
        command = [*chairside("session", "replay", visited["session_id"], option, value), "--data", str(clinic.data)]
        assert subprocess.run(command, capture_output=True, check=False, timeout=60).returncode == 2
