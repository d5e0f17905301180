"""Calls: the times in which people had to be told of an alarm, from what was said about it."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal
from uuid import UUID

from schemas.monitoring.alarms import Priority
from services.auditor.rules.ceilings import RANK, Ceilings
from services.auditor.rules.facts import Fact, in_order

Because = Literal["raised", "rose", "lapsed"]
Over = Literal["answered", "lowered", "rose", "ended"]
HIGH = RANK["high"]


@dataclass(frozen=True)
class Call:
    """People have to be told of an alarm, from an instant until it is over."""

    because: Because
    priority: Priority
    begins: datetime
    """From when its ceilings count."""
    applies: datetime
    """From when its ceilings are those of its priority: later than `begins` where the alarm became less urgent meanwhile."""
    decided: datetime
    """When somebody could first be told: later than `begins` where readings took their time."""
    late: bool = False
    ends: datetime | None = None
    over: Over | None = None
    answered_for_less: datetime | None = None
    """When somebody answered a lower priority than it has."""


@dataclass(frozen=True)
class Standing:
    """An alarm's time as a high one: when it stood, and whether it stands."""

    calls: tuple[Call, ...] = ()
    stood: tuple[tuple[datetime, datetime | None], ...] = ()
    """Spans in which it was high or an emergency and not over."""

    def at(self, instant: datetime) -> bool:
        """Whether it stood as a high one."""
        return any(begin <= instant and (end is None or instant < end) for begin, end in self.stood)

    @property
    def now(self) -> bool:
        """Whether it stands as a high one."""
        return bool(self.stood) and self.stood[-1][1] is None

    @property
    def since(self) -> datetime | None:
        """Since when it stands."""
        return self.stood[-1][0] if self.now else None


@dataclass
class _Walk:
    """The state while going through the facts of an alarm by their instants."""

    ceilings: Ceilings
    priority: Priority = "low"
    condition: bool = True
    answered_at: datetime | None = None
    call: Call | None = None
    done: list[Call] = field(default_factory=list)
    stood: list[tuple[datetime, datetime | None]] = field(default_factory=list)

    def open(self, because: Because, begins: datetime, decided: datetime, *, late: bool = False) -> None:
        self.answered_at = None
        self.call = Call(because, self.priority, begins, begins, decided, late)

    def close(self, at: datetime, over: Over) -> None:
        if self.call is not None:
            self.done.append(replace(self.call, ends=max(at, self.call.begins), over=over))
            self.call = None

    def lapses_at(self) -> datetime | None:
        holds = self.ceilings.holds(self.priority)
        if self.answered_at is None or holds is None or not self.condition:
            return None
        return self.answered_at + holds

    def lapse_before(self, instant: datetime | None) -> None:
        """An answer grows too old by itself, whatever is said about it."""
        at = self.lapses_at()
        if at is not None and (instant is None or at < instant):
            self.open("lapsed", at, at)

    def urgent(self, fact: Fact) -> None:
        was, self.priority = self.priority, fact.priority or "low"
        begins = fact.at if fact.late or fact.since is None else min(fact.since, fact.at)
        why: Because = "raised" if fact.subject == "raised" else "rose"
        if RANK[self.priority] < HIGH:
            if RANK[was] >= HIGH:
                self.close(fact.at, "lowered")
                self.answered_at = None
                self.stood[-1] = (self.stood[-1][0], fact.at)
        elif RANK[was] < HIGH:
            self.stood.append((begins, None))
            self.open(why, begins, fact.at, late=fact.late)
        elif RANK[self.priority] > RANK[was]:
            self.close(fact.at, "rose")
            self.open("rose", begins, fact.at, late=fact.late)
        elif self.call is not None and RANK[self.priority] < RANK[was]:
            call = self.call
            self.close(fact.at, "lowered")
            self.call = replace(call, priority=self.priority, applies=fact.at)

    def answered(self, fact: Fact) -> None:
        if RANK[self.priority] < HIGH:
            return
        if RANK[fact.priority or "low"] < RANK[self.priority]:
            if self.call is not None and self.call.answered_for_less is None:
                self.call = replace(self.call, answered_for_less=fact.at)
            return
        self.close(fact.at, "answered")
        self.answered_at = fact.at

    def ended(self, fact: Fact) -> None:
        if RANK[self.priority] >= HIGH:
            self.close(fact.at, "ended")
            self.stood[-1] = (self.stood[-1][0], fact.at)
        self.priority, self.answered_at = "low", None


def standing(alarm_id: UUID, facts: Iterable[Fact], ceilings: Ceilings) -> Standing:
    """When an alarm stood as a high one and when people had to be told, from the facts about it in any order."""
    walk = _Walk(ceilings)
    for fact in in_order(facts):
        if fact.what == "taken":
            shown = fact.names(alarm_id)
            fact = fact.model_copy(update={"what": "answered", "priority": shown})
            if shown is None:
                continue
        walk.lapse_before(fact.at)
        if fact.what == "urgent":
            walk.urgent(fact)
        elif fact.what == "answered":
            walk.answered(fact)
        elif fact.what == "lapsed":
            if walk.answered_at is not None and walk.answered_at < fact.at:
                walk.open("lapsed", fact.at, fact.at)
        elif fact.what in ("cleared", "returned"):
            walk.condition = fact.what == "returned"
        elif fact.what == "ended":
            walk.ended(fact)
    walk.lapse_before(None)
    calls = [*walk.done, *([walk.call] if walk.call is not None else [])]
    return Standing(tuple(calls), tuple(walk.stood))
