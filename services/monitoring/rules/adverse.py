"""Adverse events: what a record must hold, where a serious one is told, and what must be reviewed by when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal, get_args

from pydantic import Field, model_validator

from kit.tables import Row, Table
from schemas.monitoring.adverse_events import Criterion, Grade, OnsetPhase
from services.monitoring.rules.deadlines import business_days_after

FATAL = "fatal"


class TransientPressure(Row):
    """A passing rise of pressure is expected, and graded only when it lasted or was treated."""

    term: str
    sustained_hours: float
    text: str


class GradeText(Row):
    """What a grade means, and the criterion that goes with it."""

    grade: Grade
    text: str
    criterion: Criterion | Literal[""]


class Term(Row):
    """A row of the catalogue; `grades` are the texts of 1 to 4, empty where CTCAE has none."""

    id: str
    label: str
    ctcae: str
    grades: tuple[str, ...]


class SeriousIf(Row):
    """What makes an event serious, the least grade that goes with it, and the trigger it fires."""

    id: Criterion
    label: str
    least_grade: Grade
    sentinel: str


class Ending(Row):
    """How an event ended."""

    id: str
    label: str


class ReportTo(Row):
    """Where to report a serious event."""

    text: str


class Trigger(Row):
    """What the clinic reviews, and by when; 0 business days where no comprehensive analysis is asked for."""

    id: str
    label: str
    stated_by_people: bool
    incident_case_hours: int = Field(gt=0)
    first_review_hours: int = Field(gt=0)
    analysis_business_days: int = Field(ge=0)


class AdverseCatalogue(Table):
    """The catalogue of adverse events."""

    transient_pressure: TransientPressure
    grade: tuple[GradeText, ...]
    term: tuple[Term, ...]
    criterion: tuple[SeriousIf, ...]
    outcome: tuple[Ending, ...]
    report: tuple[ReportTo, ...]
    trigger: tuple[Trigger, ...]

    @model_validator(mode="after")
    def _whole(self) -> "AdverseCatalogue":
        triggers = {row.id for row in self.trigger}
        strange = [row.sentinel for row in self.criterion if row.sentinel and row.sentinel not in triggers]
        strange += [] if self.transient_pressure.term in {row.id for row in self.term} else [self.transient_pressure.term]
        if strange or {row.id for row in self.criterion} != set(get_args(Criterion)):
            raise ValueError(f"rows that name what is not there, or criteria that are not all there: {strange}")
        return self

    def fires(self, trigger: str) -> Trigger:
        """The row of a trigger."""
        return next(row for row in self.trigger if row.id == trigger)


@dataclass(frozen=True)
class Stated:
    """What somebody states about an adverse event."""

    onset: datetime
    term: str | None
    local_term: str
    grade: int | None
    serious: bool
    criteria: Sequence[Criterion]
    outcome: str
    treated: bool
    sustained_hours: float | None
    peak_known: bool
    triggers: Sequence[str]


def faults(stated: Stated, rows: AdverseCatalogue, now: datetime) -> list[tuple[str, str]]:
    """What is wrong with a record: the field, and what was expected."""
    found: list[tuple[str, str]] = []
    terms, ends = [row.id for row in rows.term], [row.id for row in rows.outcome]
    people = [row.id for row in rows.trigger if row.stated_by_people]
    if stated.onset > now:
        found.append(("onset", "an instant that is not in the future"))
    if bool(stated.term) == bool(stated.local_term.strip()):
        found.append(("term", "a row of the catalogue, or else a local_term in your own words; not both"))
    elif stated.term and stated.term not in terms:
        found.append(("term", f"one of: {', '.join(terms)}"))
    if stated.outcome not in ends:
        found.append(("outcome", f"one of: {', '.join(ends)}"))
    found += [("sentinel", f"one of: {', '.join(people)}") for trigger in stated.triggers if trigger not in people]
    return found + _grade_faults(stated, rows) + _serious_faults(stated, rows)


def _grade_faults(stated: Stated, rows: AdverseCatalogue) -> list[tuple[str, str]]:
    rule = rows.transient_pressure
    passing = stated.term == rule.term and not stated.treated and (stated.sustained_hours or 0) < rule.sustained_hours
    found = []
    if stated.term == rule.term and not stated.peak_known:
        found.append(("peak_systolic", "the raw peak, systolic and diastolic, in mm[Hg]"))
    if passing and stated.grade is not None and not stated.serious:
        found.append(("ctcae_grade", f"no grade: {rule.text}"))
    elif stated.grade is None and not passing:
        found.append(("ctcae_grade", "a grade from 1 to 5"))
    return found


def _serious_faults(stated: Stated, rows: AdverseCatalogue) -> list[tuple[str, str]]:
    found = []
    if stated.serious != bool(stated.criteria):
        found.append(("criteria", "what makes it serious when serious is true, and nothing when it is false"))
    found += [
        ("ctcae_grade", f"{row.least_grade} or more, because the criterion is {row.label}")
        for row in rows.criterion
        if row.id in stated.criteria and (stated.grade or 0) < row.least_grade
    ]
    found += [
        ("criteria", f"{grade.criterion} among them, because the grade is {grade.grade}")
        for grade in rows.grade
        if grade.criterion and stated.grade == grade.grade and grade.criterion not in stated.criteria
    ]
    if ("death" in stated.criteria) != (stated.outcome == FATAL):
        found.append(("outcome", f"{FATAL} when death is a criterion, and only then"))
    return found


def triggers(stated: Stated, rows: AdverseCatalogue) -> tuple[str, ...]:
    """The triggers that a record fires: those that people named, and those that its criteria carry."""
    carried = [row.sentinel for row in rows.criterion if row.sentinel and row.id in stated.criteria]
    return tuple(dict.fromkeys((*stated.triggers, *carried)))


def phase_at(onset: datetime, started: datetime | None, ended: datetime | None, left: datetime | None) -> OnsetPhase:
    """In which part of the visit something began."""
    if left is not None and onset >= left:
        return "after discharge"
    if started is None or onset < started:
        return "before infusion"
    return "infusion" if ended is None or onset < ended else "recovery"


@dataclass(frozen=True)
class Due:
    """By when a sentinel event is opened as a case, first reviewed, and analysed."""

    incident_case: datetime
    first_review: datetime
    analysis: date | None


def due(trigger: Trigger, now: datetime) -> Due:
    """The deadlines of a trigger that fires now."""
    days = trigger.analysis_business_days
    return Due(
        now + timedelta(hours=trigger.incident_case_hours),
        now + timedelta(hours=trigger.first_review_hours),
        business_days_after(now.date(), days) if days else None,
    )
