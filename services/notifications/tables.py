"""Notifications' tables: read once, checked at start."""

from functools import cache
from pathlib import Path

from kit.tables import TableRefused, read_table
from services.notifications.rules.channels import Channels
from services.notifications.rules.messages import MessageRules
from services.notifications.rules.messages_texts import Wordings
from services.notifications.rules.policy import Escalation, looser

OURS = Path(__file__).parent / "data" / "escalation.toml"


@cache
def escalation(theirs: Path | None = None) -> Escalation:
    """Who is told, and when: a clinic's own policies, which may tighten ours and never loosen them, else ours.

    Raises TableRefused with all that must be mended.
    """
    ours = read_table(OURS, Escalation)
    if theirs is None:
        return ours
    own = read_table(theirs, Escalation)
    if faults := looser(ours, own):
        raise TableRefused("\n  ".join([f"{theirs.name} is looser than {OURS.name} ({ours.version}) allows:", *faults]))
    return own


@cache
def channels() -> Channels:
    """How long a channel may take, and the words of a page."""
    return read_table(Path(__file__).parent / "data" / "channels.toml", Channels)


@cache
def messages() -> MessageRules:
    """When patients are messaged."""
    return read_table(Path(__file__).parent / "data" / "messages.toml", MessageRules)


@cache
def wordings() -> Wordings:
    """What they are sent."""
    return read_table(Path(__file__).parent / "data" / "wordings.toml", Wordings)
