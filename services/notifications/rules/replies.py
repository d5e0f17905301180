"""Replies: what somebody who was texted answers by text."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

CODE = re.compile(r"(?<![0-9])[0-9]{4}(?![0-9])")
NO = re.compile(r"\b(?:NO|PASS|BUSY|CANNOT|CAN'T|CANT)\b")
WHAT_TO_DO = "Send the 4 digits of the page to say that you are on it, or NO and the digits to pass it on."


@dataclass(frozen=True)
class Reply:
    """A page's code, and whether the person comes."""

    says: Literal["on it", "pass"]
    code: str


def read_reply(text: str) -> Reply | None:
    """What a text says; None when it holds no code, or several: then nobody knows which page is meant."""
    codes = set(CODE.findall(text))
    if len(codes) != 1:
        return None
    return Reply("pass" if NO.search(text.upper().replace("\u2019", "'")) else "on it", codes.pop())


def free_code(seed: int, used: Collection[str]) -> str:
    """A code of 4 digits that is not in use: the seed's own, or the next that is free. With all in use, the seed's own."""
    for step in range(10_000):
        code = f"{(seed + step) % 10_000:04d}"
        if code not in used:
            return code
    return f"{seed % 10_000:04d}"
