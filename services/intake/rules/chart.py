"""A chart as we keep it: what was said about a patient, with the codes it was said in."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

Kind = Literal["Condition", "Medication", "Allergy", "Observation"]


class Coding(BaseModel):
    """A code of a code system, as the chart has it."""

    model_config = ConfigDict(frozen=True)

    system: str
    code: str
    display: str = ""

    @property
    def token(self) -> str:
        """`system|code`."""
        return f"{self.system}|{self.code}"


class Entry(BaseModel):
    """One thing a chart says. `key` tells it from others of the same chart, so that it can come again and be known."""

    model_config = ConfigDict(frozen=True)

    key: str
    kind: Kind
    codings: tuple[Coding, ...]
    text: str = ""
    active: bool = True
    at: datetime | None = None
    value: float | None = None
    unit: str | None = None
    answer: str | None = None
    """A coded or textual value, where the value is no quantity."""
    source: str = "chart"

    def name(self) -> str:
        """What it is, as kind and code, without values."""
        code = self.codings[0].token if self.codings else "uncoded"
        return f"{self.kind} {code}"


class Identity(BaseModel):
    """Who the chart is about."""

    model_config = ConfigDict(frozen=True)

    family_name: str
    given_names: tuple[str, ...]
    birth_date: date | None
    gender: Literal["male", "female", "other", "unknown"]


@dataclass(frozen=True)
class NotUnderstood:
    """An entry that was kept and not understood."""

    place: int
    resource_type: str
    reason: str
    content: str

    def name(self) -> str:
        """What it is and why, without values."""
        return f"entry {self.place} ({self.resource_type}): {self.reason}"


@dataclass(frozen=True)
class Chart:
    """What a referral said."""

    identifiers: tuple[tuple[str, str], ...]
    """(system, value) pairs; never empty."""
    identity: Identity
    entries: tuple[Entry, ...]
    not_understood: tuple[NotUnderstood, ...]
    total: int


@dataclass(frozen=True)
class Changes:
    """What a chart that came again says differently. What it leaves out is not taken away: a bundle may be a part."""

    entries: tuple[Entry, ...]
    names: tuple[str, ...]


def changes(known: Mapping[str, Entry], said: Iterable[Entry], before: Identity | None, now: Identity) -> Changes:
    """Compare a chart with what is known of the patient."""
    different, names = [], []
    if before is not None and before != now:
        names.append("changed Patient")
    for entry in said:
        old = known.get(entry.key)
        if old != entry:
            different.append(entry)
            names.append(f"{'added' if old is None else 'changed'} {entry.name()}")
    return Changes(tuple(different), tuple(dict.fromkeys(names)))
