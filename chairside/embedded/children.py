"""Child processes that die with their parent, kill -9 included, and are remembered in case they did not."""

import contextlib
import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import psutil

from chairside.problem import Problem

PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None
MAX_LOG_BYTES = 10_000_000


def dies_with_parent(dying: signal.Signals) -> Callable[[], None]:
    """What a child runs between fork and exec. Linux ties it to the forking thread: start children from the main one."""
    parent = os.getpid()

    def prepare() -> None:
        if LIBC is None:
            return
        LIBC.prctl(PR_SET_PDEATHSIG, dying)
        if os.getppid() != parent:
            os._exit(1)

    return prepare


def start(
    command: Sequence[str | Path],
    *,
    log: Path,
    dying: signal.Signals,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> subprocess.Popen[bytes]:
    """Start a child in its own session (Ctrl-C reaches only us), its output appended to a log kept under 10 MB."""
    if log.exists() and log.stat().st_size > MAX_LOG_BYTES:
        log.replace(log.with_suffix(".old"))
    with log.open("ab") as out:
        return subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            env=env,
            cwd=cwd,
            start_new_session=True,
            preexec_fn=dies_with_parent(dying),
        )


def stop(process: subprocess.Popen[bytes], sign: signal.Signals, within: float) -> bool:
    """Ask a child to end, and kill it after `within` seconds. True when it ended by itself."""
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(sign)
    try:
        process.wait(within)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return False
    return True


def tail(log: Path, lines: int = 12) -> str:
    """The last lines of a log, to be shown beside a failure."""
    try:
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return ""


class Remembered:
    """Process ids with their start times, in a file, so that only our own processes are ever stopped."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._known: dict[str, tuple[int, float]] = {}

    def note(self, name: str, pid: int) -> None:
        """Remember a child by name. One that is already gone is forgotten."""
        try:
            self._known[name] = (pid, psutil.Process(pid).create_time())
        except psutil.NoSuchProcess:
            self._known.pop(name, None)
        temporary = self._file.with_suffix(".new")
        temporary.write_text(json.dumps(self._known))
        temporary.replace(self._file)

    def sweep(self, within: float = 10.0) -> list[str]:
        """Stop what an earlier parent left behind. Returns the names. Raises Problem when one cannot be stopped."""
        left = dict(self._alive())
        for process in left.values():
            with contextlib.suppress(psutil.NoSuchProcess):
                process.terminate()
        _, stubborn = psutil.wait_procs(list(left.values()), timeout=within)
        for process in stubborn:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        _, immortal = psutil.wait_procs(stubborn, timeout=within)
        if immortal:
            raise Problem(
                f"Process {immortal[0].pid} of an earlier run does not end, not even by kill -9.",
                todo="It waits for the disk or is another user's: see `ps -fp`, then try again.",
            )
        self._file.unlink(missing_ok=True)
        return sorted(left)

    def _alive(self) -> list[tuple[str, psutil.Process]]:
        try:
            noted: dict[str, tuple[int, float]] = json.loads(self._file.read_text())
        except (FileNotFoundError, ValueError):
            return []
        found = []
        for name, (pid, started) in noted.items():
            with contextlib.suppress(psutil.NoSuchProcess):
                process = psutil.Process(pid)
                # A process id is used again after a while; the start time tells ours from a stranger's.
                if abs(process.create_time() - started) < 1 and process.status() != psutil.STATUS_ZOMBIE:
                    found.append((name, process))
        return found


def wait_until(ready: Callable[[], bool], seconds: float) -> bool:
    """Ask every 20 ms until the answer is yes. False when the time is over."""
    end = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True
