"""Scheduling's tables: read once, checked at start."""

from functools import cache
from pathlib import Path

from kit.tables import read_table
from services.scheduling.rules import Planning


@cache
def planning() -> Planning:
    """How a series is spread, and how long a chair is needed."""
    return read_table(Path(__file__).parent / "data" / "planning.toml", Planning)
