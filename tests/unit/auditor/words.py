"""Words for the tables of the judge's tests: seconds since an alarm, and what was said then."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from schemas.monitoring.alarms import Priority
from services.auditor.rules.facts import Fact
from services.auditor.tables import ceilings

ZERO = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
ALARM, OTHER = UUID(int=1), UUID(int=2)
PAGE, SECOND = UUID(int=11), UUID(int=12)
TABLE = ceilings()


def at(seconds: float) -> datetime:
    return ZERO + timedelta(seconds=seconds)


def raised(
    seconds: float, priority: Priority = "high", *, since: float | None = None, late: bool = False, began: bool = True
) -> Fact:
    return Fact(
        what="urgent",
        at=at(seconds),
        priority=priority,
        since=at(since) if since is not None else None,
        late=late,
        subject="raised" if began else "changed",
    )


def changed(seconds: float, priority: Priority) -> Fact:
    return raised(seconds, priority, began=False)


def opened(seconds: float, priority: Priority = "high", page: UUID = PAGE, subject: str = "alarm") -> Fact:
    shown = ((ALARM, priority),) if subject == "alarm" else ()
    return Fact(what="opened", at=at(seconds), priority=priority, page_id=page, subject=subject, alarms=shown)


def sent(
    seconds: float,
    step: int,
    priority: Priority = "high",
    *,
    shown: Priority | None = None,
    page: UUID = PAGE,
    staff: str = "nurse-1",
    medium: str = "push",
    alarm: UUID = ALARM,
) -> Fact:
    return Fact(
        what="sent",
        at=at(seconds),
        priority=priority,
        step=step,
        page_id=page,
        staff_id=staff,
        medium=medium,
        alarms=((alarm, shown or priority),),
    )


def answered(seconds: float, priority: Priority = "high") -> Fact:
    return Fact(what="answered", at=at(seconds), priority=priority)


def taken(seconds: float, priority: Priority = "high", *, alarm: UUID = ALARM) -> Fact:
    return Fact(what="taken", at=at(seconds), page_id=PAGE, staff_id="nurse-1", alarms=((alarm, priority),))


def lapsed(seconds: float) -> Fact:
    return Fact(what="lapsed", at=at(seconds), priority="high")


def cleared(seconds: float) -> Fact:
    return Fact(what="cleared", at=at(seconds))


def ended(seconds: float) -> Fact:
    return Fact(what="ended", at=at(seconds))


def closed(seconds: float, page: UUID = PAGE) -> Fact:
    return Fact(what="closed", at=at(seconds), page_id=page)


def of_page(what: str, seconds: float, *, step: int = 0, staff: str = "nurse-1", medium: str = "", told: int = 0) -> Fact:
    return Fact.model_validate(
        {
            "what": what,
            "at": at(seconds),
            "page_id": PAGE,
            "priority": "high",
            "step": step,
            "staff_id": staff,
            "medium": medium,
            "told": told,
        }
    )


LADDER = [sent(0.1, 0), sent(30.1, 1), sent(60.1, 2), sent(120.1, 3)]
"""A high alarm's steps, each told in time."""
EMERGENCY = [sent(0.1, 0, "emergency"), sent(15.1, 1, "emergency"), sent(30.1, 2, "emergency"), sent(60.1, 3, "emergency")]
