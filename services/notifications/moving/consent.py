"""Consent: what a patient agreed to, with what was shown, when, from where, by whom; its end is at once and for every channel."""

from typing import Literal
from uuid import UUID

from kit.db import Tx
from schemas.notifications.messages import MessageChannel, MessagingConsentGiven, MessagingConsentWithdrawn
from services.notifications.rules.messages import CHANNELS
from services.notifications.store import messages_people as people


async def agree(
    tx: Tx, patient_id: UUID, channel: MessageChannel, address: str, *, text: str, version: str, came_from: str, by_reply: bool
) -> None:
    """A patient may be messaged by a channel from now on."""
    consent_id = tx.new_id()
    via: Literal["staff", "reply"] = "reply" if by_reply else "staff"
    await people.keep_consent(
        tx, consent_id, patient_id, channel, address, given=True, text=text, version=version, came_from=came_from, via=via
    )
    await people.put_channel(tx, patient_id, channel, address, consent_id)
    tx.emit(MessagingConsentGiven(patient_id=patient_id, channel=channel, version=version, via=via, given_at=tx.now))


async def withdraw(tx: Tx, patient_id: UUID, *, text: str, came_from: str, via: Literal["staff", "reply", "link"]) -> bool:
    """No channel may be used any more, whichever it came by. False when none was."""
    await people.hold(tx, patient_id)
    closed = await people.close_channels(tx, patient_id, CHANNELS)
    for channel, address in closed.items():
        await people.keep_consent(
            tx, tx.new_id(), patient_id, channel, address, given=False, text=text, version="", came_from=came_from, via=via
        )
    if closed:
        tx.emit(
            MessagingConsentWithdrawn(
                patient_id=patient_id, channels=tuple(c for c in CHANNELS if c in closed), via=via, withdrawn_at=tx.now
            )
        )
    return bool(closed)
