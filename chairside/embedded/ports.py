"""Ports chosen once and kept, so that addresses stay the same from run to run."""

import contextlib
import json
import os
import random
import socket
from collections.abc import Collection, Iterable
from pathlib import Path

import psutil

from chairside.embedded.datadir import write_private
from chairside.problem import Problem

FIRST, LAST = 21_000, 29_999
"""Below what operating systems hand out to outgoing connections, so that a port of ours is not taken meanwhile."""
HOST = "127.0.0.1"


class Ports:
    """Port numbers by name, in a file."""

    def __init__(self, file: Path, *, spread: bool = False) -> None:
        """`spread` begins at a random place: for tests that choose at the same time."""
        self._file = file
        self._next = random.randint(FIRST, LAST - 100) if spread else first()  # noqa: S311
        self._known: dict[str, int] = {}
        with contextlib.suppress(FileNotFoundError, ValueError):
            self._known = json.loads(file.read_text())

    def of(self, names: Iterable[str]) -> dict[str, int]:
        """A free port for each name, the same as last time. Raises Problem when one is taken by somebody else."""
        wanted = list(names)
        self.check(wanted)
        for name in wanted:
            if name not in self._known:
                self._known[name] = self._choose()
        write_private(self._file, json.dumps(self._known, indent=2))
        return {name: self._known[name] for name in wanted}

    def check(self, names: Collection[str] | None = None) -> int:
        """How many ports are chosen already. Raises Problem when one (of `names`) is taken by somebody else."""
        for name, port in self._known.items():
            if (names is None or name in names) and not is_free(port):
                raise taken(name, port, self._file)
        return len(self._known)

    def _choose(self) -> int:
        used = set(self._known.values())
        for port in range(self._next, LAST + 1):
            if port not in used and is_free(port):
                return port
        raise Problem(f"No port from {self._next} to {LAST} is free.", todo="Stop some of the programs that listen on them.")


def first() -> int:
    """Where choosing begins: CHAIRSIDE_FIRST_PORT, for who starts several at once, else FIRST. Raises Problem."""
    said = os.environ.get("CHAIRSIDE_FIRST_PORT", str(FIRST))
    if not said.isdecimal() or not FIRST <= int(said) <= LAST:
        raise Problem(f"CHAIRSIDE_FIRST_PORT is {said!r}.", todo=f"Give it a number from {FIRST} to {LAST}, or leave it out.")
    return int(said)


def is_free(port: int) -> bool:
    """Whether we could listen on this port of the loopback address."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def taken(name: str, port: int, file: Path) -> Problem:
    """The port is somebody else's now."""
    who = _listener(port)
    return Problem(
        f"Port {port} ({name}) is taken{f' by {who}' if who else ' by another program'}.",
        todo=f"Stop that program, or give {name} another number in {file} (or remove the file to have all chosen anew).",
    )


def _listener(port: int) -> str | None:
    with contextlib.suppress(psutil.Error, OSError):
        for connection in psutil.net_connections("tcp"):
            if connection.laddr and connection.laddr.port == port and connection.status == psutil.CONN_LISTEN and connection.pid:
                return f"{psutil.Process(connection.pid).name()} (process {connection.pid})"
    return None
