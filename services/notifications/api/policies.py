"""Policies: who would be told of an alarm, when, and by what; and what an answer to it would be worth."""

from datetime import datetime
from typing import Annotated

from fastapi import Query
from pydantic import BaseModel, Field

from kit.fields import Instant
from kit.http import Command, Refused, Routes, needs
from kit.tables import Evidence
from schemas.monitoring.alarms import Priority
from services.notifications.rules.people import Whom, anybody, whom
from services.notifications.rules.policy import Subject, lapses_at, repeat_of
from services.notifications.rules.roster import members_at
from services.notifications.settings import policies_of
from services.notifications.store import people, ways

routes = Routes(tags=["policies"])


class PersonTold(BaseModel):
    """Somebody who would be told, and by which channels, the first tried first."""

    staff_id: str
    channels: list[str]


class StepShown(BaseModel):
    """A step: when, whom the policy tells, and who that is."""

    after_seconds: float
    tell: tuple[Whom, ...]
    told: list[PersonTold]
    nobody_of_the_kind: bool
    """Nobody of the kinds is on duty or on call: the next step is told at once; after the last, whoever works here."""
    source: str
    evidence: Evidence


class Explained(BaseModel):
    """Who would be told of an alarm if nobody answered."""

    ladder: str
    version: str
    at: datetime
    ways: str
    steps: list[StepShown]
    repeated_every_seconds: float
    answer_lapses_after_seconds: float | None
    """None: an answer holds until the alarm ends."""
    answered_by: list[str]
    """Roles whose answer counts; empty: anybody's."""


@routes.get("/policies/explain", dependencies=[needs("contacts.read")])
async def explain(
    tx: Command,
    priority: Priority,
    subject: Subject = "alarm",
    code: Annotated[str, Field(max_length=40), Query()] = "",
    chair: Annotated[int | None, Query(ge=1, le=9999)] = None,
    at: Instant | None = None,
) -> Explained:
    """Who would be told of an alarm, and when, with the roster as it is at an instant (default: now)."""
    policies, now = policies_of(tx.settings), at or tx.now
    ladder = policies.ladder_of(subject, priority, code)
    if ladder is None:
        expected = ", ".join(sorted({one.priority for one in policies.ladder if one.subject == subject}))
        title = "Nobody is paged"
        raise Refused(404, title, f"no policy is for {subject} of {priority} priority", field="query.priority", expected=expected)
    steps = policies.steps(ladder.name)
    staff = members_at(await people.roster(tx, now, now), now)
    known = await ways.contacts(tx)
    shown = []
    for number, step in enumerate(steps, 1):
        found = whom(step.tell, chair, staff)
        told = found or (anybody(step.tell, staff) if number == len(steps) else [])
        shown.append(
            StepShown(
                after_seconds=step.after_seconds,
                tell=step.tell,
                told=[PersonTold(staff_id=one, channels=[w.channel for w in known.get(one, [])] or ["console"]) for one in told],
                nobody_of_the_kind=not found,
                source=step.source,
                evidence=step.evidence,
            )
        )
    lapse = lapses_at(policies.lapse, priority, now) if subject == "alarm" else None
    return Explained(
        ladder=ladder.name,
        version=policies.version,
        at=now,
        ways=ladder.ways,
        steps=shown,
        repeated_every_seconds=repeat_of(steps),
        answer_lapses_after_seconds=(lapse - now).total_seconds() if lapse else None,
        answered_by=list(ladder.answered_by),
    )
