"""Two services that do nothing but what the runtime must carry: one says orders, one applies them and answers each.

`python -m benchmarks.probe source|applier` runs one as a process. PROBE_MODE is `single` or `batch`. What the applier does
with an order is chosen by its indication: `poison` is rejected, `bug` raises, `killer` ends the process, an address is
called. PROBE_DIE_AT names an arrow at which the process kills itself once, with -9: `mark` (broker acked, row not marked)
or `commit` (store committed, offset not).
"""

import os
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar
from uuid import UUID, uuid5

from aiokafka import AIOKafkaConsumer

from kit import clock, outbox
from kit.db import Tx
from kit.errors import Rejected
from kit.jobs import Attempt, Calls, Job, Jobs
from kit.service import Service, main
from kit.settings import Settings
from kit.stream import batch
from kit.webhooks import post_signed
from schemas.intake.orders import ORDERS, OrderSigned
from schemas.scheduling.waitlist import WaitlistJoined

NAMES = UUID("6f0e3a52-7d1f-4f9e-9b86-0d9f3a2c4b11")
APPLIED = """
CREATE TABLE IF NOT EXISTS applied (
    place bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id uuid NOT NULL,
    key uuid NOT NULL,
    number integer NOT NULL,
    at timestamptz NOT NULL
)
"""
INSERT = (
    "INSERT INTO applied (event_id, key, number, at) SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::int[], $4::timestamptz[])"
)


def order(key: int, number: int, *, indication: str = "IND-TRD") -> OrderSigned:
    """The `number`th order of a key, from 1; the number travels as the count of infusions."""
    return OrderSigned(
        order_id=uuid5(NAMES, f"order {key} {number}"),
        patient_id=uuid5(NAMES, f"patient {key}"),
        screening_id=uuid5(NAMES, "screening"),
        indication=indication,
        dose_mg=40.0,
        dose_mg_per_kg=0.5,
        dosing_weight_kg=80.0,
        duration_minutes=40,
        infusions=number,
        protocol_version="probe",
        prescriber_id="probe",
        signed_at=datetime(2026, 11, 24, tzinfo=UTC),
    )


class Ring(Job):
    """Call an address outside."""

    attempts: ClassVar[int] = 3
    timeout: ClassVar[timedelta] = timedelta(seconds=2)

    address: str


async def ring(job: Ring, attempt: Attempt) -> None:
    """Call it, with the job's id as the receiver's idempotency key."""
    await post_signed(job.address, b"{}", secret="probe", message_id=str(attempt.id))  # noqa: S106


async def rung(job: Ring, attempt: Attempt, tx: Tx) -> None:
    """The receiver took it."""


async def not_rung(job: Ring, attempt: Attempt, reason: str, tx: Tx) -> None:
    """The receiver never took it."""


async def apply_one(event: OrderSigned, tx: Tx) -> None:
    """Apply one order and answer it."""
    await apply_many([event], tx)


async def apply_many(events: Sequence[OrderSigned], tx: Tx) -> None:
    """Apply a batch of orders and answer each."""
    for event in events:
        if event.indication == "poison":
            raise Rejected("poison")
        if event.indication == "bug":
            raise RuntimeError("bug")
        if event.indication == "killer":
            os.kill(os.getpid(), signal.SIGKILL)
        if event.indication.startswith("http"):
            tx.defer(Ring(address=event.indication))
    ids = [(tx.cause or tx.envelope_of(event)).id for event in events]
    numbers = [event.infusions for event in events]
    await tx.db.execute(INSERT, ids, [event.patient_id for event in events], numbers, [clock.wall()] * len(events))
    for event in events:
        answer = WaitlistJoined(patient_id=event.patient_id, order_id=event.order_id, reasons=(), joined_at=tx.now)
        tx.emit(answer, cause=event)


JOBS: Jobs = {Ring: Calls(call=ring, done=rung, failed=not_rung)}


def source() -> Service:
    """Says what its outbox is given."""
    return Service(name="intake", settings=Settings)


def applier(mode: str) -> Service:
    """Applies orders, one by one or in batches."""
    handler: Any = batch(apply_many) if mode == "batch" else apply_one
    return Service(name="scheduling", settings=Settings, consumes={ORDERS: {OrderSigned: handler}}, jobs=JOBS)


def die_once_at(arrow: str, flag: Path) -> None:
    """Arrange for this process to kill itself once, in the middle of an arrow."""

    def dying(call: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def die(*args: Any, **kwargs: Any) -> Any:
            try:
                flag.touch(exist_ok=False)  # noqa: ASYNC240
            except FileExistsError:
                pass
            else:
                os.kill(os.getpid(), signal.SIGKILL)
            return await call(*args, **kwargs)

        return die

    if arrow == "mark":
        outbox.queries.mark = dying(outbox.queries.mark)
    elif arrow == "commit":
        setattr(AIOKafkaConsumer, "commit", dying(AIOKafkaConsumer.commit))  # noqa: B010
    else:
        raise ValueError(f"no arrow is called {arrow!r}")


if __name__ == "__main__":
    if arrow := os.environ.get("PROBE_DIE_AT"):
        die_once_at(arrow, Path(os.environ["PROBE_FLAG"]))
    main(source() if sys.argv[1] == "source" else applier(os.environ.get("PROBE_MODE", "single")))
