"""Notifications' tables: read once, checked at start."""

from functools import cache
from pathlib import Path

from kit.tables import read_table
from services.notifications.rules.policy import Escalation


@cache
def escalation() -> Escalation:
    """Who is told, and when."""
    return read_table(Path(__file__).parent / "data" / "escalation.toml", Escalation)
