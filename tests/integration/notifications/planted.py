"""Faults planted on purpose in the record of a run, each where the auditor must find it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from schemas.event import Event
from schemas.monitoring.alarms import AlarmAcknowledged
from schemas.notifications.pages import AcknowledgementLapsed, AnsweredAlarm, PageAcknowledged, PageClosed, PageSent
from services.auditor.rules.calls import Call, standing
from services.auditor.tables import ceilings
from tests.integration.notifications.audited import fact_of
from tests.integration.notifications.ward import RANK, STEPS

ALLOWANCE = timedelta(seconds=5)
JUST_AFTER = timedelta(milliseconds=2)


@dataclass(frozen=True)
class Planted:
    """A record with a fault in it, and what the auditor must call it."""

    alarms: Sequence[Event]
    pages: Sequence[Event]
    alarm_id: UUID
    kinds: tuple[str, ...]


@dataclass(frozen=True)
class Record:
    """What was said in a run, until its end."""

    alarms: Sequence[Event]
    pages: Sequence[Event]
    until: datetime

    def calls(self) -> Iterator[tuple[UUID, Call]]:
        """When people were asked about high alarms."""
        for alarm_id in {event.alarm_id for event in self.alarms}:
            mine = [fact for event in (*self.alarms, *self.pages) for subject, fact in [fact_of(event)]
                    if subject == alarm_id or fact.what == "taken"]  # fmt: skip
            for call in standing(alarm_id, mine, ceilings()).calls:
                yield alarm_id, call

    def lasts(self, call: Call, until: datetime) -> bool:
        """Whether people are still asked then, and the record goes so far."""
        return until + JUST_AFTER < self.until and (call.ends is None or call.ends > until) and call.applies < until

    def without(self, drop: Callable[[Event], bool]) -> list[Event]:
        """The pages topic without some events."""
        return [event for event in self.pages if not drop(event)]


def telling_dropped(record: Record) -> Iterator[Planted]:
    """A page went out and is not in the record: nobody was told when people were first to be."""
    for alarm_id, call in record.calls():
        due = call.begins + ALLOWANCE
        if record.lasts(call, due):
            kept = record.without(lambda event, i=alarm_id, a=call.begins, b=due: _tells(event, i, a, b))
            yield Planted(record.alarms, kept, alarm_id, ("nobody told", "not paged again"))


def step_skipped(record: Record) -> Iterator[Planted]:
    """A step of the ladder told nobody."""
    for alarm_id, call in record.calls():
        for number, after in enumerate(STEPS[call.priority]):
            due = call.begins + timedelta(seconds=after) + ALLOWANCE
            if number and record.lasts(call, due):
                kept = record.without(
                    lambda event, i=alarm_id, c=call, n=number, d=due: (
                        _tells(event, i, c.begins, d) and (event.step >= n or RANK[event.priority] > RANK[c.priority])
                    )
                )
                yield Planted(record.alarms, kept, alarm_id, ("not passed on",))


def answered_for_less(record: Record) -> Iterator[Planted]:
    """An answer to a medium alarm silences a high one before its next step."""
    for alarm_id, call in record.calls():
        if call.ends is None or call.over != "answered":
            continue
        given = [event for event in record.pages if _answers(event, alarm_id) and event.answered_at == call.ends]
        step = next(
            (n for n, after in enumerate(STEPS[call.priority]) if call.begins + timedelta(seconds=after) > call.ends), None
        )
        if step is None or len(given) != 1:
            continue
        due = call.begins + timedelta(seconds=STEPS[call.priority][step]) + ALLOWANCE
        mine = [event for event in record.alarms if event.alarm_id == alarm_id]
        echoes = [event for event in mine if isinstance(event, AlarmAcknowledged)]
        changed = any(call.ends <= fact_of(event)[1].at <= due for event in mine if event not in echoes)
        again = any(call.ends < event.acknowledged_at <= due for event in echoes)
        if changed or again or due + JUST_AFTER >= record.until or call.applies >= due:
            continue
        pages = [_for_less(event, alarm_id) if event in given else event for event in record.pages]
        kept = [event for event in pages if not _covers(event, alarm_id, call, step, due)]
        dropped = [event for event in echoes if event.acknowledged_at == call.ends]
        yield Planted([event for event in record.alarms if event not in dropped], kept, alarm_id, ("answered for less",))


def lapse_suppressed(record: Record) -> Iterator[Planted]:
    """An answer grew too old, and nobody was paged again."""
    for alarm_id, call in record.calls():
        due = call.begins + ALLOWANCE
        if call.because == "lapsed" and record.lasts(call, due) and not _cleared(record, alarm_id):
            kept = record.without(
                lambda event, i=alarm_id, a=call.begins, b=due: (
                    _tells(event, i, a, b) or (isinstance(event, AcknowledgementLapsed) and event.alarm_id == i)
                )
            )
            yield Planted(record.alarms, kept, alarm_id, ("not paged again",))


def closed_while_it_stands(record: Record) -> Iterator[Planted]:
    """A page is closed and its alarm stands."""
    for alarm_id, call in record.calls():
        at = call.begins + timedelta(seconds=1)
        pages = {event.page_id: event for event in record.pages if isinstance(event, PageSent) and _tells(event, alarm_id)}
        if len(pages) != 1 or not record.lasts(call, at + ALLOWANCE):
            continue
        [page] = pages.values()
        if page.sent_at > at or any(isinstance(event, PageClosed) and event.page_id == page.page_id for event in record.pages):
            continue
        closed = PageClosed(page_id=page.page_id, session_id=page.session_id, chair=page.chair, reason="ended", closed_at=at)
        place = next((n for n, event in enumerate(record.pages) if fact_of(event)[1].at > at), len(record.pages))
        yield Planted(record.alarms, [*record.pages[:place], closed, *record.pages[place:]], alarm_id, ("closed too soon",))


def _tells(event: Event, alarm_id: UUID, since: datetime | None = None, until: datetime | None = None) -> bool:
    if not isinstance(event, PageSent) or all(one.alarm_id != alarm_id for one in event.alarms):
        return False
    return (since is None or event.sent_at >= since) and (until is None or event.sent_at <= until)


def _covers(event: Event, alarm_id: UUID, call: Call, step: int, until: datetime) -> bool:
    if not _tells(event, alarm_id, call.begins, until):
        return False
    return event.step >= step or RANK[event.priority] > RANK[call.priority]


def _answers(event: Event, alarm_id: UUID) -> bool:
    return isinstance(event, PageAcknowledged) and any(one.alarm_id == alarm_id for one in event.alarms)


def _for_less(event: PageAcknowledged, alarm_id: UUID) -> PageAcknowledged:
    alarms = tuple(
        AnsweredAlarm(alarm_id=one.alarm_id, priority="medium" if one.alarm_id == alarm_id else one.priority)
        for one in event.alarms
    )
    return event.model_copy(update={"alarms": alarms})


def _cleared(record: Record, alarm_id: UUID) -> bool:
    return any(fact.what == "cleared" for subject, fact in map(fact_of, record.alarms) if subject == alarm_id)


FAULTS = (telling_dropped, step_skipped, answered_for_less, lapse_suppressed, closed_while_it_stands)
