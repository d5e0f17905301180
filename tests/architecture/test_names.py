"""The law of names: a topic has one name, and it is a path."""

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import services
from chairside.contract.flow import consumers
from kit.service import Service
from schemas.catalogue import events, topics

ROOT = Path(__file__).parents[2]
SERVICES = sorted(module.name for module in pkgutil.iter_modules(services.__path__))
PACKAGES = ("schemas", "kit", "services", "chairside")
TOP = {
    "schemas", "kit", "services", "chairside", "deploy", "docs", "tests", "benchmarks", ".ci",
    "README.md", "Makefile", "pyproject.toml", "requirements.lock", "requirements-dev.lock", "CHANGELOG.md", "LICENSE",
    ".gitignore", ".dockerignore", ".python-version",
}  # fmt: skip
MOST_LINES = 330
FORBIDDEN_NAMES = {"utils", "util", "helpers", "base", "common", "manager", "misc"}


def service(name: str) -> Service | None:
    return getattr(importlib.import_module(f"services.{name}.app"), "SERVICE", None)


def tracked() -> list[Path]:
    import subprocess

    said = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / line for line in said.splitlines()]


def sources(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from sorted((ROOT / folder).rglob("*.py"))


def test_a_topics_file_is_its_name_and_its_folder_its_producer() -> None:
    for name, topic in topics().items():
        assert (ROOT / "schemas" / topic.producer / f"{name}.py").exists()
        assert topic.kafka_name("clinic") == f"clinic.{topic.producer}.{name}.v1"
    assert {topic.producer for topic in topics().values()} <= set(SERVICES)


def test_every_event_of_a_topics_file_is_on_its_topic() -> None:
    for topic in topics().values():
        module = importlib.import_module(f"schemas.{topic.producer}.{topic.name}")
        declared = {
            n for n, v in vars(module).items() if isinstance(v, type) and v.__module__ == module.__name__ and n in events()
        }
        assert declared == {event.__name__ for event in topic.events}


def test_topics_keyed_by_session_have_one_partition_count() -> None:
    counts = {topic.partitions for topic in topics().values() if topic.key[0] == "session_id"}
    assert len(counts) == 1


@pytest.mark.parametrize("name", [s for s in SERVICES if service(s) is not None])
def test_a_services_on_folder_is_what_it_listens_to(name: str) -> None:
    there = service(name)
    assert there is not None
    folder = ROOT / "services" / name / "on"
    files = {file.stem for file in folder.glob("*.py")} - {"__init__"} if folder.exists() else set()
    assert files == {topic.name for topic in there.consumes}
    for topic, handlers in there.consumes.items():
        module = importlib.import_module(f"services.{name}.on.{topic.name}")
        assert module.HANDLERS is handlers


def test_every_topic_that_somebody_acts_on_is_in_the_flow() -> None:
    heard = consumers()
    for name in SERVICES:
        there = service(name)
        for topic in there.consumes if there else ():
            assert name in heard[topic.name]


def constructed(folder: Path) -> set[str]:
    """Names of classes that are called anywhere in a folder."""
    found = set()
    for file in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                found.add(node.func.id)
    return found


def test_no_event_that_nobody_says() -> None:
    for name, (_, topic) in events().items():
        sayers = {service_name for service_name in SERVICES if name in constructed(ROOT / "services" / service_name)}
        assert sayers == {topic.producer}, f"{name} is said by {sayers or 'nobody'}, and belongs to {topic.producer}"


def test_the_event_check_sees_an_event_that_is_not_said(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = OrderSigned(1)\ny = AppointmentBooked\n")
    assert constructed(tmp_path) == {"OrderSigned"}


def test_the_top_folder_holds_what_the_design_names() -> None:
    strange = {file.relative_to(ROOT).parts[0] for file in tracked()} - TOP
    assert not strange, f"not in the house's plan: {strange}"


def test_every_package_folder_is_visible_to_the_linter() -> None:
    for package in PACKAGES:
        for file in sources(package):
            assert (file.parent / "__init__.py").exists(), f"{file.parent.relative_to(ROOT)} has no __init__.py"


def test_files_are_read_in_one_sitting_and_named_for_one_idea() -> None:
    for file in sources(*PACKAGES):
        assert file.stem not in FORBIDDEN_NAMES, f"{file.relative_to(ROOT)}: name the idea"
        lines = len(file.read_text().splitlines())
        assert lines <= MOST_LINES, f"{file.relative_to(ROOT)} has {lines} lines"
        docstring = ast.get_docstring(ast.parse(file.read_text()))
        assert docstring, f"{file.relative_to(ROOT)} does not say what it is"


REGISTRIES = re.compile(r"pypi\.org|files\.pythonhosted|registry\.npmjs|repo1?\.maven|proxy\.golang|deb\.debian\.org|crates\.io")
MACHINE = re.compile(r"(?<![\w.])/(?:work|root|home|farm)/|/tmp/[a-z]")


def test_nothing_names_a_registrys_host_or_a_path_of_a_machine() -> None:
    for file in tracked():
        if file.suffix in (".png", ".svg") or file == Path(__file__) or not file.exists():
            continue
        for number, line in enumerate(file.read_text(errors="ignore").splitlines(), 1):
            assert not REGISTRIES.search(line), f"{file.relative_to(ROOT)}:{number} names a registry's host"
            assert not MACHINE.search(line), f"{file.relative_to(ROOT)}:{number} names a path of a machine"
