"""Fields: what a number, an instant and a text may be in a request, so that `false` is no heart rate and 0 no date."""

import re
from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field
from pydantic_core import PydanticCustomError

FIRST_YEAR, LAST_YEAR = 1900, 2200
"""Beyond these an instant is a slip, and near its ends the calendar overflows."""
ISO_8601 = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]")


def _number(given: object) -> object:
    if isinstance(given, bool | str | bytes):
        raise PydanticCustomError("number", "Input should be a number, without quotes")
    return given


def _instant(given: object) -> object:
    if isinstance(given, datetime) or (isinstance(given, str) and ISO_8601.match(given)):
        return given
    raise PydanticCustomError("instant", "Input should be an instant of ISO 8601 with its offset, such as 2026-03-02T08:00:00Z")


def _kept(given: datetime) -> datetime:
    if not FIRST_YEAR <= given.year < LAST_YEAR:
        raise PydanticCustomError("instant", "Input should be an instant between the years 1900 and 2200")
    return given


def _storable(given: str) -> str:
    if "\0" in given:
        raise PydanticCustomError("text", "Input should be text without the character U+0000")
    return given


Number = Annotated[float, BeforeValidator(_number), Field(allow_inf_nan=False)]
"""A finite number: no bool, no string. 205 and 205.0 are both one."""
WholeNumber = Annotated[int, BeforeValidator(_number), Field(ge=-(2**63), lt=2**63)]
"""A whole number that PostgreSQL's bigint can hold: no bool, no string. 205.0 is one, as JSON Schema says."""
Instant = Annotated[AwareDatetime, BeforeValidator(_instant), AfterValidator(_kept)]
"""An instant with its offset, as ISO 8601: no number of seconds, and no year that nobody lived or will live in."""
Text = Annotated[str, AfterValidator(_storable)]
"""Text that PostgreSQL can keep."""
