"""The alarm engine: a reading and what is remembered of its session in, alarms that begin, change or end out.

Times are seconds since the epoch, because this runs for every reading. A limit is qualified when its value has been beyond it for
its delay, or was confirmed; an open priority holds until the value is back by the hysteresis. High and emergency alarms latch:
they end once their condition is over and a person acknowledged them at that priority, in either order.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from statistics import median
from typing import Any, Literal

from schemas.monitoring.alarms import Priority
from services.monitoring.rules.tables import ORDER, PRESSURES, SATURATION, Alarm, AlarmLimits, Limit

RANK = {priority: rank for rank, priority in enumerate(ORDER)}
LATCHING = ("high", "emergency")
PROBE, GAP = "A16-probe", "A16-gap"
TITLES = {PROBE: "probe off", GAP: "no data from the monitor"}


@dataclass(slots=True)
class AlarmState:
    """What is remembered of one alarm of a session."""

    since: dict[Priority, float] = field(default_factory=dict)
    """Since when the value is beyond each priority's limit."""
    seen: dict[Priority, int] = field(default_factory=dict)
    """Readings in a row beyond each limit."""
    open: Priority | None = None
    """The priority of the open alarm."""
    on: bool = False
    """Whether its condition stands."""
    acked: Priority | None = None
    back: float | None = None
    """Since when a technical signal is back."""


@dataclass(slots=True)
class SessionState:
    """What the engine remembers of a session. Small, and stored as JSON with the session."""

    alarms: dict[str, AlarmState] = field(default_factory=dict)
    recent: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    """Continuous pressures of the last seconds, per code."""
    last: dict[str, float] = field(default_factory=dict)
    """When each code last had a value."""
    off: dict[str, float] = field(default_factory=dict)
    """Since when each probe is off."""

    def to_json(self) -> dict[str, Any]:
        """As JSON values."""
        alarms = {code: {name: getattr(state, name) for name in AlarmState.__slots__} for code, state in self.alarms.items()}
        return {"alarms": alarms, "recent": self.recent, "last": self.last, "off": self.off}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "SessionState":
        """From JSON values; an empty object is a fresh state."""
        alarms = {code: AlarmState(**state) for code, state in kept.get("alarms", {}).items()}
        recent = {code: [(at, value) for at, value in pairs] for code, pairs in kept.get("recent", {}).items()}
        return cls(alarms, recent, dict(kept.get("last", {})), dict(kept.get("off", {})))


@dataclass(frozen=True, slots=True)
class Change:
    """Something about an alarm changed."""

    code: str
    what: Literal["raised", "priority", "ended"]
    priority: Priority
    previous: Priority | None = None
    confirmed: bool = True


@dataclass(frozen=True, slots=True)
class Pending:
    """A confirmation is due: when it has not come by then, the alarm is raised unconfirmed."""

    code: str
    priority: Priority
    due: float


