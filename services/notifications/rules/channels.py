"""Channels: how a person may be reached, what an address must look like, and what a page may say on each."""

import re
import unicodedata
from collections.abc import Sequence
from typing import Literal

import phonenumbers
from pydantic import Field, model_validator

from kit.tables import Row, Table
from services.notifications.rules.texts import Line, fitting

Medium = Literal["console", "webhook", "email", "sms", "voice", "chat", "push"]
BY_PHONE: tuple[Medium, ...] = ("sms", "voice")
SMS_CHARACTERS = 160
HOW_TO_ANSWER = ". Reply {code}=on it, NO {code}=pass on"
GSM_7 = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""GSM 03.38 without its extension, whose characters count twice."""


class Patience(Row):
    """How long a channel may take."""

    next_channel_seconds: float = Field(gt=0)
    attempt_seconds: float = Field(gt=0)

    @model_validator(mode="after")
    def _attempt_ends_first(self) -> "Patience":
        if self.attempt_seconds >= self.next_channel_seconds:
            raise ValueError("attempt_seconds must be less than next_channel_seconds: a failure has to be recorded in between")
        return self


class Words(Row):
    """The alarm titles that a page may name."""

    titles: tuple[str, ...] = Field(min_length=1)


class Channels(Table):
    """The file."""

    patience: Patience
    words: Words


class NotAnAddress(ValueError):
    """The text says what was expected, and never repeats the address."""


def phone(given: str, region: str) -> str:
    """A phone number as E.164; one without a country is of the region. Raises NotAnAddress."""
    try:
        number = phonenumbers.parse(given, region)
    except phonenumbers.NumberParseException:
        raise NotAnAddress(f"a phone number, as +12025550123, or as dialled within {region}") from None
    if not phonenumbers.is_valid_number(number):
        raise NotAnAddress("a phone number that exists: count its digits and check the country, as in +12025550123")
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def allowed(text: str, clinic: str, chair: int | None, lines: Sequence[Line]) -> bool:
    """Whether a page's text holds nothing but clinic and chair, and of each line priority, title and time."""
    where = f" chair {chair}" if chair is not None else ""
    each = "; ".join(rf"{re.escape(f'{line.priority.upper()} {line.title}')}, since \d\d:\d\d" for line in lines)
    return re.fullmatch(f"{re.escape(f'{clinic}{where}')}: {each} UTC", text) is not None


def sms_text(text: str, code: str) -> str:
    """A page as one SMS, in the letters that every phone has; the page is cut before the answer's code is."""
    answer = HOW_TO_ANSWER.format(code=code)
    return gsm_7(text)[: SMS_CHARACTERS - len(answer)] + answer


def fitting_sms(clinic: str, chair: int | None, lines: Sequence[Line]) -> int:
    """How many of the lines one SMS holds beside its code: at least the first."""
    return fitting(clinic, chair, lines, SMS_CHARACTERS - len(HOW_TO_ANSWER.format(code="0000")))


def gsm_7(text: str) -> str:
    """The same in GSM's alphabet: accents that it lacks are dropped, and letters that it lacks are a question mark."""
    return "".join(letter if letter in GSM_7 else _plain(letter) for letter in text)


def _plain(letter: str) -> str:
    base = unicodedata.normalize("NFKD", letter)[:1]
    return base if base in GSM_7 else "-" if letter in "–—‑" else "?"
