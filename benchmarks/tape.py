"""A session's alarms as they were told: the engine's step, and a tally of what people heard."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from schemas.monitoring.alarms import Priority
from services.monitoring import tables
from services.monitoring.rules.inputs import Input
from services.monitoring.rules.limits import LATCHING, RANK
from services.monitoring.rules.signals import Fact, lapse
from services.monitoring.rules.watch import Watch, answer, take
from services.notifications import tables as notifications

EPOCH = 1_000_000.0
"""The start of every infusion, in seconds since the epoch."""


@dataclass(frozen=True)
class Page:
    """A ladder that began: somebody was told at its first step."""

    at: float
    cause: str
    alarm: str
    priority: Priority
    to_nurse: bool
    again: bool
    """An answer lapsed while the condition stood."""


@dataclass
class Alarm:
    """An alarm from its beginning on."""

    at: float
    cause: str
    alarm: str
    highest: Priority


@dataclass
class Tape:
    """One session under watch."""

    watch: Watch = field(default_factory=Watch)
    facts: list[tuple[float, Fact]] = field(default_factory=list)
    alarms: list[Alarm] = field(default_factory=list)
    pages: list[Page] = field(default_factory=list)
    further: int = 0
    """Steps of ladders after the first that fell due before an answer."""
    episodes: Counter[tuple[str, bool]] = field(default_factory=Counter)
    """Times a value went beyond a limit that has a delay or a confirmation, by priority and whether it was told."""
    hours: float = 0.0
    answered: dict[str, float] = field(default_factory=dict)
    """When each cause was last answered."""
    _open: dict[str, Alarm] = field(default_factory=dict)
    _paged: dict[str, tuple[float, Priority]] = field(default_factory=dict)
    _beyond: dict[tuple[str, Priority], bool] = field(default_factory=dict)

    def give(self, inputs: Sequence[Input], now: float, *, until: float | None = None) -> list[tuple[str, Priority]]:
        """Let the engine take inputs in. Returns whom is paged about what: (cause, priority)."""
        facts = take(tables.engine(), self.watch, inputs, now, until=until)
        if self.watch.conditions.by or self._beyond:
            self._follow()
        return self._hear(facts, now) if facts else []

    def answer(self, cause: str, now: float) -> list[tuple[str, Priority]]:
        """Somebody answers what is open of a cause, if anything is."""
        self.answered[cause] = now
        signal = self.watch.signals.get(cause)
        if cause in self._paged:
            begun, priority = self._paged.pop(cause)
            ladder = notifications.escalation().ladder_of("alarm", priority)
            steps = notifications.escalation().steps(ladder.name) if ladder else []
            self.further += sum(0 < step.after_seconds < now - begun for step in steps)
        if signal is None or signal.open is None:
            return []
        return self._hear(answer(tables.engine(), self.watch, cause, signal.open, now), now)

    def lapses(self, cause: str) -> float | None:
        """After how many seconds the answer just given is too old; None when it never is."""
        signal, rule = self.watch.signals.get(cause), notifications.escalation().lapse
        if signal is None or signal.open not in LATCHING:
            return None
        return rule.emergency_seconds if signal.open == "emergency" else rule.high_seconds

    def lapse(self, cause: str, given: float, now: float) -> list[tuple[str, Priority]]:
        """The answer given at an instant is too old: people are told again if the alarm is still open."""
        signal = self.watch.signals.get(cause)
        if signal is None or signal.open not in LATCHING or signal.acked is None or self.answered.get(cause) != given:
            return []
        lapse(signal)
        return self._page(cause, self._open[cause].alarm, signal.open, now, again=True)

    def known(self) -> list[tuple[str, Priority]]:
        """Open alarms that somebody knows of: (alarm, priority)."""
        return [
            (self._open[cause].alarm, signal.open)
            for cause, signal in self.watch.signals.items()
            if signal.open is not None and signal.on and (signal.open == "low" or cause not in self._paged)
        ]

    def close(self, now: float) -> None:
        """The session is over."""
        self.hours = (now - EPOCH) / 3600
        for (_, priority), told in self._beyond.items():
            self.episodes[priority, told] += 1

    def _hear(self, facts: Sequence[Fact], now: float) -> list[tuple[str, Priority]]:
        self.facts += [(now, fact) for fact in facts]
        pages: list[tuple[str, Priority]] = []
        for fact in facts:
            if fact.what == "raised":
                self._open[fact.cause] = one = Alarm(now, fact.cause, fact.alarm, fact.priority)
                self.alarms.append(one)
                pages += self._page(fact.cause, fact.alarm, fact.priority, now)
            elif fact.what == "priority":
                one = self._open[fact.cause]
                one.alarm, one.highest = fact.alarm, max(one.highest, fact.priority, key=RANK.__getitem__)
                if fact.previous is not None and RANK[fact.priority] > RANK[fact.previous]:
                    pages += self._page(fact.cause, fact.alarm, fact.priority, now)
        return pages

    def _page(self, cause: str, alarm: str, priority: Priority, now: float, *, again: bool = False) -> list[tuple[str, Priority]]:
        ladder = notifications.escalation().ladder_of("alarm", priority)
        if ladder is None:
            return []
        first = notifications.escalation().steps(ladder.name)[0]
        self.pages.append(Page(now, cause, alarm, priority, "bedside nurse" in first.tell, again))
        self._paged[cause] = (now, priority)
        return [(cause, priority)]

    def _follow(self) -> None:
        """Which values are beyond which limits, and whether that was told before it was over."""
        there: dict[tuple[str, Priority], bool] = {}
        for alarm, kept in self.watch.conditions.by.items():
            for priority in kept.since:
                if (alarm, priority) in WAITING:
                    told = kept.on is not None and RANK[kept.on] >= RANK[priority]
                    there[alarm, priority] = told or self._beyond.get((alarm, priority), False)
        for gone in self._beyond.keys() - there.keys():
            self.episodes[gone[1], self._beyond[gone]] += 1
        self._beyond = there


def _waiting() -> frozenset[tuple[str, Priority]]:
    limits = tables.alarm_limits()
    backstops = {row.id for row in limits.alarm if row.backstop}
    return frozenset(
        (limit.alarm, limit.priority)
        for limit in limits.limit
        if limit.alarm not in backstops and (limit.delay_seconds > 0 or limit.confirm != "none")
    )


WAITING = _waiting()
"""Limits with a delay or a confirmation."""
