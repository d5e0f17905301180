"""The words of a page, at build: every title that monitoring may give an alarm is known, and fits one SMS with its code."""

import ast
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import pytest

from schemas.monitoring.alarms import Priority
from services.monitoring.app import SERVICE as MONITORING
from services.monitoring.rules import absence
from services.notifications import tables
from services.notifications.rules.channels import GSM_7, SMS_CHARACTERS, allowed, sms_text
from services.notifications.rules.texts import TITLES, Line, page_text
from services.notifications.settings import NotificationsSettings

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "services" / "monitoring"
LONGEST_CLINIC = "W" * next(
    meta.max_length for meta in NotificationsSettings.model_fields["clinic_name"].metadata if hasattr(meta, "max_length")
)
AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def titles_in(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from (part for name, part in value.items() if name in ("title", "alarm_title"))
        for part in value.values():
            yield from titles_in(part)
    elif isinstance(value, list):
        for part in value:
            yield from titles_in(part)


def titles_said() -> Iterator[str]:
    """Titles written into the code: literal fourth arguments of `raise_alarm` and `escalate`; a topic's name is filled in."""
    for file in FOLDER.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if not (isinstance(node, ast.Call) and ast.unparse(node.func) in ("raise_alarm", "escalate")):
                continue
            title = node.args[3]
            if isinstance(title, ast.Constant):
                yield str(title.value)
            elif isinstance(title, ast.JoinedStr):
                before = "".join(str(part.value) for part in title.values if isinstance(part, ast.Constant))
                yield from (before + topic.name for topic in MONITORING.consumes)
            elif isinstance(title, ast.Name) and title.id.isupper():
                yield from constant(file, title.id)


def constant(file: Path, name: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                    pairs = zip(target.elts, node.value.elts, strict=True)
                    yield from (str(ast.literal_eval(value)) for named, value in pairs if ast.unparse(named) == name)
                elif isinstance(target, ast.Name) and target.id == name and isinstance(node.value, ast.Constant):
                    yield str(node.value.value)


def every_title() -> set[str]:
    tables_of = (tomllib.loads((FOLDER / "data" / name).read_text()) for name in ("alarm_limits.toml", "drug_ledger.toml"))
    return {title for table in tables_of for title in titles_in(table)} | set(titles_said()) | set(absence.TITLES.values())


def test_a_page_knows_every_title_of_an_alarm_and_no_other() -> None:
    said = every_title()
    assert {"oxygen saturation low", "monitoring cannot read vitals", "prescriber needed before discharge"} <= said
    assert said == set(tables.channels().words.titles), "write the missing titles into services/notifications/data/channels.toml"


@pytest.mark.parametrize("priority", get_args(Priority))
def test_the_longest_page_is_one_sms_with_its_code(priority: Priority) -> None:
    for title in every_title() | set(TITLES.values()):
        lines = [Line(priority, title, AT)]
        line = page_text(LONGEST_CLINIC, 999, lines)
        assert allowed(line, LONGEST_CLINIC, 999, lines)
        text = sms_text(line, "1234")
        assert len(text) <= SMS_CHARACTERS
        assert set(text) <= GSM_7
        assert text.startswith(line), f"{title!r} is too long for one SMS: {len(line)} characters with clinic, chair and time"
