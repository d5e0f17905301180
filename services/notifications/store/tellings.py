"""Tellings: each try to reach one person by one channel, what became of it, and the texts that come back."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

from kit.db import Tx
from services.notifications.rules.channels import Medium
from services.notifications.store.named import queries

State = Literal["waiting", "sent", "delivered", "missing", "failed"]


async def begin(
    tx: Tx, job_id: UUID, page_id: UUID, turn_id: UUID, staff_id: str, step: int, channel: Medium, code: str | None, job: str
) -> None:
    """Somebody is about to be told. `job` is the whole of it as JSON, with the channels still to be tried."""
    await queries.begin_telling(
        tx.db,
        job_id=job_id,
        page_id=page_id,
        turn_id=turn_id,
        staff_id=staff_id,
        step=step,
        channel=channel,
        code=code,
        job=job,
        told_at=tx.now,
    )


async def taken(tx: Tx, job_id: UUID, *, worded: bool) -> State | None:
    """The channel took it. How the telling stands now, because its receipt may have come before; None when it is not known."""
    state: State | None = await queries.taken(tx.db, job_id=job_id, worded=worded, told_at=tx.now)
    return state


async def page_of(tx: Tx, job_id: UUID) -> UUID | None:
    """Which page a telling is of."""
    row = await queries.see_telling(tx.db, job_id=job_id)
    return row["page_id"] if row else None


async def hold(tx: Tx, job_id: UUID) -> tuple[State, str] | None:
    """How a telling stands, and its job as JSON; held until the transaction ends. Hold its page first."""
    row = await queries.hold_telling(tx.db, job_id=job_id)
    return (row["state"], row["job"]) if row else None


async def keep(tx: Tx, job_id: UUID, state: State, outcome: str) -> None:
    """What became of it."""
    await queries.keep_telling(tx.db, job_id=job_id, state=state, outcome=outcome, told_at=tx.now)


async def reached(tx: Tx, turn_id: UUID) -> bool:
    """Whether a turn may still reach its person, or has."""
    return bool(await queries.reached(tx.db, turn_id=turn_id))


async def codes_in_use(tx: Tx, staff_id: str) -> set[str]:
    """Codes that a person may still answer with."""
    return {row["code"] async for row in queries.codes_in_use(tx.db, staff_id=staff_id)}


async def told_by_code(tx: Tx, staff_ids: Sequence[str], code: str) -> list[tuple[UUID, str, str]]:
    """Page, person and job (as JSON) of each telling with a code, newest first."""
    rows = queries.told_by_code(tx.db, staff_ids=list(staff_ids), code=code)
    return [(row["page_id"], row["staff_id"], row["job"]) async for row in rows]


async def unworded(tx: Tx, since: datetime) -> int:
    """How many pages could not say what they were about."""
    return int(await queries.unworded(tx.db, since=since))


async def heard_before(tx: Tx, message_id: str) -> str | None:
    """What a text was answered when it came before; None when it is new, and remembered from now on."""
    if await queries.hear_reply(tx.db, message_id=message_id, heard_at=tx.now) is not None:
        return None
    return str(await queries.reply_answered(tx.db, message_id=message_id))


async def forget(tx: Tx, before: datetime) -> None:
    """Addresses of tellings, and texts that came in, older than this."""
    await queries.forget_addresses(tx.db, before=before)
    await queries.forget_replies(tx.db, before=before)


async def answered(tx: Tx, message_id: str, answer: str) -> None:
    """What a text was answered."""
    await queries.answer_reply(tx.db, message_id=message_id, answered=answer)
