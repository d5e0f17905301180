"""The PHQ-9: nine answers in, a total, its band and any safety signal out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from kit.tables import Row, Table


class Scoring(Row):
    """How many answers may be missing."""

    most_missing: int
    never_missing: int


class Band(Row):
    """A severity, from a total on."""

    from_: Annotated[int, Field(alias="from")]
    severity: str


class Trigger(Row):
    """An answer that somebody must read."""

    id: str
    item: int
    least: int
    urgency: Literal["same contact", "now"]


class Phq9(Table):
    """The instrument as data: LOINC codes of its items in order, bands and triggers from the lowest on."""

    items: tuple[str, ...]
    most: int
    panel: str
    total: str
    scoring: Scoring
    band: tuple[Band, ...]
    trigger: tuple[Trigger, ...]


@dataclass(frozen=True)
class Score:
    """What the answers came to."""

    total: int | None
    severity: str
    prorated: bool
    signal: Trigger | None


def score(answers: Sequence[int | None], table: Phq9) -> Score:
    """Score nine answers, each 0 to 3 or null where none was given.

    One missing answer is prorated, but never the safety item's. The signal does not wait for a total.
    """
    given = [answer for answer in answers if answer is not None]
    missing = len(table.items) - len(given)
    fired = [t for t in table.trigger if (answer := answers[t.item - 1]) is not None and answer >= t.least]
    signal = fired[-1] if fired else None
    if missing > table.scoring.most_missing or answers[table.scoring.never_missing - 1] is None:
        return Score(None, "incomplete", False, signal)
    total = round(sum(given) * len(table.items) / len(given))
    severity = next(band.severity for band in reversed(table.band) if total >= band.from_)
    return Score(total, severity, missing > 0, signal)
