"""Monitoring's tables: read once, checked at start."""

from datetime import timedelta
from functools import cache
from pathlib import Path

from kit.tables import read_table
from services.monitoring.rules.adverse import AdverseCatalogue
from services.monitoring.rules.checklist import StartGate
from services.monitoring.rules.engine import Engine
from services.monitoring.rules.infusion import InfusionTable
from services.monitoring.rules.ledger import DrugLedger
from services.monitoring.rules.limits import AlarmLimits, News2
from services.monitoring.rules.plausible import Plausible
from services.monitoring.rules.recovery_tables import HomeGate
from services.monitoring.rules.retention import Retention
from services.monitoring.rules.scores import ScoreTable
from services.monitoring.rules.tables import Vitals

DATA = Path(__file__).parent / "data"


@cache
def alarm_limits() -> AlarmLimits:
    """When to raise an alarm."""
    return read_table(DATA / "alarm_limits.toml", AlarmLimits)


@cache
def engine() -> Engine:
    """The alarm limits, compiled."""
    return Engine(alarm_limits(), news2())


@cache
def news2() -> News2:
    """The early warning score."""
    return read_table(DATA / "news2.toml", News2)


@cache
def start_gate() -> StartGate:
    """What must hold before a drug runs."""
    return read_table(DATA / "start_gate.toml", StartGate)


@cache
def infusion() -> InfusionTable:
    """What is checked before and while a drug runs."""
    return read_table(DATA / "infusion.toml", InfusionTable)


@cache
def discharge_gate() -> HomeGate:
    """What must hold before a patient goes home, and what follows."""
    return read_table(DATA / "discharge_gate.toml", HomeGate)


@cache
def scores() -> ScoreTable:
    """How recovery is scored."""
    return read_table(DATA / "scores.toml", ScoreTable)


@cache
def vitals() -> Vitals:
    """What may be measured."""
    return read_table(DATA / "vitals.toml", Vitals)


@cache
def plausible() -> Plausible:
    """What a measurement must be, compiled."""
    return Plausible(vitals())


@cache
def retention() -> Retention:
    """How long records are kept."""
    return read_table(DATA / "retention.toml", Retention)


def readings_kept() -> timedelta:
    """How long readings are kept after the patient's last visit."""
    return retention().readings.time


@cache
def drug_ledger() -> DrugLedger:
    """What may move in the drug ledger."""
    return read_table(DATA / "drug_ledger.toml", DrugLedger)


@cache
def adverse_events() -> AdverseCatalogue:
    """What an adverse event may be, and what must be reviewed."""
    return read_table(DATA / "adverse_events.toml", AdverseCatalogue)
