"""The ward as a small model knows it: which alarms stand, who answered, and what must be so whenever nothing is left to do.

It knows clinical 4.9's times by itself and none of notifications' rules.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from schemas.monitoring.alarms import Priority
from tests.integration.notifications.engine import Engine

RANK: dict[Priority, int] = {"low": 0, "medium": 1, "high": 2, "emergency": 3}
HOLDS: dict[Priority, timedelta] = {"high": timedelta(minutes=5), "emergency": timedelta(minutes=2)}
"""How long an answer holds."""
STEPS: dict[Priority, tuple[int, ...]] = {"medium": (0, 120, 300), "high": (0, 30, 60, 120), "emergency": (0, 15, 30, 60)}
"""Seconds after the beginning; beyond the last step it goes on at the last interval."""


@dataclass
class Asked:
    """People were asked about an alarm at a priority."""

    priority: Priority
    since: datetime
    until: datetime | None = None


@dataclass
class Alarm:
    """An alarm as monitoring has it, and what notifications must make of it."""

    alarm_id: UUID
    session: int
    code: str
    priority: Priority
    said_at: datetime
    """The last time that monitoring said something of it."""
    condition: bool = True
    acknowledged: Priority | None = None
    """Monitoring's own record of an answer."""
    ended: bool = False
    called_at: datetime | None = None
    """Since when people are asked; None while it is answered, an advisory or over."""
    calls: int = 0
    """How many times people were asked anew."""
    answer: tuple[UUID, datetime] | None = None
    anybody: bool = False
    """Whether anybody worked here when people were last to be asked."""
    asked_for: list["Asked"] = field(default_factory=list)

    @property
    def stands(self) -> bool:
        return not self.ended and self.priority != "low"

    @property
    def asked(self) -> bool:
        return self.called_at is not None

    @property
    def rank(self) -> int:
        return RANK[self.priority]

    @property
    def lapses_at(self) -> datetime | None:
        return self.answer[1] + HOLDS[self.priority] if self.answer and self.priority in HOLDS else None

    def hush(self, now: datetime, answer: tuple[UUID, datetime] | None = None) -> None:
        """Nobody is asked any more."""
        if self.asked:
            self.asked_for[-1].until = answer[1] if answer else now
        self.called_at, self.answer = None, answer

    def lower(self, priority: Priority, now: datetime) -> None:
        """It is less urgent; if people are asked, they are asked on."""
        self.priority = priority
        if self.called_at is not None:
            self.asked_for[-1].until = now
            self.asked_for.append(Asked(priority, self.called_at))


