"""Monitoring's tables: read once, checked at start."""

from functools import cache
from pathlib import Path

from kit.tables import read_table
from services.monitoring.rules.adverse import AdverseCatalogue
from services.monitoring.rules.alarms import Engine
from services.monitoring.rules.ledger import DrugLedger
from services.monitoring.rules.tables import AlarmLimits, DischargeGate, StartGate, Vitals

DATA = Path(__file__).parent / "data"


@cache
def alarm_limits() -> AlarmLimits:
    """When to raise an alarm."""
    return read_table(DATA / "alarm_limits.toml", AlarmLimits)


@cache
def engine() -> Engine:
    """The alarm limits, compiled."""
    return Engine(alarm_limits())


@cache
def start_gate() -> StartGate:
    """What must hold before a drug runs."""
    return read_table(DATA / "start_gate.toml", StartGate)


@cache
def discharge_gate() -> DischargeGate:
    """What must hold before a patient goes home."""
    return read_table(DATA / "discharge_gate.toml", DischargeGate)


@cache
def vitals() -> Vitals:
    """What may be measured."""
    return read_table(DATA / "vitals.toml", Vitals)


@cache
def drug_ledger() -> DrugLedger:
    """What may move in the drug ledger."""
    return read_table(DATA / "drug_ledger.toml", DrugLedger)


@cache
def adverse_events() -> AdverseCatalogue:
    """What an adverse event may be, and what must be reviewed."""
    return read_table(DATA / "adverse_events.toml", AdverseCatalogue)
