"""How what the engine finds becomes rows and events, whichever room asked it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from kit.db import Tx
from kit.timers import Timer
from schemas.event import Event
from schemas.monitoring.alarms import (
    AlarmAcknowledged,
    AlarmConditionCleared,
    AlarmConditionReturned,
    AlarmEnded,
    AlarmKind,
    AlarmPriorityChanged,
    AlarmRaised,
    Priority,
)
from schemas.monitoring.vitals import VITALS
from services.monitoring import tables
from services.monitoring.rules.conditions import NEVER
from services.monitoring.rules.inputs import Answered, Input, Reading
from services.monitoring.rules.limits import RANK
from services.monitoring.rules.signals import Fact, lapse
from services.monitoring.rules.watch import History, answer, take
from services.monitoring.store import Session, engine, queries
from services.monitoring.store.engine import Told

UNBOUND = "UNBOUND"
"""A monitor that watches no session; ends when it is bound."""
DISCREPANCY = "DRUG-DISCREPANCY"
"""A count that does not match; ends when its case is closed."""
SUICIDE_RISK = "SUICIDE-RISK"
"""Answered by a prescriber (clinical 5.1)."""


class LookAgain(Timer):
    """Something should have come by now, or an alarm was held open long enough: the engine lets its deadlines pass."""

    waits_for = (VITALS,)

    session_id: UUID


@dataclass(frozen=True)
class Source:
    """What an alarm is about."""

    key: str
    """One open alarm per source and cause: a session, a device, or monitoring itself."""
    session_id: UUID | None = None
    chair: int | None = None
    device_id: str | None = None

    @classmethod
    def of(cls, session: Session) -> "Source":
        """A session."""
        return cls(str(session.session_id), session.session_id, session.chair)

    def where(self) -> dict[str, Any]:
        """As the fields of an event."""
        return {"session_id": self.session_id, "device_id": self.device_id, "chair": self.chair}


# --- what the engine is told ---


async def feed(
    tx: Tx, session: Session, inputs: Sequence[Input], *, until: float | None = None, causes: Mapping[int, Event] | None = None
) -> None:
    """Let a session's engine take inputs in and deadlines pass; write and say what people are told. The session is kept after.

    `causes` names the event each reading came with, by the identity of the input.
    """
    watch, now = session.watch, tx.now.timestamp()
    facts = take(tables.engine(), watch, inputs, now, history=await _history(tx, session, inputs), until=until)
    notes = [engine.told(one, tables.engine().version) for one in inputs if not isinstance(one, Reading)]
    if until is not None:
        notes.append(Told("Until", datetime.fromtimestamp(until, UTC), {}))
    if notes:
        await engine.note_inputs(tx, session.session_id, watch.applied, notes)
    cause = next((causes[id(one)] for one in reversed(inputs) if id(one) in causes), None) if causes else None
    await tell(tx, session, facts, cause=cause)
    _look_again(tx, session)


async def _history(tx: Tx, session: Session, inputs: Sequence[Input]) -> History | None:
    late = [one.at for one in inputs if session.watch.is_late(one)]
    if not late:
        return None
    found = await engine.history(tx, session.session_id, min(late), session.watch.applied)
    await engine.begin_again(tx, session.session_id, min(late))
    session.watch.saved = 0.0
    return found


def _look_again(tx: Tx, session: Session) -> None:
    due = session.watch.next_due()
    if due != NEVER and (session.watch.armed is None or due < session.watch.armed):
        session.watch.armed = due
        tx.arm(LookAgain(session_id=session.session_id), key=str(session.session_id), at=datetime.fromtimestamp(due, UTC))


async def acknowledge(
    tx: Tx, session: Session | None, alarm: Any, *, answer_id: UUID, priority: Priority, by: str, via: str, at: datetime
) -> bool:
    """Record an answer to an alarm, once, and what ends by it. The session, where there is one, must be kept afterwards."""
    first = await queries.answer(
        tx.db, answer_id=answer_id, alarm_id=alarm["alarm_id"], priority=priority, answered_by=by, via=via, answered_at=at
    )
    if first is None:
        return False
    await queries.set_acknowledged(tx.db, alarm_id=alarm["alarm_id"], priority=priority)
    tx.emit(
        AlarmAcknowledged(
            alarm_id=alarm["alarm_id"],
            session_id=alarm["session_id"],
            device_id=alarm["device_id"],
            chair=alarm["chair"],
            priority=priority,
            by=by,
            via="link" if via == "link" else "bedside",
            answer_id=answer_id,
            acknowledged_at=at,
        )
    )
    if session is not None and alarm["cause"] in session.watch.signals:
        cause, now = alarm["cause"], tx.now.timestamp()
        given = Answered(now, cause)
        facts = answer(tables.engine(), session.watch, cause, priority, now, history=await _history(tx, session, [given]))
        notes = [
            engine.told(given, tables.engine().version),
            Told("Acknowledged", tx.now, {"cause": cause, "priority": priority, "by": by}),
        ]
        await engine.note_inputs(tx, session.session_id, session.watch.applied, notes)
        await tell(tx, session, facts)
    return True


async def reopen(tx: Tx, session: Session, cause: str) -> None:
    """An answer is too old. The session must be kept afterwards."""
    if (signal := session.watch.signals.get(cause)) is None:
        return
    session.watch.applied += 1
    lapse(signal)
    await engine.note_inputs(tx, session.session_id, session.watch.applied, [Told("Lapsed", tx.now, {"cause": cause})])


# --- what people are told ---


async def tell(tx: Tx, session: Session, facts: Sequence[Fact], *, cause: Event | None = None) -> None:
    """Write and say what changed about a session's alarms."""
    source, rules = Source.of(session), tables.engine()
    for fact in facts:
        if fact.what == "raised":
            row = rules.alarm.get(fact.alarm)
            await raise_alarm(
                tx,
                source,
                fact.alarm,
                rules.title(fact.alarm),
                fact.priority,
                kind=row.kind if row is not None else "technical",
                confirmed=fact.confirmed,
                advice=rules.advice(fact.alarm, fact.priority),
                cause=cause,
                of=fact,
                version=rules.version + ("+patient" if session.watch.conditions.overrides else ""),
            )
            continue
        open_one = await queries.open_alarm(tx.db, source=source.key, cause=fact.cause)
        if open_one is None:
            continue
        if fact.what == "priority":
            await _reprioritise(
                tx,
                source,
                open_one,
                fact.alarm,
                rules.title(fact.alarm),
                fact.priority,
                rules.advice(fact.alarm, fact.priority),
                cause=cause,
                of=fact,
            )
        else:
            await _over(tx, source, open_one, fact, cause)


