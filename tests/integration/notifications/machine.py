"""A state machine over alarms, answers, rosters, channels and restarts. After every step the ward says what must be so."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from schemas.event import Event
from schemas.monitoring.alarms import (
    AlarmAcknowledged,
    AlarmConditionCleared,
    AlarmConditionReturned,
    AlarmEnded,
    AlarmPriorityChanged,
    AlarmRaised,
    Priority,
)
from schemas.notifications.pages import AcknowledgementLapsed, AnsweredAlarm, PageAcknowledged
from schemas.scheduling.staff import (
    ChairAssigned,
    ChairUnassigned,
    ShiftCancelled,
    ShiftPlanned,
    StaffIdentity,
    StaffMemberRegistered,
)
from services.notifications.moving import pages as moving
from services.notifications.rules.channels import Medium
from tests.integration.notifications.engine import Ending, Engine, Receipt
from tests.integration.notifications.ward import RANK, Alarm, Ward

MORNING = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
STAFF = {"ann": "nurse", "bob": "nurse", "cleo": "charge nurse", "dr-lee": "prescriber", "max": "medical director"}
WAYS: dict[str, tuple[Medium, ...]] = {
    "ann": ("sms", "email"), "bob": ("push", "sms"), "cleo": ("webhook", "voice", "email"), "dr-lee": ("sms",), "max": (),
}  # fmt: skip
"""max is reached by the console alone: nothing is known of him."""
SESSIONS = {number: uuid4() for number in (1, 2, 3)}
"""The session of each chair."""
CLINICIANS = ("prescriber", "medical director")
NIGHT = timedelta(hours=12)

people = st.sampled_from(sorted(STAFF))
chairs = st.sampled_from(sorted(SESSIONS))
priorities: st.SearchStrategy[Priority] = st.sampled_from(("low", "medium", "high", "high", "emergency"))
places = st.integers(0, 1000)
"""One of however many there are."""
with_alarms = precondition(lambda self: self.ward.standing())
with_tellings = precondition(lambda self: self.ward.seen)


class Machine(RuleBasedStateMachine):
    """What may happen in a clinic, in any order."""

    engine: Engine

    def __init__(self) -> None:
        super().__init__()
        self.engine.begin_anew(MORNING)
        self.ward = Ward(self.engine)
        self.engine.settled = self.ward.check
        self.history: list[Event] = []
        """What monitoring said."""
        self.heard = 0
        """How much of what notifications said monitoring has read."""
        self.slow = False
        """Monitoring is behind with what notifications says."""
        self.shifts: dict[str, ShiftPlanned] = {}
        self.chairs: dict[int, ChairAssigned] = {}

    @property
    def now(self) -> datetime:
        return self.ward.now

    # --- who is there ---

    @initialize(day=st.sampled_from(("full", "one nurse", "night", "nobody")), chair=chairs, priority=priorities)
    def first_alarm(self, day: str, chair: int, priority: Priority) -> None:
        self.begin(day)
        self.raise_alarm(chair, "A1", priority)

    def begin(self, day: str) -> None:
        there = {"full": list(STAFF), "one nurse": ["ann", "dr-lee"], "night": [], "nobody": []}[day]
        for staff_id in () if day == "nobody" else STAFF:
            self.hire(staff_id)
        for staff_id in there:
            self.shift_begins(staff_id)
        for chair in SESSIONS if there else ():
            self.give_chair(chair, "ann")

    @rule(what=st.sampled_from(("hire", "begin", "end", "chair")), staff_id=people, chair=chairs)
    def roster_turns(self, what: str, staff_id: str, chair: int) -> None:
        match what:
            case "hire":
                self.hire(staff_id)
            case "begin":
                self.shift_begins(staff_id)
            case "end":
                self.shift_ends(staff_id)
            case "chair":
                self.give_chair(chair, staff_id)

    def hire(self, staff_id: str) -> None:
        if staff_id in self.ward.hired:
            return
        self.ward.hired.add(staff_id)
        if WAYS[staff_id]:
            self.engine.reach(staff_id, *WAYS[staff_id])
        name = StaffIdentity(display_name=staff_id)
        self.engine.hear(
            StaffMemberRegistered(staff_id=staff_id, identity=name, role=self._role(staff_id), registered_at=self.now)
        )

    def shift_begins(self, staff_id: str) -> None:
        if staff_id in self.ward.hired and staff_id not in self.shifts:
            shift = ShiftPlanned(
                shift_id=uuid4(), staff_id=staff_id, role=self._role(staff_id), starts_at=self.now, ends_at=self.now + NIGHT
            )
            self.shifts[staff_id] = shift
            self.engine.hear(shift)

    def shift_ends(self, staff_id: str) -> None:
        if shift := self.shifts.pop(staff_id, None):
            self.engine.hear(ShiftCancelled(**shift.model_dump(), cancelled_at=self.now))

    def give_chair(self, chair: int, staff_id: str) -> None:
        if assigned := self.chairs.pop(chair, None):
            self.engine.hear(ChairUnassigned(**assigned.model_dump(), unassigned_at=self.now))
        self.chairs[chair] = ChairAssigned(
            assignment_id=uuid4(), staff_id=staff_id, chair=chair, starts_at=self.now, ends_at=self.now + NIGHT
        )
        self.engine.hear(self.chairs[chair])

    # --- alarms ---

    @rule(chair=chairs, code=st.sampled_from(("A1", "A7", "A7", "SUICIDE-RISK")), priority=priorities)
    def raise_alarm(self, chair: int, code: str, priority: Priority) -> None:
        if len(self.ward.standing()) >= 6:
            return
        alarm = Alarm(uuid4(), chair, code, "high" if code == "SUICIDE-RISK" else priority, self.now)
        self.ward.alarms[alarm.alarm_id] = alarm
        if alarm.stands:
            self.ward.call(alarm)
        self._say(
            AlarmRaised(
                **self._of(alarm), title="oxygen saturation low", kind="physiological", priority=alarm.priority,
                limits_version="t", raised_at=self.now, qualified_at=self.now,
            )
        )  # fmt: skip

    @with_alarms
    @rule(place=places, priority=priorities)
    def change_priority(self, place: int, priority: Priority) -> None:
        alarm = self._pick(place, [one for one in self.ward.alarms.values() if not one.ended])
        if alarm is None or alarm.priority == priority or alarm.code == "SUICIDE-RISK":
            return
        previous, alarm.said_at = alarm.priority, self.now
        if RANK[priority] > RANK[previous]:
            alarm.priority = priority
            self.ward.call(alarm)
        else:
            alarm.lower(priority, self.now)
        if priority == "low":
            alarm.hush(self.now)
        self._say(
            AlarmPriorityChanged(
                **self._of(alarm), title="oxygen saturation low", previous=previous, priority=priority, changed_at=self.now,
                qualified_at=self.now,
            )
        )  # fmt: skip
        self._say(*self._end_if_over(alarm))

    @with_alarms
    @rule(place=places)
    def condition_turns(self, place: int) -> None:
        alarm = self._pick(place, [one for one in self.ward.alarms.values() if not one.ended])
        if alarm is None:
            return
        alarm.condition = not alarm.condition
        if alarm.condition:
            self._say(AlarmConditionReturned(**self._of(alarm), returned_at=self.now))
        else:
            self._say(AlarmConditionCleared(**self._of(alarm), cleared_at=self.now), *self._end_if_over(alarm))

    @precondition(lambda self: self.history)
    @rule()
    def say_it_twice(self) -> None:
        """The inbox drops a duplicate; a handler must bear one all the same."""
        event = self.history[-1]
        if isinstance(event, AlarmAcknowledged) and (self.ward.alarms[event.alarm_id].answer or ("",))[0] != event.answer_id:
            return  # it holds no longer
        self.engine.hear(event)
        self.engine.settle()

    # --- answers ---

    @with_alarms
    @rule(place=places, late=st.sampled_from((0, 0, 10, 100, 400)), by=people)
    def answer_at_bedside(self, place: int, late: int, by: str = "ann") -> None:
        """Monitoring's answer; it may come late."""
        alarm = self._pick(place, self.ward.standing())
        if alarm is None:
            return
        at = max(alarm.said_at, self.now - timedelta(seconds=late))
        self._acknowledge(alarm, uuid4(), alarm.priority, by, "bedside", at)

    @with_tellings
    @rule(place=places, by=people, newest=st.booleans())
    def answer_by_link(self, place: int, by: str, newest: bool) -> None:
        """By one of the newest tellings, or by an old one."""
        state = self.engine.state()
        told = sorted(state.tellings, key=lambda one: (self.ward.seen[one.job_id], str(one.staff_id)))
        one = self._pick(place, told[-4:] if newest else told)
        if one is not None:
            shown = {UUID(line["alarm_id"]): line["priority"] for line in one.job["turn"]["lines"][: one.job["many"]]}
            self._answer(one.page_id, one.staff_id, shown, state)

    @with_tellings
    @rule(place=places, by=people)
    def answer_all(self, place: int, by: str) -> None:
        """For all that a page asks about."""
        state = self.engine.state()
        page = self._pick(place, sorted(state.pages, key=lambda one: (one.opened_at, str(one.chair))))
        if page is not None:
            self._answer(page.page_id, by, None, state)

    def _answer(self, page_id: UUID, by: str, shown: dict[UUID, Priority] | None, state: Any) -> None:
        mine = self.ward.on(page_id, state)
        asked = [alarm for alarm in mine if alarm.asked]
        covered = [one for one in asked if shown is None or RANK[shown.get(one.alarm_id, "low")] >= one.rank]
        clinical = any(alarm.code == "SUICIDE-RISK" for alarm in asked)
        if not asked or not covered:
            wanted = "over" if not mine else "already answered" if not asked else "more urgent now"
        else:
            wanted = "not yours" if clinical and not self._is_clinician(by) else "answered"
        seen = None if shown is None else [AnsweredAlarm(alarm_id=one, priority=at) for one, at in shown.items()]
        before = len(self.engine.said)
        outcome = self.engine.within(lambda tx: moving.answer(tx, page_id, by, seen, via="link", came_from="here"))
        assert outcome == wanted
        if outcome == "answered":
            self.engine.runner.run(self.engine._listen())
            [given] = [event for event in self.engine.said[before:] if isinstance(event, PageAcknowledged)]
            assert {(one.alarm_id, one.priority) for one in given.alarms} == {(one.alarm_id, one.priority) for one in covered}
            self.ward.answers.add(given.answer_id)
            for alarm in covered:
                alarm.hush(self.now, (given.answer_id, self.now))
        self._settle()

    @with_tellings
    @rule(place=places, by=people)
    def decline(self, place: int, by: str) -> None:
        state = self.engine.state()
        page = self._pick(place, sorted(state.pages, key=lambda one: (one.opened_at, str(one.chair))))
        if page is None:
            return
        by = self._pick(place, page.asking) or by
        outcome = self.engine.within(lambda tx: moving.decline(tx, page.page_id, by, via="link", came_from="here"))
        assert outcome in {"open": ("passed on", "noted"), "answered": ("already answered",), "closed": ("over",)}[page.state]
        self._settle()

    @rule(slow=st.booleans())
    def monitoring_is_behind(self, slow: bool) -> None:
        """It repeats answers late, or catches up."""
        self.slow = slow
        self._settle()

    # --- time, channels, death ---

    @rule(seconds=st.sampled_from((1, 5, 14, 29, 31, 59, 119, 121, 299, 301)))
    def time_passes(self, seconds: int) -> None:
        self.engine.advance(seconds)
        self._settle()

    @with_alarms
    @rule()
    def until_something_is_due(self) -> None:
        self.engine.to_next_due()
        self._settle()

    @rule(seconds=st.sampled_from((10, 40, 130, 400)))
    def nothing_runs(self, seconds: int) -> None:
        """Notifications is down for a while; then it finds all that is overdue."""
        self.engine.clock.turn_to(self.now + timedelta(seconds=seconds))
        self.engine.restart()
        self._settle()

    @with_alarms
    @rule(
        staff_id=people,
        place=places,
        ending=st.sampled_from(("taken", "refused", "away", "hangs", "slow")),
        word=st.sampled_from(("delivered", "failed", "none")),
    )
    def channel_turns(self, staff_id: str, place: int, ending: Ending, word: Receipt) -> None:
        medium = self._pick(place, WAYS[staff_id] or ("console",))
        self.engine.endings[staff_id, medium], self.engine.receipts[staff_id] = ending, word

    @precondition(lambda self: self.engine.flying)
    @rule()
    def calls_end(self) -> None:
        self.engine.land()
        self._settle()

    @rule()
    def restart(self) -> None:
        self.engine.restart()
        self._settle()

    # --- monitoring, as far as it matters ---

    def _of(self, alarm: Alarm) -> dict[str, Any]:
        return {"alarm_id": alarm.alarm_id, "code": alarm.code, "session_id": SESSIONS[alarm.session], "chair": alarm.session}

    def _say(self, *said: Event) -> None:
        for event in said:
            self.history.append(event)
            self.engine.hear(event)
        self._settle()

    def _end_if_over(self, alarm: Alarm) -> list[Event]:
        """Medium and low end with their condition, the others once somebody has acknowledged them too."""
        latched = RANK[alarm.priority] >= RANK["high"] and RANK[alarm.acknowledged or "low"] < alarm.rank
        if alarm.condition or alarm.ended or latched:
            return []
        alarm.ended = True
        alarm.hush(self.now)
        return [AlarmEnded(**self._of(alarm), ended_at=self.now)]

    def _acknowledge(self, alarm: Alarm, answer_id: UUID, priority: Priority, by: str, via: Any, at: datetime) -> None:
        alarm.acknowledged = priority
        newer = alarm.answer is None or at >= alarm.answer[1]
        counts = alarm.code != "SUICIDE-RISK" or self._is_clinician(by)
        if answer_id not in self.ward.answers and alarm.stands and RANK[priority] >= alarm.rank and newer and counts:
            alarm.hush(self.now, (answer_id, at))
        of = {name: value for name, value in self._of(alarm).items() if name != "code"}
        said = AlarmAcknowledged(**of, priority=priority, by=by, via=via, answer_id=answer_id, acknowledged_at=at)
        self._say(said, *self._end_if_over(alarm))

    def _settle(self) -> None:
        self.engine.settle()
        self.engine.tick()
        while not self.slow and self.heard < len(self.engine.said):
            event = self.engine.said[self.heard]
            self.heard += 1
            if isinstance(event, PageAcknowledged):
                for one in event.alarms:
                    alarm = self.ward.alarms[one.alarm_id]
                    if not alarm.ended:
                        self._acknowledge(alarm, event.answer_id, one.priority, event.staff_id, "link", event.answered_at)
            elif isinstance(event, AcknowledgementLapsed) and not self.ward.alarms[event.alarm_id].ended:
                self.ward.alarms[event.alarm_id].acknowledged = None

    def _is_clinician(self, staff_id: str) -> bool:
        return staff_id in self.ward.hired and STAFF[staff_id] in CLINICIANS

    def _role(self, staff_id: str) -> Any:
        return STAFF[staff_id]

    def _pick(self, place: int, among: Any) -> Any:
        return list(among)[place % len(among)] if among else None
