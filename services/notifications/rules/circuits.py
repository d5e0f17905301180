"""Circuits: a channel whose receiver was away several times in a row is tried last, never left out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, TypeVar

from schemas.monitoring.alarms import Priority

State = Literal["closed", "open", "half-open"]
T = TypeVar("T")
URGENT: tuple[Priority, ...] = ("high", "emergency")


@dataclass(frozen=True)
class Circuit:
    """What is remembered of the way to one receiver."""

    failures: int = 0
    opened_at: datetime | None = None
    probing_until: datetime | None = None
    """Somebody tries it again until then."""

    def state(self, now: datetime, open_for: timedelta) -> State:
        """Closed is healthy; half-open may be tried first by one."""
        if self.opened_at is None:
            return "closed"
        probing = self.probing_until is not None and now < self.probing_until
        return "open" if probing or now < self.opened_at + open_for else "half-open"


@dataclass(frozen=True)
class Plan:
    """In which order to try, from when, and which circuit is tried again by it."""

    order: tuple[int, ...]
    """Places in the list that was given."""
    at: datetime
    probes: str | None = None


def plan(
    ways: Sequence[str],
    known: Mapping[str, Circuit],
    priority: Priority,
    now: datetime,
    open_for: timedelta,
    until: datetime | None,
) -> Plan:
    """How to try a person's ways, given by the circuit of each, the person's first choice first.

    Healthy ones first, then the others in their own order. All open: an urgent page goes at once all the same; any other waits
    until one may be tried again, but no longer than `until`, when somebody else is told anyway.
    """
    states = [known.get(way, Circuit()).state(now, open_for) for way in ways]
    healthy = [place for place, state in enumerate(states) if state != "open"]
    order = (*healthy, *(place for place in range(len(ways)) if place not in healthy))
    first = order[0]
    if healthy:
        return Plan(order, now, ways[first] if states[first] == "half-open" else None)
    if priority in URGENT or until is None:
        return Plan(order, now)
    again = min(_opens_again(known[way], open_for) for way in ways)
    return Plan(order, max(now, min(again, until)))


def _opens_again(circuit: Circuit, open_for: timedelta) -> datetime:
    assert circuit.opened_at is not None
    return max(circuit.opened_at + open_for, circuit.probing_until or circuit.opened_at)
