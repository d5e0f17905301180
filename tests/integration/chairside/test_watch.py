"""`chairside watch`: one frame, one object, plain lines, or a live screen that leaves the terminal as it was."""

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
from pathlib import Path
from time import monotonic
from xml.etree import ElementTree as ET

import pytest

from chairside.clinic import Clinic
from schemas.catalogue import topics
from tests.integration.chairside.conftest import Said, chairside, plain

SHOWN, HIDDEN = b"\x1b[?1049h", b"\x1b[?1049l"


def test_as_json_it_is_one_object(said: Said) -> None:
    code, answer = said("watch")
    assert code == 0
    assert {"time", "simulated", "chairs", "alarms", "pages", "topics", "lost"} <= set(answer)
    assert set(answer["topics"]) <= set(topics())
    assert answer["lost"] == 0


def test_once_it_is_one_frame(clinic: Clinic) -> None:
    done = subprocess.run(
        [*chairside("watch", "--once"), "--data", str(clinic.data)],
        capture_output=True,
        text=True,
        check=False,
        env=plain() | {"COLUMNS": "100", "LINES": "30"},
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert all(len(line) <= 100 for line in done.stdout.splitlines())
    for title in ("Chairside", "chairs", "alarms", "pages", "events per topic"):
        assert title in done.stdout


def test_as_a_picture_it_fetches_nothing(clinic: Clinic, tmp_path: Path) -> None:
    for file, code in ((tmp_path / "now.svg", 0), (tmp_path / "nowhere" / "now.svg", 1)):
        done = subprocess.run(
            [*chairside("watch", "--svg", str(file)), "--data", str(clinic.data)], capture_output=True, text=True, check=False
        )
        assert done.returncode == code, done.stderr
    assert "nowhere" in done.stderr
    drawn = (tmp_path / "now.svg").read_text()
    root = ET.fromstring(drawn)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert "chairs" in "".join(root.itertext())
    assert "url(http" not in drawn


def test_without_a_clinic_it_says_what_to_do(tmp_path_factory: pytest.TempPathFactory) -> None:
    nowhere = tmp_path_factory.mktemp("nowhere")
    done = subprocess.run([*chairside("watch"), "--data", str(nowhere)], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "No clinic is up" in done.stderr
    assert "chairside up" in done.stderr


@pytest.mark.parametrize(("rows", "columns"), [(24, 80), (60, 200)])
def test_live_it_fills_the_terminal_and_leaves_it_as_it_was(clinic: Clinic, rows: int, columns: int) -> None:
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    watching = subprocess.Popen(
        [*chairside("watch"), "--data", str(clinic.data)],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=plain() | {"TERM": "xterm"},
    )
    os.close(theirs)
    try:
        live = read_until(ours, b"events per topic", b"events per topic")
        assert SHOWN in live
        assert HIDDEN not in live
        watching.send_signal(signal.SIGINT)
        assert HIDDEN in read_until(ours, HIDDEN)
        watching.wait(10)
        assert watching.returncode == 0
    finally:
        watching.kill()
        watching.wait()
        os.close(ours)


def read_until(terminal: int, *wanted: bytes, seconds: float = 30) -> bytes:
    """What a terminal is sent until each of `wanted` was there, one after the other."""
    got, until, missing = b"", monotonic() + seconds, list(wanted)
    at = 0
    while missing and monotonic() < until:
        if not select.select([terminal], [], [], 0.5)[0]:
            continue
        got += os.read(terminal, 65536)
        while missing and (place := got.find(missing[0], at)) >= 0:
            at = place + len(missing.pop(0))
    assert not missing, got[-2000:]
    return got
