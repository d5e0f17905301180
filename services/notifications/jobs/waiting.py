"""What comes back after a message was handed over, or does not: receipts, their absence, and channels that were all away."""

from datetime import timedelta
from typing import Literal
from uuid import UUID

from kit.db import Tx
from kit.timers import Timer, Timers
from schemas.notifications.pages import PageDelivered
from services.notifications.jobs.telling import ReceiptMissing, TellLater, TellPerson, begin, fail, left_of
from services.notifications.store import channel_tests, pages, tellings

DAILY, KEPT = timedelta(days=1), timedelta(days=7)
"""As long as the kit keeps a finished job, whose payload holds the same addresses."""
Word = Literal["delivered", "failed", "on its way"]
NO_RECEIPT, UNDELIVERABLE = "no receipt in time", "the provider could not deliver it"


class Forget(Timer):
    """Addresses of old tellings are to be forgotten."""


async def receipt(tx: Tx, job_id: UUID, word: Word) -> bool:
    """The provider says what became of a message: once, twice, late or in any order. False when no telling has this id.

    What was delivered stays delivered, whatever comes after; what failed and is delivered after all, is.
    """
    page_id = await tellings.page_of(tx, job_id)
    page = await pages.hold(tx, page_id) if page_id else None
    held = await tellings.hold(tx, job_id)
    if page is None or held is None:
        return False
    state, job = held[0], TellPerson.model_validate_json(held[1])
    turn, medium = job.turn, job.ways[0].channel
    if word == "delivered" and state != "delivered":
        tx.disarm(ReceiptMissing, key=str(job_id))
        await tellings.keep(tx, job_id, "delivered", "delivered")
        tx.emit(PageDelivered(**page.about(), staff_id=turn.staff_id, step=turn.step, medium=medium, delivered_at=tx.now))
    elif word == "failed" and state in ("waiting", "sent"):
        tx.disarm(ReceiptMissing, key=str(job_id))
        await fail(tx, page, job_id, job, "failed", UNDELIVERABLE)
    return True


async def miss_receipt(timer: ReceiptMissing, tx: Tx) -> None:
    """No receipt in time: the person's next channel too. The message may still arrive."""
    page_id = await tellings.page_of(tx, timer.job_id)
    page = await pages.hold(tx, page_id) if page_id else None
    held = await tellings.hold(tx, timer.job_id)
    if page is None or held is None or held[0] != "sent" or page.state != "open":
        return
    await fail(tx, page, timer.job_id, TellPerson.model_validate_json(held[1]), "missing", NO_RECEIPT)


async def tell_later(timer: TellLater, tx: Tx) -> None:
    """The ways may have healed, or it is time all the same."""
    page = await pages.hold(tx, timer.turn.page_id)
    turn = left_of(timer.turn, page) if page is not None else None
    if turn is not None:
        await begin(tx, turn, timer.ways)


def forget_daily(tx: Tx) -> None:
    """Have addresses that are needed no longer forgotten, from now on."""
    tx.arm(Forget(), key="daily", at=tx.now + DAILY)


async def forget(_: Forget, tx: Tx) -> None:
    """Forget what is personal and past its use, and look again tomorrow."""
    await tellings.forget(tx, tx.now - KEPT)
    await channel_tests.forget(tx, tx.now - KEPT)
    forget_daily(tx)


WAITING: Timers = {ReceiptMissing: miss_receipt, TellLater: tell_later, Forget: forget}
