"""Alarms and pages as they are judged, and what was said about them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal
from uuid import UUID

from kit.db import Tx
from services.auditor.rules.facts import Fact
from services.auditor.store.named import queries


@dataclass(frozen=True)
class Met:
    """An alarm or a page as one event shows it."""

    id: UUID
    kind: Literal["alarm", "page"]
    key: str
    """The record key of its events."""
    session_id: UUID | None = None
    device_id: str | None = None
    chair: int | None = None
    title: str = ""
    said: bool = False
    """Whether this says that it began: others may speak of it before."""
    high: bool = False
    """Whether it is a high one here: the others are not judged."""

    def and_then(self, later: "Met") -> "Met":
        """As it is after a later event."""
        return replace(
            self,
            session_id=later.session_id or self.session_id,
            device_id=later.device_id or self.device_id,
            chair=later.chair if later.chair is not None else self.chair,
            title=later.title or self.title,
            said=self.said or later.said,
            high=self.high or later.high,
        )


@dataclass(frozen=True)
class Heard:
    """One event: what it is about, what it says, and which other alarms it names as high ones."""

    event_id: UUID
    about: Met
    fact: Fact
    named: tuple[Met, ...] = ()


@dataclass
class Subject:
    """An alarm or a page. What a judgement changes of it is kept by `keep`."""

    id: UUID
    kind: Literal["alarm", "page"]
    key: str
    session_id: UUID | None
    device_id: str | None
    chair: int | None
    title: str
    said: bool
    high: bool
    stands_since: datetime | None
    judged_until: datetime | None
    next_at: datetime | None

    @property
    def source(self) -> str:
        """What its faults are filed under."""
        return f"{self.kind} {self.id}"


async def hear(tx: Tx, heard: Sequence[Heard]) -> list[UUID]:
    """Write down what was said. Returns the ids of what must be judged anew: what it is about, and what stands beside that."""
    met: dict[UUID, Met] = {}
    for one in (met for event in heard for met in (event.about, *event.named)):
        met[one.id] = met[one.id].and_then(one) if one.id in met else one
    rows = [met[subject_id] for subject_id in sorted(met)]
    await queries.meet(
        tx.db,
        ids=[one.id for one in rows],
        kinds=[one.kind for one in rows],
        keys=[one.key for one in rows],
        sessions=[one.session_id for one in rows],
        devices=[one.device_id for one in rows],
        chairs=[one.chair for one in rows],
        titles=[one.title for one in rows],
        said=[one.said for one in rows],
        high=[one.high for one in rows],
    )
    await queries.note(
        tx.db,
        events=[one.event_id for one in heard],
        about=[one.about.id for one in heard],
        facts=[one.fact.model_dump_json() for one in heard],
    )
    pairs = sorted({(one.about.id, alarm_id) for one in heard for alarm_id, _ in one.fact.alarms})
    if pairs:
        await queries.name_alarms(tx.db, pages=[page for page, _ in pairs], alarms=[alarm for _, alarm in pairs])
    beside = [row["id"] async for row in queries.beside(tx.db, ids=list(met))]
    return sorted({*met, *beside})


async def hold(tx: Tx, ids: Sequence[UUID]) -> list[Subject]:
    """Those of them that are judged, held until the transaction ends."""
    return [Subject(**dict(row)) async for row in queries.hold(tx.db, ids=list(ids))]


async def see(tx: Tx, subject_id: UUID) -> Subject | None:
    """One that was heard of, to be read."""
    row = await queries.see(tx.db, id=subject_id)
    return Subject(**dict(row)) if row else None


async def keep(tx: Tx, subject: Subject) -> None:
    """Keep what was judged."""
    judged = {name: getattr(subject, name) for name in ("id", "stands_since", "judged_until", "next_at")}
    await queries.keep(tx.db, **judged)


async def facts(tx: Tx, subject: Subject) -> list[Fact]:
    """Everything that was said about it, in no order."""
    rows = (
        queries.facts_of_alarm(tx.db, alarm_id=subject.id)
        if subject.kind == "alarm"
        else queries.facts_of_page(tx.db, page_id=subject.id)
    )
    return [Fact.model_validate_json(row["fact"]) async for row in rows]


async def named_by(tx: Tx, page_id: UUID) -> list[UUID]:
    """The alarms that a page ever named."""
    return [row["alarm_id"] async for row in queries.named_by(tx.db, page_id=page_id)]


async def said_on(tx: Tx, page_id: UUID) -> set[UUID]:
    """Which of the alarms that a page ever named monitoring said."""
    return {row["id"] async for row in queries.said_on(tx.db, page_id=page_id)}


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
