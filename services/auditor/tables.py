"""The auditor's table: read once, checked at start."""

from functools import cache
from pathlib import Path

from kit.tables import read_table
from services.auditor.rules.ceilings import Ceilings


@cache
def ceilings() -> Ceilings:
    """By when people must have been told."""
    return read_table(Path(__file__).parent / "data" / "ceilings.toml", Ceilings)
