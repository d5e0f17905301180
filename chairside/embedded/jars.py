"""Kafka's jars: fetched once into a cache, each checked against the sha256 in `kafka.lock` at every start."""

import contextlib
import hashlib
import http.client
import os
import tempfile
import urllib.request
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from chairside.problem import Problem

LOCK = Path(__file__).with_name("kafka.lock")
THREADS = 8
TIMEOUT_S = 60
Progress = Callable[[int, int], None]
"""Told how many jars are there, of how many."""


def cache_folder(env: Mapping[str, str] = os.environ) -> Path:
    """Where jars are kept: shared by all data folders of a user."""
    if named := env.get("CHAIRSIDE_CACHE"):
        return Path(named)
    return Path(env.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "chairside"


def locked(lock: Path = LOCK) -> dict[str, str]:
    """sha256 by repository path."""
    pairs = (line.split() for line in lock.read_text().splitlines() if line)
    return {path: digest for digest, path in pairs}


def ensure(folder: Path, wanted: Mapping[str, str], repository: str | None = None, progress: Progress | None = None) -> str:
    """Have every jar in `folder`; returns the classpath. Needs the network only for what is missing or damaged.

    Raises Problem when a jar cannot be fetched or is not the one that was locked.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Problem(
            f"The cache folder {folder} cannot be made: {error.strerror}.", todo="Name another by CHAIRSIDE_CACHE."
        ) from error
    with ThreadPoolExecutor(THREADS) as pool:
        intact = dict(zip(wanted, pool.map(lambda path: _intact(folder / Path(path).name, wanted[path]), wanted), strict=True))
        missing = [path for path, there in intact.items() if not there]
        if missing:
            base = repository or os.environ.get("CHAIRSIDE_MAVEN") or _central()
            futures = [
                pool.submit(_fetch, f"{base.rstrip('/')}/{path}", folder / Path(path).name, wanted[path]) for path in missing
            ]
            try:
                for done, future in enumerate(as_completed(futures), start=len(wanted) - len(missing) + 1):
                    future.result()
                    if progress:
                        progress(done, len(wanted))
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise
    return os.pathsep.join(str(folder / Path(path).name) for path in wanted)


def _central() -> str:
    # A client knows its own registry; ours names none. Imported late: only a first start needs it.
    from jgo.constants import MAVEN_CENTRAL_URL

    return str(MAVEN_CENTRAL_URL)


def _intact(jar: Path, digest: str) -> bool:
    try:
        return hashlib.sha256(jar.read_bytes()).hexdigest() == digest
    except FileNotFoundError:
        return False


def _read(url: str, name: str, attempts: int = 3) -> bytes:
    for attempt in range(1, attempts + 1):
        try:
            with urllib.request.urlopen(url, timeout=TIMEOUT_S) as answer:  # noqa: S310
                return bytes(answer.read())
        except (OSError, http.client.HTTPException, ValueError) as error:
            if attempt == attempts or isinstance(error, ValueError):
                raise Problem(
                    f"{name} could not be fetched: {getattr(error, 'reason', error)}.",
                    todo="The first start needs the network. Behind a mirror, name its base address: CHAIRSIDE_MAVEN.",
                ) from error
    raise AssertionError("at least one attempt")


def _fetch(url: str, jar: Path, digest: str) -> None:
    content = _read(url, jar.name)
    if hashlib.sha256(content).hexdigest() != digest:
        raise Problem(
            f"{jar.name} is not the file that was locked: its sha256 differs, so it was thrown away.",
            todo="The repository or something on the way changed it. Try again, or name another by CHAIRSIDE_MAVEN.",
        )
    handle, temporary = tempfile.mkstemp(dir=jar.parent, prefix=jar.name)
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(content)
        Path(temporary).replace(jar)
    except OSError as error:
        with contextlib.suppress(OSError):
            Path(temporary).unlink()
        raise Problem(
            f"{jar.name} could not be kept in {jar.parent}: {error.strerror}.",
            todo="Free some space, or name another folder by CHAIRSIDE_CACHE.",
        ) from error
