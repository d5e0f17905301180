"""What the auditor's own rules find in the record of a run: what monitoring and notifications said, read in some order."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from schemas.event import Event
from schemas.monitoring.alarms import (
    AlarmAcknowledged,
    AlarmConditionCleared,
    AlarmConditionReturned,
    AlarmEnded,
    AlarmPriorityChanged,
    AlarmRaised,
)
from schemas.notifications.pages import (
    AcknowledgementLapsed,
    PageAcknowledged,
    PageClosed,
    PageDeclined,
    PageDelivered,
    PageEscalated,
    PageFailed,
    PageJoined,
    PageOpened,
    PageSent,
)
from services.auditor.rules.facts import Fact
from services.auditor.rules.judge import Missed, judge
from services.auditor.rules.paging import judge_page
from services.auditor.tables import ceilings
from tests.integration.notifications.ward import RANK


@dataclass
class Auditor:
    """Reads two topics, each in its order, and judges as far as both are read."""

    alarms: dict[UUID, list[Fact]] = field(default_factory=dict)
    pages: dict[UUID, list[Fact]] = field(default_factory=dict)
    raised: set[UUID] = field(default_factory=set)

    def read(self, event: Event) -> None:
        """Take one event in."""
        if isinstance(event, AlarmRaised):
            self.raised.add(event.alarm_id)
        subject, fact = fact_of(event)
        held = self.alarms if fact.page_id is None else self.pages
        held.setdefault(subject, []).append(fact)

    def judged(self, until: datetime, chance: Random) -> list[tuple[UUID, Missed]]:
        """What was missed until an instant, whatever order the facts are taken in."""
        found = []
        for alarm_id in self.raised:
            pages = [facts for facts in self.pages.values() if any(fact.names(alarm_id) for fact in facts)]
            known = self.alarms.get(alarm_id, []) + [fact for facts in pages for fact in facts]
            chance.shuffle(known)
            found += [(alarm_id, one) for one in judge(alarm_id, known, ceilings(), until).missed]
        for page_id, facts in self.pages.items():
            if any(RANK[fact.priority or "low"] >= RANK["high"] for fact in facts):
                found += [(page_id, one) for one in judge_page(page_id, facts, self.raised, ceilings(), until).missed]
        return found


def audit(alarms: Sequence[Event], pages: Sequence[Event], until: datetime, seed: int = 0) -> list[tuple[UUID, Missed]]:
    """What the auditor finds in a record, judging again and again while it reads the topics side by side.

    Raises AssertionError when it found something that it takes back once it has read on: both were read up to there.
    """
    chance, auditor = Random(seed), Auditor()
    topics = [list(alarms), list(pages)]
    early: set[tuple[UUID, str]] = set()
    while waiting := [one for one in topics if one]:
        for _ in range(min(10, sum(map(len, waiting)))):
            auditor.read(chance.choice([one for one in topics if one]).pop(0))
        next_ones = [at_of(one[0]) for one in topics if one]
        both = min([until, *(at - timedelta(microseconds=1) for at in next_ones)])
        early |= {(subject, one.key) for subject, one in auditor.judged(both, chance)}
    found = auditor.judged(until, chance)
    assert early <= {(subject, one.key) for subject, one in found}, "a fault was found too early"
    return found


def at_of(event: Event) -> datetime:
    """When it happened."""
    return fact_of(event)[1].at


def fact_of(event: Any) -> tuple[UUID, Fact]:
    """What an event says, and of which alarm or page."""
    match event:
        case AlarmRaised() | AlarmPriorityChanged():
            began = isinstance(event, AlarmRaised)
            at, subject = (event.raised_at, "raised") if began else (event.changed_at, "changed")
            fact = Fact(what="urgent", at=at, since=event.qualified_at, late=event.late, priority=event.priority, subject=subject)
        case AlarmAcknowledged():
            fact = Fact(what="answered", at=event.acknowledged_at, priority=event.priority)
        case AlarmConditionCleared():
            fact = Fact(what="cleared", at=event.cleared_at)
        case AlarmConditionReturned():
            fact = Fact(what="returned", at=event.returned_at)
        case AlarmEnded():
            fact = Fact(what="ended", at=event.ended_at)
        case AcknowledgementLapsed():
            fact = Fact(what="lapsed", at=event.lapsed_at, priority=event.priority)
        case _:
            return event.page_id, _of_page(event).model_copy(update={"page_id": event.page_id})
    return event.alarm_id, fact


def _of_page(event: Any) -> Fact:
    match event:
        case PageOpened():
            alarms = ((event.alarm_id, event.priority),) if event.alarm_id else ()
            return Fact(what="opened", at=event.opened_at, priority=event.priority, subject=event.subject, alarms=alarms)
        case PageJoined():
            return Fact(what="joined", at=event.joined_at, priority=event.priority, alarms=((event.alarm_id, event.priority),))
        case PageSent():
            shown = tuple((one.alarm_id, one.priority) for one in event.alarms)
            who: dict[str, Any] = {"step": event.step, "staff_id": event.staff_id, "medium": event.medium}
            return Fact(what="sent", at=event.sent_at, priority=event.priority, alarms=shown, **who)
        case PageDelivered():
            return Fact(what="delivered", at=event.delivered_at, step=event.step, staff_id=event.staff_id, medium=event.medium)
        case PageFailed():
            return Fact(what="failed", at=event.failed_at, step=event.step, staff_id=event.staff_id, medium=event.medium)
        case PageEscalated():
            return Fact(what="escalated", at=event.escalated_at, priority=event.priority, step=event.step, told=len(event.told))
        case PageDeclined():
            return Fact(what="declined", at=event.declined_at, step=event.step, staff_id=event.staff_id)
        case PageAcknowledged():
            taken = tuple((one.alarm_id, one.priority) for one in event.alarms)
            return Fact(what="taken", at=event.answered_at, staff_id=event.staff_id, alarms=taken)
        case PageClosed():
            return Fact(what="closed", at=event.closed_at)
    raise AssertionError(f"no fact is made of {event}")
