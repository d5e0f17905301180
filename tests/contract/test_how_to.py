"""The how-tos, followed: their files are written into a copy of the house, and the house's own checks judge it."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HOW_TO = ROOT / "docs" / "how-to"
BLOCK = re.compile(r"```(\w+)([^\n]*)\n(.*?)```", re.DOTALL)
CLI = str(Path(sys.executable).with_name("chairside"))
GROUPS = ("channel", "deadletters", "limits", "policy", "roster", "session")
"""Commands that have commands."""


def blocks(page: str) -> list[tuple[str, str, str]]:
    """(language, attributes, text) of each code block of a page."""
    return [(m[1], m[2].strip(), m[3]) for m in BLOCK.finditer((HOW_TO / page).read_text())]


def follow(page: str, house: Path) -> None:
    """Do what the page's `file=` blocks say."""
    for _, attributes, text in blocks(page):
        if not attributes.startswith("file="):
            continue
        name, _, how = attributes.removeprefix("file=").partition(" ")
        target = house / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if how == "replace":
            old, new = text.split("=====\n")
            assert old in target.read_text(), f"{page} replaces what {name} does not hold"
            target.write_text(target.read_text().replace(old, new))
        elif how == "append":
            before = target.read_text()
            at = before.index(f"\n\n{target.stem.upper()} = Topic(")
            target.write_text(f"{before[:at]}\n\n{text.rstrip()}\n{before[at:]}")
        else:
            target.write_text(text)


def run(house: Path, *command: str) -> subprocess.CompletedProcess[str]:
    env = {"PYTHONPATH": str(house), "PATH": "/usr/bin:/bin", "HOME": str(house)}
    return subprocess.run(command, cwd=house, env=env, capture_output=True, text=True, check=False, timeout=120)


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A copy of the house."""
    for folder in ("schemas", "kit", "services", "chairside", "docs", "tests"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__", ".venv"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def update(house: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return run(house, sys.executable, "-m", "chairside.contract.update", *arguments)


def test_add_an_event(house: Path) -> None:
    follow("add-an-event.md", house)
    assert update(house, "--check").returncode == 1
    said = update(house)
    assert said.returncode == 0, said.stderr
    assert (house / "schemas" / "golden" / "AppointmentConfirmed.json").exists()
    assert "AppointmentConfirmed" in (house / "docs" / "flow.md").read_text()
    unsaid = run(
        house,
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "tests/architecture/test_names.py::test_no_event_that_nobody_says",
    )
    assert unsaid.returncode != 0
    assert "AppointmentConfirmed is said by nobody" in unsaid.stdout


def test_a_breaking_change_is_refused_even_when_updating(house: Path) -> None:
    file = house / "schemas" / "scheduling" / "waitlist.py"
    file.write_text(file.read_text().replace("    reasons: tuple[str, ...]\n", ""))
    said = update(house)
    assert (said.returncode, "WaitlistJoined.reasons is gone" in said.stderr) == (1, True)


def test_add_a_service(house: Path) -> None:
    follow("add-a-service.md", house)
    lint = run(house, str(Path(sys.executable).with_name("lint-imports")), "--no-cache")
    assert lint.returncode == 0, lint.stdout
    started = run(house, sys.executable, "-m", "services.greeter")
    assert started.returncode == 78
    assert "CHAIRSIDE_KAFKA: is not set" in started.stderr


def test_change_a_table(house: Path) -> None:
    follow("change-a-table.md", house)
    assert update(house, "--check").returncode == 1
    assert update(house).returncode == 0
    assert "0002_confirmed.sql" in (house / "tests" / "architecture" / "migrations.sha256").read_text()


def test_every_command_of_a_page_exists() -> None:
    pages = [*HOW_TO.glob("*.md"), ROOT / "README.md"]
    lines = [line for page in pages for _, _, text in BLOCK.findall(page.read_text()) for line in text.splitlines()]
    commands = {tuple(line.split()) for line in lines if line.startswith("chairside ")}
    targets = {line.split()[1] for line in lines if line.startswith("make ")}
    assert commands
    for _, *words in sorted(commands):
        names = [word for word in words if word.islower() and not word.startswith(("-", ".", "/"))][:2]
        options = [word.partition("=")[0] for word in words if word.startswith("--")]
        helped = subprocess.run(
            [CLI, *names[: 2 if names[0] in GROUPS else 1], "--help"],
            capture_output=True,
            text=True,
            check=False,
        )
        assert helped.returncode == 0, f"chairside {' '.join(words)}"
        for option in options:
            assert option in helped.stdout, f"chairside {' '.join(words)} has no {option}"
    makefile = (ROOT / "Makefile").read_text()
    for target in targets:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), f"make {target}"
