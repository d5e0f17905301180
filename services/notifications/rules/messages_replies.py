"""What a patient's reply means: crisis before all else, then the keywords of clinical 6.3; the rest is for a person to read."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from services.notifications.rules.messages import MessageRules

Meaning = Literal["crisis", "stop", "start", "confirm", "help", "free text"]


@dataclass(frozen=True)
class Heard:
    """What a reply means, and whether a person reads it."""

    meaning: Meaning
    to_read: bool


def plain(text: str) -> str:
    """Lower case, without accents, apostrophes or signs, words apart by one space."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c)).casefold()
    return " ".join(re.sub(r"[^a-z0-9]+", " ", re.sub(r"['’‘`´]", "", bare)).split())


def heard(rules: MessageRules, text: str) -> Heard:
    """What a reply means. One that holds a crisis word is a crisis, whatever else it says."""
    said = plain(text)
    if _crisis(tuple(phrase for row in rules.crisis for phrase in row.phrases)).search(f" {said} "):
        return Heard("crisis", to_read=True)
    filler = {word for row in rules.keyword if row.means == "filler" for word in row.words}
    for core in (said, " ".join(word for word in said.split() if word not in filler)):
        for row in rules.keyword:
            if row.means != "filler" and core in row.words:
                return Heard(row.means, to_read=row.also_read)
    return Heard("free text", to_read=True)


@lru_cache(maxsize=4)
def _crisis(phrases: tuple[str, ...]) -> re.Pattern[str]:
    parts = [re.escape(plain(phrase)) + (r"\w*" if phrase.endswith("*") else "") for phrase in phrases]
    return re.compile(rf" (?:{'|'.join(parts)}) ")
