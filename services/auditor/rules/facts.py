"""Facts: what the auditor read on two topics, in a form that can be judged in any order and however often it came."""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from schemas.monitoring.alarms import Priority

AlarmWhat = Literal["urgent", "returned", "answered", "lapsed", "cleared", "ended"]
"""Of an alarm: `urgent` says its priority; `returned` and `cleared` its condition; an answer; one that lapsed; its end."""
PageWhat = Literal["opened", "joined", "sent", "delivered", "failed", "escalated", "declined", "taken", "closed"]
"""Of a page: `taken` is an answer given to it; the others are as they are said."""
ORDER = ("urgent", "returned", "answered", "taken", "lapsed", "cleared", "ended")
"""At one instant, in this order."""


class Fact(BaseModel):
    """One thing that was said. Equal ones are one."""

    model_config = ConfigDict(frozen=True)

    what: AlarmWhat | PageWhat
    at: datetime
    """When it was decided, by whoever said it."""
    since: datetime | None = None
    """When a delay or confirmation was complete, in the time of measurement."""
    late: bool = False
    priority: Priority | None = None
    page_id: UUID | None = None
    subject: str = ""
    """What a page is about; `raised` where an alarm began, not changed."""
    step: int = 0
    staff_id: str = ""
    medium: str = ""
    alarms: tuple[tuple[UUID, Priority], ...] = ()
    """The alarms it names, with the priorities shown."""
    told: int = 0
    """How many people a step is for."""

    def names(self, alarm_id: UUID) -> Priority | None:
        """The priority at which it names an alarm; None when it doesn't."""
        return next((priority for named, priority in self.alarms if named == alarm_id), None)


def in_order(facts: Iterable[Fact]) -> list[Fact]:
    """Facts by their instants, each once: the same list whatever order they came in."""
    return sorted(set(facts), key=lambda fact: (fact.at, _place(fact.what), fact.model_dump_json()))


def _place(what: str) -> int:
    return ORDER.index(what) if what in ORDER else len(ORDER)
