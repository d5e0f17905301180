"""Notifications' tables: read once, checked at start."""

from functools import cache
from pathlib import Path

from kit.tables import read_table
from services.notifications.rules.channels import Channels
from services.notifications.rules.messages import MessageRules
from services.notifications.rules.messages_texts import Wordings
from services.notifications.rules.policy import Escalation


@cache
def escalation() -> Escalation:
    """Who is told, and when."""
    return read_table(Path(__file__).parent / "data" / "escalation.toml", Escalation)


@cache
def messages() -> MessageRules:
    """When patients are messaged."""
    return read_table(Path(__file__).parent / "data" / "messages.toml", MessageRules)


@cache
def wordings() -> Wordings:
    """What they are sent."""
    return read_table(Path(__file__).parent / "data" / "wordings.toml", Wordings)


@cache
def channels() -> Channels:
    """How long a channel may take, and the words of a page."""
    return read_table(Path(__file__).parent / "data" / "channels.toml", Channels)
