"""The checker: reads the stores and the topics after a failure, and counts what was lost, doubled or out of order."""

from collections import Counter, defaultdict
from dataclasses import dataclass

import asyncpg

from kit.testing import said
from schemas.intake.orders import ORDERS
from schemas.scheduling.waitlist import WAITLIST


@dataclass(frozen=True)
class Account:
    """What became of everything the source said. All but `emitted`, `applied`, `repeated_on_topic` must be 0 after a failure."""

    emitted: int
    applied: int
    lost: int
    doubled: int
    disordered: int
    unpublished: int
    answers_lost: int
    answers_disordered: int
    repeated_on_topic: int
    """Records that the relay sent again because it could not know: allowed, for the inbox takes them out."""

    @property
    def clean(self) -> bool:
        """0 lost, 0 doubled, order kept per key."""
        faults = (self.lost, self.doubled, self.disordered, self.unpublished, self.answers_lost, self.answers_disordered)
        return not any(faults) and self.applied == self.emitted


async def account(source: str, applier: str, kafka: str, prefix: str) -> Account:
    """Count. `source` and `applier` are the DSNs of the two services' stores."""
    emitted, unpublished = await _outbox(source)
    answered, waiting = await _outbox(applier)
    rows = await _rows(applier, "SELECT event_id, key, number FROM applied ORDER BY place")
    times = Counter(row["event_id"] for row in rows)
    on_orders = [envelope for envelope, _ in await said(kafka, prefix, ORDERS)]
    on_waitlist = [envelope for envelope, _ in await said(kafka, prefix, WAITLIST)]
    numbers: dict[object, list[int]] = defaultdict(list)
    for row in rows:
        numbers[row["key"]].append(row["number"])
    said_once: dict[str, list[int]] = defaultdict(list)
    seen = set()
    for envelope in on_waitlist:
        if envelope.id not in seen:
            said_once[envelope.subject].append(envelope.sequence)
            seen.add(envelope.id)
    return Account(
        emitted=len(emitted),
        applied=len(rows),
        lost=len(emitted - set(times)),
        doubled=sum(count - 1 for count in times.values()),
        disordered=sum(order != sorted(order) for order in numbers.values()),
        unpublished=unpublished + waiting,
        answers_lost=len(answered - seen),
        answers_disordered=sum(order != sorted(order) for order in said_once.values()),
        repeated_on_topic=len(on_orders) - len({e.id for e in on_orders}) + len(on_waitlist) - len(seen),
    )


async def _outbox(dsn: str) -> tuple[set[object], int]:
    rows = await _rows(dsn, "SELECT event_id, published_at FROM kit.outbox")
    return {row["event_id"] for row in rows}, sum(row["published_at"] is None for row in rows)


async def _rows(dsn: str, sql: str) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetch(sql)
    finally:
        await connection.close()
