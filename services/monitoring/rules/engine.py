"""The alarm engine: inputs in the order of measurement in, conditions that begin, change or end out.

`fold` is the one step: it changes the state it is given and returns the turns of its conditions. A limit stands when its value
has been beyond it for its delay, or was confirmed; it holds until the value is back by the hysteresis. What should have come and
did not is a deadline: it passes when a later input, or the clock, goes beyond it. The same inputs give the same state in whatever
order they arrived, as long as they are folded in theirs.
"""

from collections.abc import Iterable, Iterator
from statistics import median

from schemas.monitoring.alarms import Priority
from services.monitoring.rules import absence, twin
from services.monitoring.rules.conditions import Condition, Conditions, Turn
from services.monitoring.rules.inputs import Input, Override, Reading, Released, Setting
from services.monitoring.rules.limits import DISAGREE, MOAAS, NEWS2, NEWS2_RED, ORDER, RANK, Alarm, AlarmLimits, News2
from services.monitoring.rules.marks import Rule, Rules, compile_rules
from services.monitoring.rules.news2 import Score
from services.monitoring.rules.tables import PRESSURES, SYSTOLIC


class Engine:
    """The limits, compiled by code. Holds no state of any session."""

    def __init__(self, limits: AlarmLimits, news2: News2) -> None:
        self.limits = limits
        self.version = limits.version
        self.alarm: dict[str, Alarm] = {alarm.id: alarm for alarm in limits.alarm}
        self.score = Score(news2, limits.news2.alert_from_moaas)
        self._rules = compile_rules(limits)
        self._own: dict[tuple[Override, ...], Rules] = {}
        self._by_code: dict[str, list[Alarm]] = {}
        self._given_by: dict[str, list[Alarm]] = {}
        for alarm in limits.alarm:
            self._by_code.setdefault(alarm.code, []).append(alarm)
            for code in {limit.given_code for limit in limits.limit if limit.alarm == alarm.id and limit.given_code}:
                self._given_by.setdefault(code, []).append(alarm)

    def fold(self, state: Conditions, inputs: Iterable[Input], until: float | None = None) -> list[Turn]:
        """Take inputs in, in the order of their places, then let the deadlines up to `until` (seconds since the epoch) pass."""
        turns: list[Turn] = []
        for given in inputs:
            if state.next_due < given.at:
                self._pass(state, given.at, turns, inclusive=False)
            if isinstance(given, Reading):
                if state.stage is not None:
                    self._read(state, given, turns)
            elif isinstance(given, Setting):
                self._set(state, given, turns)
            elif isinstance(given, Released):
                state.heard.pop(given.device, None)
            elif given.cause == DISAGREE and DISAGREE in state.by:
                state.answered = True
            state.place = given.place
        if until is not None and state.next_due <= until:
            self._pass(state, until, turns, inclusive=True)
        return turns

    def title(self, alarm: str) -> str:
        """The alarm class in words, fit for a page."""
        return self.alarm[alarm].title if alarm in self.alarm else absence.title(self.limits, alarm)

    def advice(self, alarm: str, priority: Priority) -> str:
        """What the action ladder recommends; people decide."""
        found = next((rule.limit.advice for rule in self._rules.get(alarm, ()) if rule.priority == priority), None)
        return found if found is not None else absence.advice(self.limits, alarm)

    def cause(self, alarm: str) -> str:
        """The cause of an alarm: alarms of one cause are one alarm to people."""
        return self.alarm[alarm].cause if alarm in self.alarm else absence.cause(alarm)

    def _rules_of(self, state: Conditions, at: float) -> Rules:
        if not state.overrides:
            return self._rules
        mine = tuple(override for override in state.overrides if at < override.expires)
        if mine not in self._own:
            self._own[mine] = compile_rules(self.limits, mine)
        return self._own[mine]

    def _set(self, state: Conditions, given: Setting, turns: list[Turn]) -> None:
        if state.stage is None and given.stage is not None:
            state.begun = given.at
        if given.stage == "recovery" and state.stage != "recovery":
            state.recovering = given.at
        state.stage, state.baseline = given.stage, dict(given.baseline)
        state.overrides, state.without = given.overrides, given.without
        if given.stage is None:
            for alarm, kept in list(state.by.items()):
                _turn(turns, alarm, kept, None, given.at)
            state.by, state.off, state.recent, state.heard, state.apart = {}, {}, {}, {}, None
        state.next_due = min((due for due, _, _ in self._deadlines(state)), default=absence.NEVER)

    def _read(self, state: Conditions, reading: Reading, turns: list[Turn]) -> None:
        at = reading.at
        before: dict[str, tuple[float, float] | None] = {}
        for code, value in reading.values.items():
            if value is None:
                if code not in state.off:
                    state.off[code] = at
                    state.next_due = min(state.next_due, at + self.limits.technical.probe_off_low_seconds)
            else:
                state.off.pop(code, None)
                before[code] = state.last.get(code)
                state.last[code] = (at, value)
        heard = state.heard.get(reading.device)
        gap = self.limits.technical.data_gap_seconds
        now_and_then = reading.by_hand or (SYSTOLIC in reading.values and not reading.continuous)
        streams = heard is not None and (heard[1] or (at - heard[0] < gap and not now_and_then))
        state.heard[reading.device] = (at, streams)
        if reading.by_hand:
            state.observed = at
        held = twin.compare(self.limits, state, at, turns)
        rules = self._rules_of(state, at)
        for code, value in reading.values.items():
            if value is None:
                continue
            beat_to_beat = reading.continuous and code in PRESSURES
            judged = self._smooth(state, code, at, value) if beat_to_beat else value
            previous = before[code]
            for alarm in self._by_code.get(code, ()):
                if alarm.id in state.without or (held and alarm.cross_checked):
                    continue
                self._judge(state, alarm, rules[alarm.id], at, judged, previous[0] if previous else None, beat_to_beat, turns)
            for alarm in self._given_by.get(code, ()):
                if alarm.code in state.last and alarm.code not in reading.values:
                    self._judge(state, alarm, rules[alarm.id], at, state.last[alarm.code][1], at, False, turns)
        if SYSTOLIC in reading.values or MOAAS in reading.values:
            self._score(state, rules, at, turns)
        absence.present(self.limits, state, at, turns)

    def _smooth(self, state: Conditions, code: str, at: float, value: float) -> float:
        recent = state.recent.setdefault(code, [])
        recent.append((at, value))
        begun = at - self.limits.continuous.median_seconds
        while recent[0][0] <= begun:
            recent.pop(0)
        return median(value for _, value in recent)

    def _score(self, state: Conditions, rules: Rules, at: float, turns: list[Turn]) -> None:
        oldest = at - self.limits.news2.fresh_minutes * 60
        found = self.score.of({code: value for code, (seen, value) in state.last.items() if seen >= oldest})
        if found is None:
            return
        for code, value in zip((NEWS2, NEWS2_RED), found, strict=True):
            for alarm in self._by_code.get(code, ()):
                if alarm.id not in state.without:
                    self._judge(state, alarm, rules[alarm.id], at, value, None, False, turns)

    def _judge(
        self,
        state: Conditions,
        alarm: Alarm,
        rules: Iterable[Rule],
        at: float,
        value: float,
        previous: float | None,
        beat_to_beat: bool,
        turns: list[Turn],
    ) -> None:
        baseline = state.baseline.get(alarm.code)
        kept = state.by.get(alarm.id)
        if kept is None:
            for rule in rules:
                if rule.beyond(value, baseline):
                    break
            else:
                return
            kept = state.by[alarm.id] = Condition()
        qualified: Priority | None = None
        held: Priority | None = None
        refuted = False
        for rule in rules:
            priority = rule.priority
            if rule.beyond(value, baseline) and rule.given(state.latest):
                begun = kept.since.setdefault(priority, at)
                seen = kept.seen[priority] = kept.seen.get(priority, 0) + 1
                if qualified is None and self._qualifies(rule, at - begun, seen, beat_to_beat):
                    qualified = priority
                    kept.due.pop(priority, None)
                elif seen == 1 and not beat_to_beat:
                    self._expect(state, kept, rule, at, previous)
            else:
                begun_at, times = kept.since.pop(priority, None), kept.seen.pop(priority, 0)
                if begun_at is not None:
                    kept.due.pop(priority, None)
                    single = times == 1 and kept.on == priority and rule.limit.confirm == "none"
                    refuted = refuted or (single and at - begun_at <= rule.limit.within_seconds)
                # What was seen once and is not beyond any more needs no hysteresis, unless people were told of it.
                stood = kept.on == priority or (kept.on is not None and times > 1 and RANK[kept.on] > rule.rank)
                if held is None and stood and rule.given(state.latest) and rule.holds(value, baseline, alarm):
                    held = priority
        now = max((p for p in (qualified, held) if p), key=RANK.__getitem__, default=None)
        if kept.on and (now is None or RANK[now] < RANK[kept.on]):
            # Beyond a lower limit that is not qualified yet: the condition eases, and is not over.
            lower = [p for p in ORDER[: RANK[kept.on] + 1] if p in kept.since]
            if lower and (now is None or RANK[lower[-1]] > RANK[now]):
                now = lower[-1]
            if now != kept.on:
                kept.cleared += 1
                if kept.cleared < alarm.clear_observations:
                    return
        kept.cleared = 0
        _turn(turns, alarm.id, kept, now, at, artefact=refuted and now is None)
        if now is None and not kept.since:
            del state.by[alarm.id]

    def _qualifies(self, rule: Rule, lasted: float, seen: int, beat_to_beat: bool) -> bool:
        limit = rule.limit
        if limit.confirm != "none":
            if beat_to_beat:
                return lasted >= self.limits.continuous.persist_seconds
            return seen >= 2 and lasted >= limit.apart_seconds
        return lasted >= limit.delay_seconds

    def _expect(self, state: Conditions, kept: Condition, rule: Rule, at: float, previous: float | None) -> None:
        """A confirmation must come. A delay is seen to pass on a stream; of a value that comes now and then it must be asked."""
        limit = rule.limit
        if limit.confirm != "none":
            due = at + limit.within_seconds
        elif previous is None or at - previous > limit.delay_seconds:
            due = at + limit.delay_seconds
        else:
            return
        kept.due[rule.priority] = due
        state.next_due = min(state.next_due, due)

    # --- deadlines ---

    def _deadlines(self, state: Conditions) -> Iterator[tuple[float, str, Priority]]:
        for alarm, kept in state.by.items():
            for priority, due in kept.due.items():
                yield due, alarm, priority
        if state.stage is not None:
            yield from absence.deadlines(self.limits, state)
            yield from twin.deadlines(self.limits, state)

    def _pass(self, state: Conditions, to: float, turns: list[Turn], *, inclusive: bool) -> None:
        """Let deadlines pass, in their order."""
        while True:
            due, alarm, priority = min(self._deadlines(state), key=_urgency, default=(absence.NEVER, "", "low"))
            if due > to or (due == to and not inclusive):
                state.next_due = due
                return
            kept = state.by.setdefault(alarm, Condition())
            state.ticked = max(state.ticked, due)
            if kept.due.pop(priority, None) is None:
                _turn(turns, alarm, kept, priority, due, detail=kept.detail)
            elif kept.on is None or RANK[priority] > RANK[kept.on]:
                _turn(turns, alarm, kept, priority, due, confirmed=False)


def _urgency(deadline: tuple[float, str, Priority]) -> tuple[float, int, str]:
    due, alarm, priority = deadline
    return due, -RANK[priority], alarm


def _turn(
    turns: list[Turn],
    alarm: str,
    kept: Condition,
    now: Priority | None,
    at: float,
    *,
    confirmed: bool = True,
    artefact: bool = False,
    detail: str = "",
) -> None:
    if now == kept.on:
        return
    turns.append(Turn(at, alarm, kept.on, now, confirmed, artefact, detail))
    kept.on, kept.at, kept.confirmed = now, at, confirmed
