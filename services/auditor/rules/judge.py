"""The judge of an alarm: from facts in any order to what was missed, and to when something may be missed next."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from schemas.auditor.audits import FaultKind
from schemas.monitoring.alarms import Priority
from services.auditor.rules.calls import Call, Standing, standing
from services.auditor.rules.ceilings import RANK, Ceilings
from services.auditor.rules.facts import Fact, in_order

JUST_AFTER = timedelta(milliseconds=1)


@dataclass(frozen=True)
class Missed:
    """Something that should have been by an instant, and was not."""

    kind: FaultKind
    key: str
    """The same for the same miss, however often it is judged."""
    due_at: datetime
    priority: Priority
    mended_at: datetime | None = None
    judged_at: datetime | None = None
    """When it can be judged, where that is later than when it was due: nobody tells of what was not said yet."""

    @property
    def kept(self) -> bool:
        """It was not missed after all."""
        return self.mended_at is not None and self.mended_at <= self.due_at

    @property
    def wakes(self) -> datetime:
        """When to judge it: what is said at the very instant is in time."""
        return max(self.due_at, self.judged_at or self.due_at) + JUST_AFTER


@dataclass(frozen=True)
class Audit:
    """How one call went, once nothing can change it."""

    call: Call
    told_after: float | None
    answered_after: float | None
    passed_on: bool
    kept: bool


@dataclass(frozen=True)
class Verdict:
    """What was missed until an instant, which calls are over, and when to judge again."""

    missed: tuple[Missed, ...] = ()
    audits: tuple[Audit, ...] = ()
    next_at: datetime | None = None
    stands_since: datetime | None = None


def judge(alarm_id: UUID, facts: Iterable[Fact], ceilings: Ceilings, until: datetime, *, rate: float = 1.0) -> Verdict:
    """What was missed about an alarm, as far as both topics are read until an instant.

    `rate` is the clinic's clock: what may pass between a time and a receipt is wall time.
    """
    known = in_order(facts)
    allowance = timedelta(seconds=ceilings.allowance.seconds * max(1.0, rate))
    course = standing(alarm_id, known, ceilings)
    sent = [fact for fact in known if fact.what == "sent" and fact.names(alarm_id) is not None]
    missed: list[Missed] = []
    audits: list[Audit] = []
    waits: list[datetime] = []
    for call in course.calls:
        mine, later = sort_out(_dues(alarm_id, call, sent, ceilings, allowance), until)
        missed += mine
        waits += later
        if call.ends is not None and (final := call.ends + allowance + JUST_AFTER) > until:
            waits.append(final)
        elif call.ends is not None and not later:
            audits.append(_audit(alarm_id, call, sent, ceilings, kept=not mine))
    mine, later = sort_out(_closed_too_soon(alarm_id, known, course, allowance), until)
    missed += mine
    waits += later
    found = tuple(sorted(missed, key=lambda one: (one.due_at, one.key)))
    return Verdict(found, tuple(audits), min(waits, default=None), course.since)


def sort_out(dues: Iterable[Missed], until: datetime) -> tuple[list[Missed], list[datetime]]:
    """Of what was due and not kept: what is missed as far as was read, and when to judge the others."""
    wrong = [due for due in dues if not due.kept]
    return [due for due in wrong if due.wakes <= until], [due.wakes for due in wrong if due.wakes > until]


def _dues(alarm_id: UUID, call: Call, sent: Sequence[Fact], ceilings: Ceilings, allowance: timedelta) -> Iterator[Missed]:
    """What a call asks for: somebody told by each step's ceiling, and an answer before the last step's time is over.

    `mended_at` says when it was so; it is missed when that is after `due_at`, or never.
    """
    steps = ceilings.steps(call.priority)
    of_this = f"{alarm_id} {call.begins.isoformat()} {call.priority}"
    for number, after in enumerate(steps):
        due = call.begins + after + allowance
        if due <= call.applies:
            continue
        reached = next((one.at for one in sent if _covers(alarm_id, one, call, number)), None)
        kind = _kind(call, number, due)
        yield Missed(kind, f"{of_this} step {number}", due, call.priority, _first(reached, call.ends), call.decided + allowance)
    last = call.begins + steps[-1] + ceilings.step_lasts(call.priority, len(steps) - 1) + allowance
    yield Missed("unanswered", f"{of_this} unanswered", last, call.priority, call.ends)


def _covers(alarm_id: UUID, one: Fact, call: Call, step: int) -> bool:
    """Whether a telling is of a call's step or later: an emergency's first step tells all whom a high alarm's last does."""
    shown = one.names(alarm_id)
    if shown is None or RANK[shown] < RANK[call.priority] or one.at < call.begins:
        return False
    return one.step >= step or RANK[one.priority or "low"] > RANK[call.priority]


def _kind(call: Call, step: int, due: datetime) -> FaultKind:
    if call.answered_for_less is not None and call.answered_for_less <= due:
        return "answered for less"
    if step == 0:
        return "not paged again" if call.because == "lapsed" else "nobody told"
    return "not passed on"


def _first(*instants: datetime | None) -> datetime | None:
    return min((one for one in instants if one is not None), default=None)


def _audit(alarm_id: UUID, call: Call, sent: Sequence[Fact], ceilings: Ceilings, *, kept: bool) -> Audit:
    told = next((one.at for one in sent if _covers(alarm_id, one, call, 0)), None)
    if told is not None and call.ends is not None and told > call.ends:
        told = None
    second = call.begins + ceilings.steps(call.priority)[1]
    waited = (call.ends - call.begins).total_seconds() if call.ends is not None and call.over == "answered" else None
    return Audit(
        call,
        (told - call.begins).total_seconds() if told is not None else None,
        waited,
        call.ends is not None and call.ends > second,
        kept,
    )


def _closed_too_soon(alarm_id: UUID, known: Sequence[Fact], course: Standing, allowance: timedelta) -> Iterator[Missed]:
    """A page that was closed while its alarm stands, when no other page holds it."""
    naming = [fact for fact in known if fact.what in ("opened", "joined", "sent") and fact.names(alarm_id) is not None]
    closings = {fact.page_id: fact.at for fact in reversed(known) if fact.what == "closed"}
    for page_id, closed_at in sorted(closings.items(), key=lambda one: (one[1], str(one[0]))):
        due = closed_at + allowance
        if page_id not in {fact.page_id for fact in naming} or not course.at(due):
            continue
        held = {fact.page_id for fact in naming if fact.at <= due and closings.get(fact.page_id, due) >= due} - {page_id}
        if not held:
            again = next((fact.at for fact in naming if fact.at > due and fact.page_id != page_id), None)
            over = next((end for begin, end in course.stood if begin <= due and (end is None or due < end)), None)
            yield Missed("closed too soon", f"{alarm_id} {page_id} closed", due, "high", _first(again, over))
