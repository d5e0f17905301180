"""Tables: every fault of a file in one message, with file, row and field."""

from pathlib import Path

import pytest

from kit.tables import Row, Table, TableRefused, read_table

GOOD = """
version = "2026-03-02"
[[limits]]
code = "A1"
high = 160
source = "clinical rules 4.2"
evidence = "L"
"""


class Limit(Row):
    code: str
    high: int


class Limits(Table):
    limits: list[Limit]


def refusal(file: Path, text: str) -> str:
    file.write_text(text)
    with pytest.raises(TableRefused) as refused:
        read_table(file, Limits)
    return str(refused.value)


def test_a_good_table_is_read(tmp_path: Path) -> None:
    (tmp_path / "limits.toml").write_text(GOOD)
    table = read_table(tmp_path / "limits.toml", Limits)
    assert (table.version, table.limits[0].high, table.limits[0].evidence) == ("2026-03-02", 160, "L")


def test_all_faults_are_told_with_file_row_and_field(tmp_path: Path) -> None:
    bad = GOOD.replace("2026-03-02", "newest") + '[[limits]]\ncode = "A2"\nhigh = "x"\nevidence = "Z"\nextra = 1\n'
    text = refusal(tmp_path / "limits.toml", bad)
    assert text.startswith("limits.toml ")
    told = [line.split(":")[0].strip() for line in text.splitlines()[1:]]
    assert sorted(told) == ["limits.1.evidence", "limits.1.extra", "limits.1.high", "limits.1.source", "version"]


def test_a_file_that_is_absent_or_no_toml_is_named(tmp_path: Path) -> None:
    with pytest.raises(TableRefused, match=r"absent\.toml cannot be read"):
        read_table(tmp_path / "absent.toml", Limits)
    assert "limits.toml is no TOML" in refusal(tmp_path / "limits.toml", "version = ")
