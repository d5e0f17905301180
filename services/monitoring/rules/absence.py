"""What did not come: a probe that is off, a monitor that fell silent, an observation not taken (clinical 4.1, 4.3 A16)."""

from collections.abc import Iterator

from schemas.monitoring.alarms import Priority
from services.monitoring.rules.conditions import NEVER, Condition, Conditions, Turn
from services.monitoring.rules.limits import BLIND, DISAGREE, GAP, MOAAS, PROBE, RANK, AlarmLimits, Interval
from services.monitoring.rules.tables import DIASTOLIC, SATURATION, SYSTOLIC

__all__ = ["NEVER", "advice", "cause", "deadlines", "present", "title"]
TITLES = {
    PROBE: "probe off",
    GAP: "no data from the monitor",
    BLIND: "nobody sees the oxygen saturation",
    DISAGREE: "signals disagree",
}
ADVICE = {
    PROBE: "look; put the probe back",
    GAP: "look at the patient; check the monitor and its cable",
    BLIND: "stay with the patient until the signal is back",
    DISAGREE: "look at the patient; feel the pulse; check leads and probe; unanswered it counts as clinical",
}
AWAKE = 5
"""MOAA/S at which continuous monitoring may end in recovery (clinical 4.1: continuous till MOAA/S 5)."""


def title(limits: AlarmLimits, alarm: str) -> str:
    """The alarm class in words."""
    return TITLES.get(alarm) or _interval(limits, alarm).title


def advice(limits: AlarmLimits, alarm: str) -> str:
    """What to do."""
    return ADVICE.get(alarm) or _interval(limits, alarm).advice


def cause(alarm: str) -> str:
    """Probes, silence and blindness are one cause; each kind of missing observation is one of its own."""
    return "A16" if alarm in (PROBE, GAP, BLIND) else alarm


def deadlines(limits: AlarmLimits, state: Conditions) -> Iterator[tuple[float, str, Priority]]:
    """When what is missing is next told, for each kind: (seconds since the epoch, alarm, priority)."""
    rule = limits.technical
    if _streams(state):
        if state.off:
            since, low, medium = min(state.off.values()), rule.probe_off_low_seconds, rule.probe_off_medium_seconds
            yield from _next(state, PROBE, since, (low, "low"), (medium, "medium"))
        yield from _next(state, GAP, _heard(state), (rule.data_gap_seconds, "medium"))
        yield from _next(state, BLIND, _seen(state), (rule.no_saturation_seconds, "high"))
    low, medium = limits.missed.low_after_minutes * 60, limits.missed.medium_after_minutes * 60
    for interval in limits.interval:
        due = _due(limits, interval, state)
        if due is not None and interval.id not in state.without:
            yield from _next(state, interval.id, due, (low, "low"), (medium, "medium"))


def present(limits: AlarmLimits, state: Conditions, at: float, turns: list[Turn]) -> None:
    """What was missing and is there again ends: an observation at once, a signal when it is back for its time."""
    if not state.by:
        return
    back = limits.technical.signal_back_seconds
    streams = _streams(state)
    if (kept := state.by.get(PROBE)) is not None:
        _return(state, PROBE, kept, not state.off, at, back if streams else 0, turns)
    if (kept := state.by.get(GAP)) is not None:
        _return(state, GAP, kept, at - _heard(state) < limits.technical.data_gap_seconds, at, back if streams else 0, turns)
    if (kept := state.by.get(BLIND)) is not None:
        seen = SATURATION in state.last and SATURATION not in state.off and state.last[SATURATION][0] == at
        _return(state, BLIND, kept, seen or state.observed == at or not streams, at, 0 if state.observed == at else back, turns)
    for interval in limits.interval:
        if (kept := state.by.get(interval.id)) is not None and _taken(interval, state) == at:
            _return(state, interval.id, kept, True, at, 0, turns)


def _return(state: Conditions, alarm: str, kept: Condition, there: bool, at: float, after: float, turns: list[Turn]) -> None:
    if not there:
        kept.back = None
        return
    kept.back = kept.back if kept.back is not None else at
    if at - kept.back >= after:
        if kept.on is not None:
            turns.append(Turn(at, alarm, kept.on, None))
        del state.by[alarm]


def _next(state: Conditions, alarm: str, base: float, *steps: tuple[float, Priority]) -> Iterator[tuple[float, str, Priority]]:
    kept = state.by.get(alarm)
    rank = RANK[kept.on] if kept is not None and kept.on is not None else -1
    for after, priority in steps:
        if RANK[priority] > rank:
            yield base + after, alarm, priority
            return


def _streams(state: Conditions) -> bool:
    """Must a monitor be on: while the drug runs, and in recovery until the patient is awake."""
    if state.stage == "infusion":
        return True
    scored = state.last.get(MOAAS)
    return state.stage == "recovery" and not (scored is not None and scored[0] >= state.recovering and scored[1] >= AWAKE)


def _heard(state: Conditions) -> float:
    """Since when the stream that is silent longest is silent; where nothing streams, since when everything is."""
    streams = [at for at, stream in state.heard.values() if stream]
    if streams:
        return max(min(streams), state.begun)
    return max((at for at, _ in state.heard.values()), default=state.begun)


def _seen(state: Conditions) -> float:
    """When the saturation, or an observer, last saw the patient."""
    saturation = state.last.get(SATURATION)
    return max(state.begun, state.observed, saturation[0] if saturation else 0.0)


def _taken(interval: Interval, state: Conditions) -> float | None:
    return max((state.last[code][0] for code in interval.codes if code in state.last), default=None)


def _due(limits: AlarmLimits, interval: Interval, state: Conditions) -> float | None:
    taken = _taken(interval, state)
    if interval.once_seen and taken is None:
        return None
    if state.stage == "recovery":
        if interval.recovery_minutes is None:
            return None
        if interval.until_at_most is not None and taken is not None and taken >= state.recovering:
            value = state.latest(interval.codes[0])
            if value is not None and value <= interval.until_at_most:
                return None
        return (taken if taken is not None and taken >= state.begun else state.recovering) + interval.recovery_minutes * 60
    every = interval.infusion_minutes
    if interval.infusion_minutes_if_raised is not None and _raised(limits, state):
        every = interval.infusion_minutes_if_raised
    if taken is None or taken < state.begun:
        return state.begun + (interval.first_minutes or every) * 60
    return taken + every * 60


def _raised(limits: AlarmLimits, state: Conditions) -> bool:
    rule = limits.missed
    return state.baseline.get(SYSTOLIC, 0) >= rule.raised_systolic or state.baseline.get(DIASTOLIC, 0) >= rule.raised_diastolic


def _interval(limits: AlarmLimits, alarm: str) -> Interval:
    return next(interval for interval in limits.interval if interval.id == alarm)
