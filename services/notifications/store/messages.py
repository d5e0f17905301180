"""Messages to patients, and what came back."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from kit.db import Tx
from schemas.notifications.messages import MessageChannel
from services.notifications.store.named import queries

State = Literal["queued", "sent", "delivered", "failed", "held", "away"]
"""Held: it came too late to its channel. Away: the channel did not take it now, and may later. Both are decided anew."""


@dataclass(frozen=True)
class Message:
    """A message on its way, or what became of it."""

    message_id: UUID
    number: int
    job_id: UUID | None
    patient_id: UUID
    kind: str
    channel: MessageChannel
    appointment_id: UUID | None
    session_id: UUID | None
    state: State
    queued_at: datetime
    link_until: datetime


def _message(row: Any) -> Message | None:
    return Message(**dict(row)) if row else None


async def queue(
    tx: Tx,
    message_id: UUID,
    patient_id: UUID,
    kind: str,
    channel: MessageChannel,
    appointment_id: UUID | None,
    session_id: UUID | None,
    link_until: datetime,
) -> int:
    """A message on its way. Returns its number."""
    return int(
        await queries.queue_message(
            tx.db,
            message_id=message_id,
            patient_id=patient_id,
            kind=kind,
            channel=channel,
            appointment_id=appointment_id,
            session_id=session_id,
            queued_at=tx.now,
            link_until=link_until,
        )
    )


async def note_job(tx: Tx, message_id: UUID, job_id: UUID) -> None:
    """The job that carries it: receipts name that."""
    await queries.note_job(tx.db, message_id=message_id, job_id=job_id)


async def see(tx: Tx, message_id: UUID) -> Message | None:
    """One message."""
    return _message(await queries.see_message(tx.db, message_id=message_id))


async def of_number(tx: Tx, number: int) -> Message | None:
    """The message that a link came with."""
    return _message(await queries.message_of_number(tx.db, number=number))


async def settle(tx: Tx, message_id: UUID, state: State) -> bool:
    """What the call to its channel came to. False when a receipt was quicker."""
    return await queries.settle_message(tx.db, message_id=message_id, state=state) is not None


async def hold_of_job(tx: Tx, job_id: UUID) -> Message | None:
    """The message that a job carries, held. None when it is no message's."""
    return _message(await queries.hold_message_of_job(tx.db, job_id=job_id))


async def keep_receipt(tx: Tx, message_id: UUID, state: State) -> None:
    """What a receipt says."""
    await queries.keep_receipt(tx.db, message_id=message_id, state=state)


async def sent_since(tx: Tx, patient_id: UUID, since: datetime) -> dict[MessageChannel, list[datetime]]:
    """When messages went to a patient, or are about to, by channel."""
    found: dict[MessageChannel, list[datetime]] = {"sms": [], "email": []}
    async for row in queries.sent_since(tx.db, patient_id=patient_id, since=since):
        found[row["channel"]].append(row["queued_at"])
    return found


async def channels_tried(
    tx: Tx, patient_id: UUID, kind: str, appointment_id: UUID | None, session_id: UUID | None, *, away_since: datetime
) -> tuple[set[MessageChannel], set[MessageChannel]]:
    """By which channels it was tried in vain: for good, and because they were away since then."""
    rows = [
        row
        async for row in queries.channels_tried(
            tx.db,
            patient_id=patient_id,
            kind=kind,
            appointment_id=appointment_id,
            session_id=session_id,
            away_since=away_since,
        )
    ]
    return {row["channel"] for row in rows if row["state"] == "failed"}, {
        row["channel"] for row in rows if row["state"] == "away"
    }


async def hear(tx: Tx, reply_id: UUID, provider_id: str, address: str, text: str) -> bool:
    """Keep a reply. False when it came before."""
    kept = await queries.keep_reply(
        tx.db, reply_id=reply_id, provider_id=provider_id, address=address, text=text, heard_at=tx.now
    )
    return kept is not None


async def answer(tx: Tx, reply_id: UUID, text: str) -> None:
    """What a reply is answered with."""
    await queries.keep_reply_answer(tx.db, reply_id=reply_id, answer=text)


async def answer_given(tx: Tx, provider_id: str) -> str | None:
    """What a reply was answered with before."""
    given: str | None = await queries.answer_given(tx.db, provider_id=provider_id)
    return given
