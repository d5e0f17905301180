"""What goes wrong on a machine is said clearly: which thing, and what to do."""

import asyncio
import contextlib
import functools
import hashlib
import os
import socket
import subprocess
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from chairside.embedded import jars
from chairside.embedded.datadir import DataFolder
from chairside.embedded.java import find_java
from chairside.embedded.ports import Ports
from chairside.embedded.postgres import Postgres
from chairside.embedded.servers import Servers
from chairside.problem import Problem


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def repository(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A Maven repository with one jar, served on the loopback address."""
    root = tmp_path / "repository"
    (root / "org").mkdir(parents=True)
    (root / "org" / "one.jar").write_bytes(b"the jar that was locked")
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(root)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", root
    server.shutdown()
    server.server_close()


WANTED = {"org/one.jar": hashlib.sha256(b"the jar that was locked").hexdigest()}


def test_a_jar_is_fetched_once_and_then_needs_no_network(repository: tuple[str, Path], tmp_path: Path) -> None:
    base, root = repository
    told: list[tuple[int, int]] = []
    classpath = jars.ensure(tmp_path / "jars", WANTED, base, lambda done, of: told.append((done, of)))
    assert (classpath, told) == (str(tmp_path / "jars" / "one.jar"), [(1, 1)])
    (root / "org" / "one.jar").unlink()
    assert jars.ensure(tmp_path / "jars", WANTED, base) == classpath


def test_a_jar_with_another_sha256_is_refused_and_thrown_away(repository: tuple[str, Path], tmp_path: Path) -> None:
    base, root = repository
    (root / "org" / "one.jar").write_bytes(b"the jar that was meant to harm")
    with pytest.raises(Problem, match=r"one\.jar is not the file that was locked"):
        jars.ensure(tmp_path / "jars", WANTED, base)
    assert list((tmp_path / "jars").iterdir()) == []


def test_a_jar_damaged_in_the_cache_is_fetched_again(repository: tuple[str, Path], tmp_path: Path) -> None:
    base, _ = repository
    jars.ensure(tmp_path / "jars", WANTED, base)
    (tmp_path / "jars" / "one.jar").write_bytes(b"half a ja")
    jars.ensure(tmp_path / "jars", WANTED, base)
    assert (tmp_path / "jars" / "one.jar").read_bytes() == b"the jar that was locked"


def test_no_network_is_a_problem_that_names_the_mirror_setting(tmp_path: Path) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        with pytest.raises(Problem, match=r"one\.jar could not be fetched") as problem:
            jars.ensure(tmp_path / "jars", WANTED, f"http://127.0.0.1:{nobody.getsockname()[1]}")
    assert "CHAIRSIDE_MAVEN" in problem.value.todo


def java_that_says(folder: Path, version: str) -> Path:
    java = folder / "bin" / "java"
    java.parent.mkdir(parents=True)
    java.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\" 2024-01-16' >&2\n")
    java.chmod(0o755)
    return java


def test_no_java_is_said_clearly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(Problem, match="No Java 17 or later was found") as problem:
        find_java({"PATH": str(tmp_path)})
    assert "CHAIRSIDE_JAVA" in problem.value.todo


def test_an_old_java_is_named_and_a_newer_one_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    old, new = java_that_says(tmp_path / "old", "1.8.0_392"), java_that_says(tmp_path / "new", "21.0.2")
    with pytest.raises(Problem, match="old/bin/java: version 1"):
        find_java({"PATH": str(old.parent)})
    assert find_java({"PATH": str(old.parent), "JAVA_HOME": str(tmp_path / "new")}) == new
    with pytest.raises(Problem, match="CHAIRSIDE_JAVA names Java 1;"):
        find_java({"CHAIRSIDE_JAVA": str(old), "JAVA_HOME": str(tmp_path / "new")})


def test_a_taken_port_is_named_with_what_to_do(tmp_path: Path) -> None:
    ports = Ports(tmp_path / "ports.json", spread=True)
    number = ports.of(["postgres"])["postgres"]
    with socket.socket() as other:
        other.bind(("127.0.0.1", number))
        other.listen()
        with pytest.raises(Problem, match=rf"Port {number} \(postgres\) is taken") as problem:
            Ports(tmp_path / "ports.json").of(["postgres"])
        assert str(tmp_path / "ports.json") in problem.value.todo
    assert Ports(tmp_path / "ports.json").of(["postgres"]) == {"postgres": number}


def test_who_starts_several_at_once_says_where_each_begins_to_choose(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAIRSIDE_FIRST_PORT", "25123")
    assert Ports(tmp_path / "ports.json").of(["postgres"])["postgres"] >= 25123
    monkeypatch.setenv("CHAIRSIDE_FIRST_PORT", "80")
    with pytest.raises(Problem, match="CHAIRSIDE_FIRST_PORT is '80'"):
        Ports(tmp_path / "other.json").of(["postgres"])


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 24 MB: room for a folder, not for a cluster."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(disk)], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("a small file system cannot be mounted here (needs root)")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def fill(ballast: Path) -> None:
    """Write until nothing more can be written."""
    with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as out:
        while out.write(bytes(4096)):
            pass


def test_too_little_space_is_refused_before_anything_starts(small_disk: Path) -> None:
    with (
        pytest.raises(Problem, match=r"Only 2\d MB are free for .*; the servers need 200 MB") as problem,
        DataFolder.held(small_disk),
    ):
        pass
    assert "--data" in problem.value.todo


def test_a_disk_that_fills_up_while_the_store_is_made_is_named(small_disk: Path) -> None:
    with DataFolder.held(small_disk, least_free=0) as folder:
        server = Postgres(folder, Ports(small_disk / "ports.json", spread=True).of(["postgres"])["postgres"])
        with pytest.raises(Problem, match="The disk is full"):
            server.start()
        assert not (small_disk / "postgres").exists()


def test_a_full_disk_under_kafka_is_named_and_nothing_is_left_running(small_disk: Path) -> None:
    with DataFolder.held(small_disk, least_free=0) as folder:
        servers = Servers.of(folder, Ports(small_disk / "ports.json", spread=True), testing=True)
        left = small_disk / "ballast"
        fill(left)
        with pytest.raises(Problem, match="The disk is full"):
            asyncio.run(servers.start())
        left.unlink()
        assert not [line for line in _commands() if str(small_disk) in line]


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(Problem, match="cannot be written"), DataFolder.held(tmp_path / "file"):
        pass


def _commands() -> list[str]:
    return [
        path.read_bytes().replace(b"\0", b" ").decode()
        for path in Path("/proc").glob("[0-9]*/cmdline")
        if os.access(path, os.R_OK)
    ]
