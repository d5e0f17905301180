"""Alarms and pages as they are judged, and what was said about them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from kit.db import Tx
from services.auditor.rules.facts import Fact
from services.auditor.store.named import queries


@dataclass
class Subject:
    """An alarm or a page. What a handler changes of it is kept by `keep`."""

    id: UUID
    kind: Literal["alarm", "page"]
    key: str
    """The record key of its events."""
    session_id: UUID | None
    device_id: str | None
    chair: int | None
    title: str
    said: bool
    """Whether monitoring said that an alarm began: pages may tell of one before."""
    high: bool
    """Whether it was ever a high one: the others are not judged."""
    stands_since: datetime | None
    judged_until: datetime | None
    next_at: datetime | None

    @property
    def source(self) -> str:
        """What its faults are filed under."""
        return f"{self.kind} {self.id}"


async def hold(tx: Tx, subject_id: UUID, kind: Literal["alarm", "page"], key: str) -> Subject:
    """An alarm or a page, held until the transaction ends; made when it was not heard of before."""
    await queries.meet(tx.db, id=subject_id, kind=kind, key=key)
    return Subject(**dict(await queries.hold(tx.db, id=subject_id)))


async def hold_known(tx: Tx, subject_id: UUID) -> Subject | None:
    """One that was heard of, held."""
    row = await queries.hold(tx.db, id=subject_id)
    return Subject(**dict(row)) if row else None


async def keep(tx: Tx, subject: Subject) -> None:
    """Keep what changed."""
    kept = {name: value for name, value in vars(subject).items() if name != "kind"}
    await queries.keep(tx.db, **kept)


async def note(tx: Tx, event_id: UUID, about: UUID, fact: Fact) -> None:
    """Something was said about an alarm or a page."""
    await queries.note_fact(tx.db, event_id=event_id, about=about, fact=fact.model_dump_json())


async def facts(tx: Tx, subject: Subject) -> list[Fact]:
    """Everything that was said about it, in no order."""
    rows = (
        queries.facts_of_alarm(tx.db, alarm_id=subject.id)
        if subject.kind == "alarm"
        else queries.facts_of_page(tx.db, page_id=subject.id)
    )
    return [Fact.model_validate_json(row["fact"]) async for row in rows]


async def name_alarms(tx: Tx, page_id: UUID, alarm_ids: Iterable[UUID]) -> None:
    """A page names alarms."""
    if wanted := sorted(alarm_ids):
        await queries.name_alarms(tx.db, page_id=page_id, alarm_ids=wanted)


async def named_by(tx: Tx, page_id: UUID) -> list[UUID]:
    """The alarms that a page ever named."""
    return [row["alarm_id"] async for row in queries.named_by(tx.db, page_id=page_id)]


async def naming(tx: Tx, alarm_id: UUID) -> list[UUID]:
    """The pages that ever named an alarm."""
    return [row["page_id"] async for row in queries.naming(tx.db, alarm_id=alarm_id)]


async def said_of(tx: Tx, alarm_ids: Iterable[UUID]) -> set[UUID]:
    """Which of these alarms monitoring said."""
    return {row["id"] async for row in queries.said_of(tx.db, ids=sorted(alarm_ids))}


async def standing(tx: Tx) -> dict[UUID, datetime]:
    """High alarms that stand, and since when."""
    return {row["id"]: row["stands_since"] async for row in queries.standing(tx.db)}


async def forget(tx: Tx, subject_id: UUID) -> None:
    """Forget an alarm or a page with everything said about it; its audits and faults stay."""
    await queries.forget_facts(tx.db, about=subject_id)
    await queries.forget_named(tx.db, about=subject_id)
    await queries.forget(tx.db, about=subject_id)