class Engine:
    """The limits, compiled by code. Holds no state."""

    def __init__(self, limits: AlarmLimits) -> None:
        self.limits = limits
        self.version = limits.version
        self.alarm: dict[str, Alarm] = {alarm.id: alarm for alarm in limits.alarm}
        self._limits: dict[str, list[Limit]] = {
            alarm.id: sorted((x for x in limits.limit if x.alarm == alarm.id), key=lambda x: -RANK[x.priority])
            for alarm in limits.alarm
        }
        self._by_code: dict[str, list[Alarm]] = {}
        for alarm in limits.alarm:
            self._by_code.setdefault(alarm.code, []).append(alarm)

    def step(
        self,
        state: SessionState,
        at: float,
        values: Mapping[str, float | None],
        baseline: Mapping[str, float],
        *,
        continuous: bool,
    ) -> tuple[list[Change], list[Pending]]:
        """Take one reading of several values in. Changes `state`; returns what changed and which confirmations are due."""
        changes: list[Change] = []
        pending: list[Pending] = []
        for code, value in values.items():
            if value is None:
                state.off.setdefault(code, at)
                continue
            state.off.pop(code, None)
            state.last[code] = at
            beat_to_beat = continuous and code in PRESSURES
            judged = self._smooth(state, code, at, value) if beat_to_beat else value
            for alarm in self._by_code.get(code, ()):
                kept = state.alarms.get(alarm.id)
                if kept is None:
                    kept = state.alarms[alarm.id] = AlarmState()
                changes += self._judge(alarm, kept, at, judged, baseline.get(code), beat_to_beat, pending)
        changes += self._probe(state, at)
        return changes, pending

    def _smooth(self, state: SessionState, code: str, at: float, value: float) -> float:
        recent = state.recent.setdefault(code, [])
        recent.append((at, value))
        begun = at - self.limits.continuous.median_seconds
        while recent[0][0] <= begun:
            recent.pop(0)
        return median(value for _, value in recent)

    def _judge(
        self,
        alarm: Alarm,
        kept: AlarmState,
        at: float,
        value: float,
        baseline: float | None,
        beat_to_beat: bool,
        pending: list[Pending],
    ) -> Iterator[Change]:
        qualified: Priority | None = None
        held: Priority | None = None
        for limit in self._limits[alarm.id]:
            priority = limit.priority
            if beyond(alarm, limit, value, baseline, 0):
                begun = kept.since.setdefault(priority, at)
                seen = kept.seen[priority] = kept.seen.get(priority, 0) + 1
                if qualified is None:
                    if self._qualifies(limit, at - begun, seen, beat_to_beat):
                        qualified = priority
                    elif limit.confirm != "none" and not beat_to_beat and seen == 1:
                        pending.append(Pending(alarm.id, priority, at + limit.within_seconds))
            else:
                if kept.since.pop(priority, None) is not None:
                    kept.seen.pop(priority, None)
                if held is None and kept.open == priority and kept.on and beyond(alarm, limit, value, baseline, alarm.hysteresis):
                    held = priority
        now = max((p for p in (qualified, held) if p), key=RANK.__getitem__, default=None)
        if now is None and kept.open and kept.on:
            # Beyond a lower limit that is not qualified yet: the condition eases, and is not over.
            lower = [p for p in ORDER[: RANK[kept.open] + 1] if p in kept.since]
            now = lower[-1] if lower else None
        yield from settle(alarm.id, kept, now)

    def _qualifies(self, limit: Limit, lasted: float, seen: int, beat_to_beat: bool) -> bool:
        if limit.confirm != "none":
            if beat_to_beat:
                return lasted >= self.limits.continuous.persist_seconds
            return seen >= 2 and lasted >= limit.apart_seconds
        return lasted >= limit.delay_seconds

    def _probe(self, state: SessionState, at: float) -> Iterator[Change]:
        """A16: probes that are off, and saturation that nobody sees."""
        rule = self.limits.technical
        kept = state.alarms.get(PROBE)
        if not state.off:
            if kept is not None and kept.open:
                kept.back = kept.back if kept.back is not None else at
                if at - kept.back >= rule.signal_back_seconds:
                    yield from settle(PROBE, kept, None)
            return
        if kept is None:
            kept = state.alarms[PROBE] = AlarmState()
        kept.back = None
        longest = at - min(state.off.values())
        blind = SATURATION in state.off and at - state.off[SATURATION] >= rule.no_saturation_seconds
        now: Priority | None = None
        if blind:
            now = "high"
        elif longest >= rule.probe_off_medium_seconds:
            now = "medium"
        elif longest >= rule.probe_off_low_seconds:
            now = "low"
        if now is not None:
            yield from settle(PROBE, kept, now)

    def silence(self, state: SessionState, now: float) -> tuple[list[Change], float]:
        """Nothing came: A16's data gap. Returns what changed, and when to look again, in seconds since the epoch."""
        rule = self.limits.technical
        heard = max(state.last.values(), default=now)
        saturation = state.last.get(SATURATION, heard)
        kept = state.alarms.setdefault(GAP, AlarmState())
        if now - heard < rule.data_gap_seconds:
            return list(settle(GAP, kept, None)), heard + rule.data_gap_seconds
        priority: Priority = "high" if now - saturation >= rule.no_saturation_seconds else "medium"
        again = saturation + rule.no_saturation_seconds if priority == "medium" else now + rule.data_gap_seconds
        return list(settle(GAP, kept, priority)), again

    def unwatched(self, state: SessionState) -> list[Change]:
        """Nobody measures any more, so every condition is over. What latches stays until a person acknowledges it."""
        return [change for code, kept in state.alarms.items() for change in settle(code, kept, None)]

    def unconfirmed(self, state: SessionState, code: str, priority: Priority) -> list[Change]:
        """A confirmation did not come when due: the alarm is raised all the same, as unconfirmed."""
        kept = state.alarms.get(code)
        if kept is None or kept.seen.get(priority) != 1 or (kept.open and RANK[kept.open] >= RANK[priority]):
            return []
        return [Change(c.code, c.what, c.priority, c.previous, confirmed=False) for c in settle(code, kept, priority)]

    def advice(self, code: str, priority: Priority) -> str:
        """What the action ladder recommends; people decide."""
        return next(
            (x.advice for x in self._limits.get(code, ()) if x.priority == priority), "look; check the sensor and the monitor"
        )

    def title(self, code: str) -> str:
        """The alarm class in words."""
        return TITLES.get(code) or self.alarm[code].title


def beyond(alarm: Alarm, limit: Limit, value: float, baseline: float | None, slack: float) -> bool:
    """Is a value beyond a limit, or within `slack` of it."""
    up = alarm.direction == "high"
    marks = [] if limit.absolute is None else [limit.absolute]
    if limit.percent is not None and baseline is not None:
        marks.append(baseline * (1 + limit.percent / 100 if up else 1 - limit.percent / 100))
    if up:
        return any(value >= mark - slack if slack == 0 else value > mark - slack for mark in marks)
    return any(value < mark + slack for mark in marks)


def settle(code: str, kept: AlarmState, now: Priority | None) -> Iterator[Change]:
    """Bring an alarm to the priority its condition has now, or to its end when the condition is over and it need not latch."""
    if now is None:
        if kept.open is None:
            return
        kept.on = False
        if kept.open in LATCHING and kept.acked != kept.open:
            return
        yield Change(code, "ended", kept.open)
        kept.open, kept.acked, kept.back = None, None, None
    elif kept.open is None:
        kept.open, kept.on, kept.acked = now, True, None
        yield Change(code, "raised", now)
    else:
        kept.on = True
        lower = RANK[now] < RANK[kept.open]
        if now == kept.open or (lower and kept.open in LATCHING and kept.acked != kept.open):
            return
        previous, kept.open = kept.open, now
        if not lower:
            kept.acked = None
        yield Change(code, "priority", now, previous)


def acknowledge(code: str, kept: AlarmState, priority: Priority) -> list[Change]:
    """Somebody answered at a priority. An alarm whose condition is over ends by it."""
    if kept.open is None or RANK[priority] < RANK[kept.open]:
        return []
    kept.acked = kept.open
    return list(settle(code, kept, None)) if not kept.on else []


def lapse(kept: AlarmState) -> None:
    """An answer is too old: another is needed."""
    kept.acked = None
