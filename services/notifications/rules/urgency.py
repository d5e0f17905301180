"""What is told of first when much waits to be told."""

from collections.abc import Callable, Mapping
from typing import Any

from schemas.intake.safety import SuicideRiskSignalled
from schemas.monitoring.alarms import AlarmPriorityChanged, AlarmRaised
from services.notifications.rules.policy import RANK


def threatens(event: AlarmRaised | AlarmPriorityChanged) -> bool:
    """A high or emergency alarm: no advisory may hold it up."""
    return RANK[event.priority] >= RANK["high"]


def always(event: SuicideRiskSignalled) -> bool:
    """Every such signal."""
    return True


URGENT: Mapping[type[Any], Callable[[Any], bool]] = {
    AlarmRaised: threatens,
    AlarmPriorityChanged: threatens,
    SuicideRiskSignalled: always,
}
