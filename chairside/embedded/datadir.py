"""The data folder: what a clinic keeps between runs, used by one `up` at a time."""

import contextlib
import errno
import fcntl
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Self

import typer

from chairside.embedded.children import Remembered
from chairside.problem import Problem

LEAST_FREE_BYTES = 200_000_000
"""Below this much free space servers are not started: Kafka and PostgreSQL stop hard when the disk is full."""

Data = Annotated[
    Path | None,
    typer.Option("--data", envvar="CHAIRSIDE_DATA", help="The data folder.", show_default="~/.local/share/chairside"),
]


def default_folder(env: Mapping[str, str] = os.environ) -> Path:
    """Where a clinic lives when nobody says otherwise."""
    if named := env.get("CHAIRSIDE_DATA"):
        return Path(named)
    return Path(env.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "chairside"


OURS = (
    *("children.json", "clinic.json", "clock.json", "jwks.json", "kafka", "kafka.properties", "logs", "ports.json"),
    *("postgres", "postgres.new", "secrets"),
)
"""Everything that is ever made in a data folder, beside its lock."""


class DataFolder:
    """A data folder held by this process. Make one with `held`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.logs = path / "logs"
        self.secrets = path / "secrets"
        self.children = Remembered(path / "children.json")

    @classmethod
    @contextlib.contextmanager
    def held(cls, path: Path, least_free: int = LEAST_FREE_BYTES) -> Iterator[Self]:
        """Hold the folder alone. Raises Problem when it is in use, cannot be written, or the disk is nearly full.

        What an earlier holder left running (it was killed before its children could follow) is stopped first.
        """
        folder = cls(path.absolute())
        with disk_faults(folder.path):
            for part in (folder.path, folder.logs, folder.secrets):
                part.mkdir(parents=True, exist_ok=True, mode=0o700)
            free = shutil.disk_usage(folder.path).free
            if free < least_free:
                raise Problem(
                    f"Only {free // 1_000_000} MB are free for {folder.path}; the servers need {least_free // 1_000_000} MB.",
                    todo="Free some space, or name another folder: --data FOLDER.",
                )
            lock = (folder.path / "lock").open("a+")
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                lock.seek(0)
                raise Problem(
                    f"The clinic in {folder.path} is already up (process {lock.read().strip() or 'unknown'}).",
                    todo="Use that one, stop it with Ctrl-C, or start another beside it: --data FOLDER.",
                ) from None
            with disk_faults(folder.path):
                lock.truncate(0)
                lock.write(str(os.getpid()))
                lock.flush()
            folder.children.sweep()
            yield folder

    def secret(self, name: str) -> str:
        """A password kept in the folder, drawn on first use, readable by its owner only."""
        file = self.secrets / name
        if not file.exists():
            write_private(file, secrets.token_urlsafe(24))
        return file.read_text()


def held_by_somebody(path: Path) -> bool:
    """Whether an `up` holds this folder now."""
    try:
        with (path / "lock").open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def write_private(file: Path, text: str) -> None:
    """Write a file whole or not at all, readable by its owner only."""
    temporary = file.with_name(f".{file.name}.new")
    with disk_faults(file.parent), open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:  # noqa: PTH123
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    temporary.replace(file)


@contextlib.contextmanager
def disk_faults(path: Path) -> Iterator[None]:
    """Say clearly what the operating system says about the disk."""
    try:
        yield
    except OSError as error:
        match error.errno:
            case errno.ENOSPC | errno.EDQUOT | errno.EFBIG:
                raise disk_full(path) from error
            case errno.EACCES | errno.EPERM | errno.EROFS | errno.ENOTDIR | errno.EEXIST:
                raise Problem(
                    f"{path} cannot be written: {error.strerror}.",
                    todo="Name a folder that is yours: --data FOLDER, or CHAIRSIDE_DATA.",
                ) from error
            case _:
                raise


def disk_full(path: Path) -> Problem:
    """The disk under the data folder is full."""
    return Problem(
        f"The disk is full: nothing more can be written to {path}.",
        todo="Free some space and start again (what was committed is kept), or name another folder: --data FOLDER.",
    )
