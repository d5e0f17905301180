"""What patients are sent, word for word: short, from a sender with a number, with a way out, and nothing about treatment."""

import unicodedata
from datetime import datetime
from string import Formatter
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator

from kit.tables import Row, Table
from schemas.notifications.messages import MessageChannel

Name = Literal["reminder", "question", "check-in", "stopped", "started", "confirmed", "help", "read", "crisis"]
ANSWERS: tuple[Name, ...] = ("stopped", "started", "confirmed", "help", "read", "crisis")
NEVER = ("ketamin", "infusion", "drug", "fast", "depress", "suicid", "psychiat", "treatment", "session", "eat", "food")
"""No text may hold these, whatever the clinic writes (clinical 6.3: no PHI)."""


class Longest(Row):
    """The longest values that are put into a text, and the longest text."""

    clinic: int
    when: int
    phone: int
    link: int
    characters: int


class Wording(Row):
    """A text. {clinic}, {when}, {phone} and {link} are put in."""

    name: Name
    channel: MessageChannel
    text: str = Field(min_length=10)
    subject: str = ""


class Line(Row):
    """A line at the end of every page."""

    text: str


class ConsentText(Row):
    """What a patient is shown before they agree."""

    channel: MessageChannel
    consent_version: str = Field(pattern=r"^[a-z0-9.-]{1,40}$")
    text: str = Field(min_length=40)


class Wordings(Table):
    """All of it."""

    longest: Longest
    wording: tuple[Wording, ...]
    line: tuple[Line, ...] = Field(min_length=1)
    consent: tuple[ConsentText, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _whole(self) -> "Wordings":
        for name in ("reminder", "question", "check-in"):
            for channel in ("sms", "email"):
                self.of(name, channel)
        for name in ANSWERS:
            self.of(name, "sms")
        longest = {part: "x" * getattr(self.longest, part) for part in ("clinic", "when", "phone", "link")}
        for row in self.wording:
            where = f"the wording {row.name!r} by {row.channel}"
            used = {name for _, name, _, _ in Formatter().parse(row.text) if name is not None}
            if not {"clinic", "phone"} <= used <= {"clinic", "when", "phone", "link"}:
                raise ValueError(f"{where} puts in {{clinic}} and {{phone}}, and at most {{when}} and {{link}} besides")
            if row.channel == "sms" and len(row.text.format_map(longest)) > self.longest.characters:
                raise ValueError(f"{where} can be longer than {self.longest.characters} characters")
            if row.channel == "email" and ("link" not in used or not row.subject):
                raise ValueError(f"{where} needs a subject, and the {{link}} that ends these messages")
            if row.name in ("reminder", "question", "check-in") and row.channel == "sms" and "STOP" not in row.text:
                raise ValueError(f"{where} does not say how to opt out")
            if strange := [word for word in NEVER if word in f"{row.subject} {row.text}".lower()]:
                raise ValueError(f"{where} says {strange[0]!r}: a text holds nothing about treatment")
        return self

    def of(self, name: str, channel: str) -> Wording:
        """The wording of a name for a channel. Raises ValueError where there is none."""
        for row in self.wording:
            if (row.name, row.channel) == (name, channel):
                return row
        raise ValueError(f"there is no wording {name!r} by {channel!r}")

    def consent_of(self, channel: str, version: str) -> ConsentText | None:
        """A consent's text, if we have one of this version."""
        return next((row for row in self.consent if (row.channel, row.consent_version) == (channel, version)), None)


def when_text(at: datetime, zone: ZoneInfo) -> str:
    """An appointment's time where the patient is, as in `Mon Mar 2, 9:00 AM EST`."""
    local = at.astimezone(zone)
    return f"{local:%a %b} {local.day}, {local.hour % 12 or 12}:{local:%M %p %Z}"


def render(
    wordings: Wordings, name: str, channel: MessageChannel, *, clinic: str, phone: str, when: str = "", link: str = ""
) -> tuple[str, str]:
    """Subject and text. By SMS it is plain ASCII, so that 160 characters are one message. Raises ValueError if it is longer."""
    row = wordings.of(name, channel)
    parts = {"clinic": clinic, "phone": phone, "when": when, "link": link}
    subject, text = row.subject.format_map(parts), row.text.format_map(parts)
    if channel == "sms":
        text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
        if len(text) > wordings.longest.characters:
            raise ValueError(
                f"the wording {name!r} is longer than {wordings.longest.characters} characters with this clinic's values"
            )
    return subject, text
