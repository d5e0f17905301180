"""Two signals of one heart, ECG and plethysmogram: when they disagree, that is told instead of an arrest (clinical 4.3 A16b)."""

from collections.abc import Iterator

from schemas.monitoring.alarms import Priority
from services.monitoring.rules.conditions import Condition, Conditions, Turn
from services.monitoring.rules.limits import DISAGREE, PULSE, AlarmLimits
from services.monitoring.rules.tables import HEART_RATE


def compare(limits: AlarmLimits, state: Conditions, at: float, turns: list[Turn]) -> bool:
    """Note whether the signals disagree. Returns whether the ECG's rate is to be held back: the plethysmogram beats, and nobody
    has been asked in vain yet."""
    if PULSE not in state.last or HEART_RATE not in state.last:
        return False
    rule = limits.disagreement
    rate, pulse = _rate(state, HEART_RATE, at, rule.after_seconds), _rate(state, PULSE, at, rule.after_seconds)
    without_ecg = rate is not None and rate < rule.rate_below and pulse is not None and pulse >= rule.rate_below
    without_pulse = pulse is not None and pulse < rule.rate_below and rate is not None and rate >= rule.rate_below
    kept = state.by.get(DISAGREE)
    if without_ecg or without_pulse:
        if kept is None:
            kept = state.by[DISAGREE] = Condition()
        if state.apart is None:
            state.apart, state.answered = at, False
            state.next_due = min(state.next_due, at + rule.after_seconds)
        kept.detail, kept.back = f"ECG {rate:.0f}/min, plethysmogram {pulse:.0f}/min", None
        return without_ecg and kept.on != "high"
    if kept is not None:
        kept.back = kept.back if kept.back is not None else at
        if kept.on is None or at - kept.back >= rule.agree_seconds:
            if kept.on is not None:
                turns.append(Turn(at, DISAGREE, kept.on, None))
            del state.by[DISAGREE]
            state.apart = None
    return False


def deadlines(limits: AlarmLimits, state: Conditions) -> Iterator[tuple[float, str, Priority]]:
    """Told after its time; unanswered after another time it counts as clinical."""
    kept = state.by.get(DISAGREE)
    if state.apart is None or kept is None or kept.back is not None:
        return
    rule = limits.disagreement
    if kept.on is None:
        yield state.apart + rule.after_seconds, DISAGREE, "medium"
    elif kept.on == "medium" and not state.answered:
        yield state.apart + rule.after_seconds + rule.unanswered_seconds, DISAGREE, "high"


def _rate(state: Conditions, code: str, at: float, fresh: float) -> float | None:
    seen, value = state.last[code]
    return None if code in state.off or at - seen > fresh else value
