"""Handing a message over to its channel: once, in its time, or not at all."""

from datetime import datetime, timedelta
from typing import ClassVar
from uuid import UUID

from kit.errors import Rejected
from kit.jobs import Attempt, Job
from schemas.notifications.messages import MessageChannel
from services.notifications.jobs import apprised, sms
from services.notifications.settings import settings_of

NO_PHONE = "no telephone number of the clinic is set: CHAIRSIDE_NOTIFICATIONS_CLINIC_PHONE"
UNKNOWN = "the channel did not say whether it took it"
LATE = "it came too late to its channel"


class SendMessage(Job):
    """A message to a patient, on its way."""

    attempts: ClassVar[int] = 4
    timeout: ClassVar[timedelta] = timedelta(seconds=5)

    message_id: UUID
    channel: MessageChannel
    address: str
    subject: str
    text: str
    fault: str
    """Why it can't be sent, where that is known before."""
    until: datetime
    """The end of its use, or of today's hours."""


async def call(job: SendMessage, attempt: Attempt) -> None:
    """Hand it to its channel, at most once: a limit holds, and what may have been lost is the next channel's, or staff's."""
    settings = settings_of(attempt.settings)
    if job.fault:
        raise Rejected(job.fault)
    if attempt.unknown_outcomes:
        raise Rejected(UNKNOWN)
    if attempt.now >= job.until:
        raise Rejected(LATE)
    try:
        if job.channel == "sms":
            callback = sms.callback_for(settings, attempt.id)
            await sms.send(settings, job.address, job.text, idempotency_key=str(attempt.id), callback=callback)
        else:
            await apprised.mail(settings, job.address, job.subject, job.text)
    except TimeoutError as error:
        raise Rejected(UNKNOWN) from error
