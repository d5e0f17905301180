"""The judge of a page: that it is about an alarm, that a step tells somebody, and that a channel with receipts gives one."""

from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from uuid import UUID

from services.auditor.rules.ceilings import RANK, Ceilings
from services.auditor.rules.facts import Fact, in_order
from services.auditor.rules.judge import Missed, Verdict, sort_out

RECEIPTS = frozenset({"sms", "voice"})
"""Media whose providers say whether it reached the device."""
HIGH = RANK["high"]


def judge_page(
    page_id: UUID, facts: Iterable[Fact], said: AbstractSet[UUID], ceilings: Ceilings, until: datetime, *, rate: float = 1.0
) -> Verdict:
    """What is wrong with a page, as far as both topics are read until an instant. `said` are the alarms that were said."""
    known = in_order(facts)
    allowance = timedelta(seconds=ceilings.allowance.seconds * max(1.0, rate))
    dues = (
        *_unfounded(page_id, known, said, allowance),
        *_unheard(page_id, known, allowance),
        *_unproven(page_id, known, ceilings, allowance),
    )
    missed, waits = sort_out(dues, until)
    found = tuple(sorted(missed, key=lambda one: (one.due_at, one.key)))
    return Verdict(found, next_at=min(waits, default=None))


def _unfounded(page_id: UUID, known: Sequence[Fact], said: AbstractSet[UUID], allowance: timedelta) -> Iterator[Missed]:
    """Something is said of a page that never opened, or it is about an alarm that nobody raised."""
    if known and not any(fact.what == "opened" for fact in known):
        yield Missed("no such page", f"{page_id} unopened", known[0].at + allowance, "high")
    for fact in known:
        if fact.what in ("opened", "joined"):
            for alarm_id, shown in fact.alarms:
                if RANK[shown] >= HIGH and alarm_id not in said:
                    yield Missed("no such alarm", f"{page_id} {alarm_id} unfounded", fact.at + allowance, shown)


def _unheard(page_id: UUID, known: Sequence[Fact], allowance: timedelta) -> Iterator[Missed]:
    """A step says whom it tells, and no channel took it for any of them."""
    for step in known:
        if step.what != "escalated" or not step.told or RANK[step.priority or "low"] < HIGH:
            continue
        over = (fact.at for fact in known if fact.at >= step.at and _settles(fact, step))
        key = f"{page_id} step {step.step} {step.at.isoformat()} unheard"
        yield Missed("told nobody", key, step.at + allowance, step.priority or "high", min(over, default=None))


def _settles(fact: Fact, step: Fact) -> bool:
    return fact.what in ("taken", "closed") or (fact.what == "sent" and fact.step >= step.step)


def _unproven(page_id: UUID, known: Sequence[Fact], ceilings: Ceilings, allowance: timedelta) -> Iterator[Missed]:
    """A channel that gives receipts took a page, and no receipt and no answer came before the next step was due."""
    for sent in known:
        if sent.what != "sent" or sent.medium not in RECEIPTS or RANK[sent.priority or "low"] < HIGH:
            continue
        proofs = (fact.at for fact in known if fact.at >= sent.at and _proves(fact, sent))
        due = sent.at + ceilings.step_lasts(sent.priority or "high", sent.step) + allowance
        key = f"{page_id} step {sent.step} {sent.at.isoformat()} {sent.staff_id} {sent.medium} unproven"
        yield Missed("delivery unproven", key, due, sent.priority or "high", min(proofs, default=None))


def _proves(fact: Fact, sent: Fact) -> bool:
    if fact.what in ("taken", "closed"):
        return True
    mine = fact.staff_id == sent.staff_id
    return mine and (fact.what == "declined" or (fact.what in ("delivered", "failed") and fact.medium in ("", sent.medium)))
