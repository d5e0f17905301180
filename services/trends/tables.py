"""Trends' tables: read once, checked at start."""

from functools import cache
from pathlib import Path

from kit.tables import read_table
from services.trends.rules.tables import Limits, LoadTargets

DATA = Path(__file__).parent / "data"


@cache
def limits() -> Limits:
    """The limits that time is counted beyond."""
    return read_table(DATA / "limits.toml", Limits)


@cache
def load_targets() -> LoadTargets:
    """How alarm load is counted, and what is aimed at."""
    return read_table(DATA / "load_targets.toml", LoadTargets)
