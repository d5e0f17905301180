"""Alarm signals: what people are told of the conditions of one cause, until they answer and it is over.

One alarm a session and cause, at the highest priority that stands. Medium and low end with their condition; high and emergency
wait for an answer at their priority too, in either order. An alarm that comes and goes is held open.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from schemas.monitoring.alarms import Priority
from services.monitoring.rules.limits import LATCHING, RANK, Chatter


class Standing(NamedTuple):
    """A condition that stands now."""

    priority: Priority
    at: float
    confirmed: bool
    detail: str


@dataclass(slots=True)
class Signal:
    """What is remembered of one cause's alarm."""

    standing: dict[str, Standing] = field(default_factory=dict)
    """The conditions that stand, by alarm."""
    open: Priority | None = None
    on: bool = False
    """Whether its condition stands."""
    acked: Priority | None = None
    opened: list[float] = field(default_factory=list)
    """When it opened lately."""
    held_until: float | None = None

    def waits(self) -> bool:
        """Does it need an answer yet. One given while it was more urgent counts."""
        return self.open in LATCHING and (self.acked is None or RANK[self.acked] < RANK[self.open])

    def worst(self) -> tuple[str, Standing] | None:
        """The condition people are told of."""
        if not self.standing:
            return None
        alarm = max(sorted(self.standing), key=lambda alarm: RANK[self.standing[alarm].priority])
        return alarm, self.standing[alarm]

    def to_json(self) -> dict[str, Any]:
        """As JSON values."""
        return {name: getattr(self, name) for name in Signal.__slots__}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "Signal":
        """From JSON values."""
        return cls(**{**kept, "standing": {alarm: Standing(*one) for alarm, one in kept["standing"].items()}})


@dataclass(frozen=True, slots=True)
class Fact:
    """Something about an alarm that is written down and said."""

    what: Literal["raised", "priority", "cleared", "returned", "ended"]
    cause: str
    alarm: str
    priority: Priority
    previous: Priority | None = None
    at: float = 0.0
    """When the condition was complete, in seconds since the epoch."""
    confirmed: bool = True
    artefact: bool = False
    late: bool = False
    """Found in readings that came later than they should."""
    detail: str = ""


def show(
    cause: str, signal: Signal, now: float, chatter: Chatter, *, alarm: str = "", artefact: bool = False, late: bool = False
) -> Iterator[Fact]:
    """Bring a cause's alarm to what stands. `alarm` names the condition that turned."""
    worst = signal.worst()
    if worst is None:
        yield from _off(cause, signal, now, chatter, alarm, artefact)
    else:
        yield from rise(cause, signal, worst[0], worst[1], now, chatter, late=late)


def rise(
    cause: str, signal: Signal, alarm: str, standing: Standing, now: float, chatter: Chatter, *, late: bool = False
) -> Iterator[Fact]:
    """A condition stands at a priority: raise the alarm, or bring the open one there."""
    priority, at, confirmed, detail = standing
    if signal.open is None:
        signal.opened = [*(one for one in signal.opened if now - one < chatter.within_seconds), now]
        signal.open, signal.on, signal.acked, signal.held_until = priority, True, None, None
        yield Fact("raised", cause, alarm, priority, None, at, confirmed, False, late, detail)
        return
    was_on, signal.on, signal.held_until = signal.on, True, None
    if not was_on:
        yield Fact("returned", cause, alarm, signal.open, None, at)
    lower = RANK[priority] < RANK[signal.open]
    if priority == signal.open or (lower and signal.waits()):
        return
    previous, signal.open = signal.open, priority
    if not lower:
        signal.acked = None
    yield Fact("priority", cause, alarm, priority, previous, at, confirmed, False, late, detail)


def _off(cause: str, signal: Signal, now: float, chatter: Chatter, alarm: str, artefact: bool) -> Iterator[Fact]:
    if signal.open is None:
        return
    waits = signal.waits()
    was_on, signal.on = signal.on, False
    recent = [one for one in signal.opened if now - one < chatter.within_seconds]
    if was_on and not waits and len(recent) >= chatter.opens:
        signal.held_until = now + chatter.hold_seconds
    held = signal.held_until is not None and now < signal.held_until
    if waits or held:
        if was_on:
            yield Fact("cleared", cause, alarm, signal.open, artefact=artefact, at=now)
        return
    yield Fact("ended", cause, alarm, signal.open, artefact=artefact, at=now)
    signal.open, signal.acked, signal.held_until = None, None, None


def acknowledge(cause: str, signal: Signal, priority: Priority, now: float, chatter: Chatter) -> list[Fact]:
    """Somebody answered at a priority. An alarm whose condition is over ends by it; one whose condition has eased goes there."""
    if signal.open is None or RANK[priority] < RANK[signal.open]:
        return []
    signal.acked = signal.open
    return list(show(cause, signal, now, chatter))


def lapse(signal: Signal) -> None:
    """An answer is too old: another is needed."""
    signal.acked = None
