"""Intake's tables: read once, checked at start."""

from functools import cache
from pathlib import Path

from kit.tables import read_table
from services.intake.rules.consents import ConsentVersions
from services.intake.rules.dosing import Protocols
from services.intake.rules.phq9 import Phq9
from services.intake.rules.screening import ScreeningRules

DATA = Path(__file__).parent / "data"


@cache
def screening_rules() -> ScreeningRules:
    """Who may be treated: clinical rules with their codes and numbers."""
    return read_table(DATA / "screening_rules.toml", ScreeningRules)


@cache
def phq9() -> Phq9:
    """The PHQ-9: items, bands and safety triggers."""
    return read_table(DATA / "phq9.toml", Phq9)


@cache
def protocols() -> Protocols:
    """Doses, durations and weights."""
    return read_table(DATA / "protocols.toml", Protocols)


@cache
def consent_versions() -> ConsentVersions:
    """The consent texts that may be signed."""
    return read_table(DATA / "consents.toml", ConsentVersions)