async def _over(tx: Tx, source: Source, row: Any, fact: Fact, cause: Event | None) -> None:
    alarm_id, code = row["alarm_id"], row["code"]
    said: Event
    if fact.what == "ended":
        artefact = fact.artefact or row["artefact"]
        await queries.end_alarm(tx.db, alarm_id=alarm_id, ended_at=tx.now, artefact=artefact)
        said = AlarmEnded(alarm_id=alarm_id, code=code, ended_at=tx.now, probable_artefact=artefact, **source.where())
    elif fact.what == "cleared":
        await queries.clear_alarm(tx.db, alarm_id=alarm_id, cleared_at=tx.now, artefact=fact.artefact)
        said = AlarmConditionCleared(
            alarm_id=alarm_id, code=code, probable_artefact=fact.artefact, cleared_at=tx.now, **source.where()
        )
    else:
        await queries.clear_alarm(tx.db, alarm_id=alarm_id, cleared_at=None, artefact=False)
        said = AlarmConditionReturned(alarm_id=alarm_id, code=code, returned_at=tx.now, **source.where())
    tx.emit(said, cause=cause)


async def raise_alarm(
    tx: Tx,
    source: Source,
    code: str,
    title: str,
    priority: Priority,
    *,
    kind: AlarmKind = "technical",
    confirmed: bool = True,
    advice: str = "",
    cause: Event | None = None,
    of: Fact | None = None,
    version: str = "",
) -> None:
    """Raise an alarm, or count up the one that is open for this source and cause; without `of` the code is the cause."""
    version = version or tables.alarm_limits().version
    qualified = datetime.fromtimestamp(of.at, UTC) if of is not None else None
    why: dict[str, Any] = {"cause": of.cause if of else code, "detail": of.detail if of else "", "late": of.late if of else False}
    row = await queries.raise_alarm(
        tx.db,
        alarm_id=tx.new_id(),
        code=code,
        session_id=source.session_id,
        source=source.key,
        chair=source.chair,
        device_id=source.device_id,
        priority=priority,
        confirmed=confirmed,
        title=title,
        advice=advice,
        limits_version=version,
        raised_at=tx.now,
        **why,
    )
    if row["count"] > 1:
        return
    raised = AlarmRaised(
        alarm_id=row["alarm_id"],
        code=code,
        title=title,
        kind=kind,
        priority=priority,
        confirmed=confirmed,
        advice=advice,
        limits_version=version,
        raised_at=tx.now,
        qualified_at=qualified,
        **why,
        **source.where(),
    )
    tx.emit(raised, cause=cause)


async def escalate(tx: Tx, source: Source, code: str, title: str, priority: Priority, *, advice: str = "") -> None:
    """Raise an alarm, or bring the open one to this priority."""
    row = await queries.open_alarm(tx.db, source=source.key, cause=code)
    if row is None:
        await raise_alarm(tx, source, code, title, priority, advice=advice)
    elif row["priority"] != priority:
        await _reprioritise(tx, source, row, code, title, priority, advice)


async def end_alarm(tx: Tx, source: Source, code: str, *, cause: Event | None = None) -> None:
    """End the open alarm of a source and cause, if there is one."""
    row = await queries.open_alarm(tx.db, source=source.key, cause=code)
    if row is not None:
        await queries.end_alarm(tx.db, alarm_id=row["alarm_id"], ended_at=tx.now, artefact=False)
        tx.emit(AlarmEnded(alarm_id=row["alarm_id"], code=row["code"], ended_at=tx.now, **source.where()), cause=cause)


async def _reprioritise(
    tx: Tx,
    source: Source,
    row: Any,
    code: str,
    title: str,
    priority: Priority,
    advice: str,
    *,
    cause: Event | None = None,
    of: Fact | None = None,
) -> None:
    highest = max(row["highest"], priority, key=RANK.__getitem__)
    detail = of.detail if of else ""
    await queries.set_priority(
        tx.db,
        alarm_id=row["alarm_id"],
        code=code,
        priority=priority,
        highest=highest,
        title=title,
        advice=advice,
        detail=detail,
    )
    changed = AlarmPriorityChanged(
        alarm_id=row["alarm_id"],
        code=code,
        title=title,
        previous=row["priority"],
        priority=priority,
        advice=advice,
        changed_at=tx.now,
        cause=of.cause if of else code,
        detail=detail,
        confirmed=of.confirmed if of else True,
        qualified_at=datetime.fromtimestamp(of.at, UTC) if of else None,
        late=of.late if of else False,
        **source.where(),
    )
    tx.emit(changed, cause=cause)
