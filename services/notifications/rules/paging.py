"""What moves a page: which of its alarms are asked about, and what follows when that changes.

A page asks about the alarms of one session together. Each of them is its own item: answered for itself, lapsing for itself. The
ladder is that of the most urgent one that nobody has answered.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

from schemas.monitoring.alarms import Priority
from schemas.notifications.pages import AnsweredAlarm
from services.notifications.rules.policy import RANK

Move = Literal["begin", "tell again", "go on", "rest", "close", "nothing"]
"""Climb from the foot; tell those already told, who do not know all of it; climb on by a gentler ladder; stop until an answer
lapses; it is over; nothing."""


@dataclass
class Item:
    """What a page asks about: an alarm, or what else a page can be of."""

    source: str
    alarm_id: UUID | None
    code: str
    title: str
    priority: Priority
    since: datetime
    told: bool = False
    """Whether somebody was shown it at this priority."""
    answer_id: UUID | None = None
    answered_by: str | None = None
    answered_at: datetime | None = None
    ended: bool = False

    @property
    def asked(self) -> bool:
        """Whether somebody must still answer."""
        return not self.ended and self.answered_at is None

    def answered(self, answer_id: UUID, by: str, at: datetime) -> None:
        """Somebody answered it."""
        self.answer_id, self.answered_by, self.answered_at = answer_id, by, at

    def asks_again(self) -> None:
        """Whatever was answered no longer holds."""
        self.answer_id = self.answered_by = self.answered_at = None
        self.told = False


@dataclass(frozen=True)
class Asking:
    """Which items a page asks about, most urgent first, and whether it holds any at all."""

    asked: tuple[tuple[str, Priority, bool], ...]
    """Source, priority and whether it was told."""
    holds: bool

    @property
    def rank(self) -> int:
        """The rank of the most urgent; -1 when nothing is asked."""
        return max((RANK[priority] for _, priority, _ in self.asked), default=-1)


def asking(items: Iterable[Item]) -> Asking:
    """What items ask for now."""
    standing = [item for item in items if not item.ended]
    return Asking(tuple((i.source, i.priority, i.told) for i in by_urgency(standing) if i.asked), bool(standing))


def by_urgency(items: Iterable[Item]) -> list[Item]:
    """The most urgent first, then the oldest."""
    return sorted(items, key=lambda item: (-RANK[item.priority], item.since, item.source))


def asked(items: Iterable[Item]) -> list[Item]:
    """The items that nobody has answered, the most urgent first."""
    return by_urgency(item for item in items if item.asked)


def next_move(before: Asking, now: Asking) -> Move:
    """What a change asks for. High alarms are always told; a medium one beside them waits until they are answered."""
    if not now.holds:
        return "close"
    if not now.asked:
        return "rest" if before.asked else "nothing"
    if now.rank > before.rank:
        return "begin"
    if now.rank < before.rank:
        return "go on" if all(told for _, _, told in now.asked) else "begin"
    known = {source: RANK[priority] for source, priority, _ in before.asked}
    pressing = [RANK[priority] for source, priority, _ in now.asked if RANK[priority] > known.get(source, -1)]
    return "tell again" if any(rank >= min(now.rank, RANK["high"]) for rank in pressing) else "nothing"


Refusal = Literal["already answered", "over", "more urgent now", "not yours", "unknown"]


@dataclass(frozen=True)
class Covered:
    """What an answer covers; or why it covers nothing."""

    items: tuple[Item, ...] = field(default=())
    refusal: Refusal | None = None


def covered(items: Sequence[Item], shown: Sequence[AnsweredAlarm] | None) -> Covered:
    """Which items an answer covers: those it was shown, at no lower priority than they have now. None: all that are asked."""
    standing = [item for item in items if not item.ended]
    if not standing:
        return Covered(refusal="over")
    wanted = asked(items)
    if not wanted:
        return Covered(refusal="already answered")
    if shown is None:
        return Covered(tuple(wanted))
    seen = {one.alarm_id: RANK[one.priority] for one in shown}
    found = tuple(i for i in wanted if i.alarm_id is None or seen.get(i.alarm_id, -1) >= RANK[i.priority])
    return Covered(found) if found else Covered(refusal="more urgent now")


def shown(items: Iterable[Item]) -> tuple[AnsweredAlarm, ...]:
    """What a telling shows of these items."""
    return tuple(AnsweredAlarm(alarm_id=i.alarm_id, priority=i.priority) for i in items if i.alarm_id is not None)