@dataclass
class Ward:
    """All alarms, and what was seen of the engine's tellings so far."""

    engine: Engine
    alarms: dict[UUID, Alarm] = field(default_factory=dict)
    hired: set[str] = field(default_factory=set)
    seen: dict[UUID, datetime] = field(default_factory=dict)
    """When each telling was first seen."""
    turns: dict[UUID, Any] = field(default_factory=dict)
    """What each turn is: page, climb, round, step, person and calls."""
    rounds: dict[UUID, int] = field(default_factory=dict)
    """How often a page came to its ladder's end with nobody left who is asked, and goes on by the clock."""
    steps: dict[UUID, int] = field(default_factory=dict)
    answers: set[UUID] = field(default_factory=set)
    """Ids of answers given to notifications."""

    @property
    def now(self) -> datetime:
        return self.engine.clock.now()

    def standing(self) -> list[Alarm]:
        return [alarm for alarm in self.alarms.values() if alarm.stands]

    def call(self, alarm: Alarm) -> None:
        """People must be asked, from now on."""
        if alarm.asked:
            alarm.asked_for[-1].until = self.now
        alarm.asked_for.append(Asked(alarm.priority, self.now))
        alarm.called_at, alarm.answer, alarm.calls, alarm.anybody = self.now, None, alarm.calls + 1, bool(self.hired)

    def turn(self) -> None:
        """Answers grow old."""
        for alarm in self.standing():
            if alarm.lapses_at is not None and alarm.lapses_at <= self.now:
                self.call(alarm)

    def check(self) -> None:
        """What must be so whenever nothing is left to do. Raises AssertionError."""
        self.turn()
        state = self.engine.state()
        self._items(state)
        self._pages(state)
        self._lapses(state)
        self._tellings(state)
        self._everybody_told(state)
        self._somebody_reached(state)
        self._beat()

    def _items(self, state: Any) -> None:
        """Every alarm that stands is on exactly one page, as it is; no other is on any."""
        standing = {alarm.alarm_id: alarm for alarm in self.standing()}
        items = [item for item in state.items if not item.ended]
        assert Counter(item.alarm_id for item in items) == Counter(standing.keys()), "an alarm has no page, or two"
        for item in items:
            alarm = standing[item.alarm_id]
            assert item.priority == alarm.priority
            assert (item.answered_at is None) == alarm.asked, f"{alarm} is {item}"
            if alarm.answer:
                assert (item.answer_id, item.answered_at) == alarm.answer

    def _pages(self, state: Any) -> None:
        """An open page has its next step before it, no later than the policy's; no other page has any."""
        climbs = {timer.key: timer.due_at for timer in state.timers if timer.name == "Climb"}
        for page in state.pages:
            mine = self.on(page.page_id, state)
            wanted = "open" if any(one.asked for one in mine) else "answered" if mine else "closed"
            assert page.state == wanted, f"{page} should be {wanted}"
            due = climbs.pop(str(page.page_id), None)
            if wanted != "open":
                assert due is None, f"{page} has a step before it"
                continue
            assert due is not None, f"{page}: nobody would be told next"
            top = max((one for one in mine if one.asked), key=lambda one: one.rank)
            assert page.priority == top.priority
            reached = sum(1 for _ in steps_until(top.priority, page.since, self.now)) - 1
            assert page.step >= reached, f"{page} is behind"
            assert self.now < due <= step_at(top.priority, page.since, page.step + 1), f"{page}: the next step is at {due}"
        assert not climbs, f"steps of no page: {climbs}"

    def _lapses(self, state: Any) -> None:
        """An answer to a high alarm lapses in 4.9's time; nothing else does."""
        armed = {UUID(timer.key): timer.due_at for timer in state.timers if timer.name == "Lapse"}
        assert armed == {alarm.alarm_id: alarm.lapses_at for alarm in self.standing() if alarm.lapses_at}

    def _tellings(self, state: Any) -> None:
        """Nobody is told of what is answered or over, and nobody twice of the same at the same step of a round."""
        for page in state.pages:
            if page.step < self.steps.get(page.page_id, 0) and not page.asking:
                self.rounds[page.page_id] = self.rounds.get(page.page_id, 0) + 1
            self.steps[page.page_id] = page.step
        for one in state.tellings:
            if one.job_id in self.seen:
                continue
            self.seen[one.job_id] = self.now
            turn = one.job["turn"]
            told = [self.alarms[UUID(line["alarm_id"])] for line in turn["lines"]]
            assert told, "a telling of nothing"
            for alarm in told:
                assert alarm.asked, f"{one.staff_id} is told of {alarm}"
            calls = frozenset((alarm.alarm_id, alarm.calls, alarm.priority) for alarm in told)
            what = (one.page_id, turn["since"], self.rounds.get(one.page_id, 0), one.step, one.staff_id, calls)
            if one.turn_id in self.turns:
                continue  # by the person's next channel
            assert what not in self.turns.values(), f"{one.staff_id} is told twice of step {one.step}"
            self.turns[one.turn_id] = what

    def _everybody_told(self, state: Any) -> None:
        """Of a high alarm that nobody answered somebody was asked, if anybody works here; of a medium one when it is on top."""
        later = [timer.payload["turn"] for timer in state.timers if timer.name == "TellLater"]
        for alarm in self.standing():
            if alarm.called_at is None or not alarm.anybody:
                continue
            page_id = next(item.page_id for item in state.items if item.alarm_id == alarm.alarm_id and not item.ended)
            top = max(one.rank for one in self.on(page_id, state) if one.asked)
            if alarm.rank < min(top, RANK["high"]):
                continue
            tellings = [one.job["turn"] for one in state.tellings if self.seen[one.job_id] >= alarm.called_at]
            told = [line for turn in (*tellings, *later) for line in turn["lines"] if line["alarm_id"] == str(alarm.alarm_id)]
            assert any(RANK[line["priority"]] >= alarm.rank for line in told), f"nobody is told of {alarm}"

    def _somebody_reached(self, state: Any) -> None:
        """Where every channel of everybody who was told failed, whoever is next was told at once, to the end of the ladder."""
        waiting = {timer.payload["turn"]["page_id"] for timer in state.timers if timer.name == "TellLater"}
        for page in state.pages:
            mine = [one for one in state.tellings if one.page_id == page.page_id and one.job["turn"]["priority"] == page.priority]
            climb = [one.state for one in mine if datetime.fromisoformat(one.job["turn"]["since"]) == page.since]
            if page.state == "open" and set(climb) == {"failed"} and str(page.page_id) not in waiting:
                assert page.step >= len(STEPS[page.priority]) - 1, f"{page}: nobody was reached, and nobody else is told"

    def _beat(self) -> None:
        kept = self.engine.beat()
        assert sorted(kept.open_high) == sorted(alarm.alarm_id for alarm in self.standing() if alarm.rank >= RANK["high"])

    def on(self, page_id: UUID, state: Any) -> list[Alarm]:
        """The alarms that a page holds and that stand."""
        return [
            self.alarms[item.alarm_id]
            for item in state.items
            if item.page_id == page_id and not item.ended and self.alarms[item.alarm_id].stands
        ]


def step_at(priority: Priority, since: datetime, number: int) -> datetime:
    """When a step is due at the latest."""
    times = STEPS[priority]
    beyond = max(0, number - len(times) + 1)
    return since + timedelta(seconds=times[min(number, len(times) - 1)] + beyond * (times[-1] - times[-2]))


def steps_until(priority: Priority, since: datetime, now: datetime) -> list[int]:
    """The steps that are due by now."""
    found = []
    while step_at(priority, since, len(found)) <= now:
        found.append(len(found))
    return found
