"""Trying a channel out: a message that says it is a test, by one channel, and what became of it."""

from datetime import timedelta
from typing import ClassVar
from uuid import UUID

from kit.db import Tx
from kit.jobs import Attempt, Calls, Job, Jobs
from services.notifications import tables
from services.notifications.jobs.handing import Message, Way, circuit_of, hand
from services.notifications.jobs.waiting import UNDELIVERABLE, Word
from services.notifications.settings import settings_of
from services.notifications.store import channel_tests, circuits
from services.notifications.store.ways import Channel


class TryChannel(Job):
    """Send a test by one channel."""

    attempts: ClassVar[int] = 1
    timeout: ClassVar[timedelta] = timedelta(seconds=tables.channels().patience.attempt_seconds)

    staff_id: str
    way: Way


async def try_channel(tx: Tx, staff_id: str, place: int, channel: Channel) -> None:
    """Have a channel tried out; `place` is counted from 1."""
    job_id = tx.defer(TryChannel(staff_id=staff_id, way=Way(channel=channel.channel, address=channel.address)))
    await channel_tests.begin(tx, job_id, staff_id, place, channel.channel)


async def call(job: TryChannel, attempt: Attempt) -> None:
    """Send it."""
    settings = settings_of(attempt.settings)
    line = f"{settings.clinic_name}: this is a test. Nobody needs you."
    await hand(settings, job.way, Message(attempt.id, line, {"test": True, "text": line, "staff_id": job.staff_id}))


async def done(job: TryChannel, attempt: Attempt, tx: Tx) -> None:
    """The channel took it."""
    await circuits.healed(tx, circuit_of(job.way, settings_of(tx.settings)))
    await channel_tests.settle(tx, attempt.id, "taken")


async def failed(job: TryChannel, attempt: Attempt, reason: str, tx: Tx) -> None:
    """The channel did not take it, and why."""
    settings = settings_of(tx.settings)
    if not attempt.refused:
        await circuits.failed(tx, circuit_of(job.way, settings), settings.circuit_failures)
    await channel_tests.settle(tx, attempt.id, f"refused: {reason}")


async def receipt(tx: Tx, job_id: UUID, word: Word) -> bool:
    """The provider says what became of a test. False when no test has this id."""
    if not await channel_tests.is_test(tx, job_id):
        return False
    if word != "on its way":
        await channel_tests.settle(tx, job_id, "delivered" if word == "delivered" else f"refused: {UNDELIVERABLE}")
    return True


JOBS: Jobs = {TryChannel: Calls(call=call, done=done, failed=failed)}
