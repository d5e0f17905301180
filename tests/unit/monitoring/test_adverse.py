"""Adverse events, as a table a nurse can read: what a record must hold, and what is reviewed by when."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from services.monitoring import tables
from services.monitoring.rules.adverse import Stated, due, faults, phase_at, triggers

NOW = datetime(2026, 3, 6, 10, 0, tzinfo=UTC)
ROWS = tables.adverse_events()
NAUSEA = Stated(
    onset=NOW,
    term="nausea",
    local_term="",
    grade=2,
    serious=False,
    criteria=(),
    outcome="recovered",
    treated=False,
    sustained_hours=None,
    peak_known=False,
    triggers=(),
)
PRESSURE = replace(NAUSEA, term="bp-rise", grade=None, peak_known=True)
GRAVE, DEAD = {"serious": True, "outcome": "recovering"}, {"serious": True, "outcome": "fatal"}

TABLE = [
    ("nausea, moderate", NAUSEA, {}, []),
    ("our own words", NAUSEA, {"term": None, "local_term": "cold feet"}, []),
    ("no term at all", NAUSEA, {"term": None}, ["term"]),
    ("a term and our own words", NAUSEA, {"local_term": "cold feet"}, ["term"]),
    ("an unknown term", NAUSEA, {"term": "plague"}, ["term"]),
    ("tomorrow", NAUSEA, {"onset": NOW + timedelta(seconds=1)}, ["onset"]),
    ("no grade", NAUSEA, {"grade": None}, ["ctcae_grade"]),
    ("an unknown outcome", NAUSEA, {"outcome": "fine"}, ["outcome"]),
    ("serious without a criterion", NAUSEA, {"serious": True}, ["criteria"]),
    ("a criterion, and not serious", NAUSEA, {"criteria": ("important_medical",)}, ["criteria"]),
    ("hospital", NAUSEA, GRAVE | {"grade": 3, "criteria": ("hospitalisation",)}, []),
    ("hospital with a mild grade", NAUSEA, GRAVE | {"grade": 1, "criteria": ("hospitalisation",)}, ["ctcae_grade"]),
    ("grade 4 that threatens no life", NAUSEA, {"grade": 4}, ["criteria"]),
    ("grade 4", NAUSEA, GRAVE | {"grade": 4, "criteria": ("life_threatening",)}, []),
    ("death", NAUSEA, DEAD | {"grade": 5, "criteria": ("death",)}, []),
    ("death with grade 4", NAUSEA, DEAD | {"grade": 4, "criteria": ("death", "life_threatening")}, ["ctcae_grade"]),
    ("death, and recovered", NAUSEA, {"serious": True, "grade": 5, "criteria": ("death",)}, ["outcome"]),
    ("fatal, and nobody died", NAUSEA, {"outcome": "fatal"}, ["outcome"]),
    ("a passing rise", PRESSURE, {}, []),
    ("a passing rise, graded", PRESSURE, {"grade": 3}, ["ctcae_grade"]),
    ("a rise of 23.9 h, graded", PRESSURE, {"grade": 2, "sustained_hours": 23.9}, ["ctcae_grade"]),
    ("a rise of 24 h, graded", PRESSURE, {"grade": 2, "sustained_hours": 24.0}, []),
    ("a rise that was treated, graded", PRESSURE, {"grade": 3, "treated": True}, []),
    ("a rise that was treated, ungraded", PRESSURE, {"treated": True}, ["ctcae_grade"]),
    ("a rise without its peak", PRESSURE, {"peak_known": False}, ["peak_systolic"]),
    ("a trigger people name", NAUSEA, {"triggers": ("transfer",)}, []),
    ("a trigger only the ledger fires", NAUSEA, {"triggers": ("drug-discrepancy",)}, ["sentinel"]),
]  # fmt: skip


@pytest.mark.parametrize(("stated", "changed", "fields"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_what_a_record_must_hold(stated: Stated, changed: dict[str, object], fields: list[str]) -> None:
    found = faults(replace(stated, **changed), ROWS, NOW)  # type: ignore[arg-type]
    assert [field for field, _ in found] == fields
    assert all(expected for _, expected in found)


def test_what_is_reviewed_by_when() -> None:
    dead = replace(NAUSEA, serious=True, criteria=("death", "life_threatening"), triggers=("airway",))
    assert triggers(dead, ROWS) == ("airway", "harm")
    assert triggers(NAUSEA, ROWS) == ()
    harm = due(ROWS.fires("harm"), NOW)
    assert (harm.incident_case, harm.first_review) == (NOW + timedelta(hours=1), NOW + timedelta(hours=72))
    assert harm.analysis == date(2026, 5, 8)
    assert due(ROWS.fires("drug-discrepancy"), NOW).analysis is None


def test_in_which_part_of_the_visit_it_began() -> None:
    hours = [NOW + timedelta(hours=n) for n in range(4)]
    assert phase_at(NOW, None, None, None) == "before infusion"
    assert [phase_at(at, hours[1], hours[2], hours[3]) for at in hours] == [
        "before infusion", "infusion", "recovery", "after discharge",
    ]  # fmt: skip
    assert phase_at(hours[3], hours[1], None, None) == "infusion"


def test_the_catalogue_has_what_the_reference_lists() -> None:
    assert len(ROWS.term) == 28
    assert len([term for term in ROWS.term if term.grades]) == 12
    assert {len(term.grades) for term in ROWS.term} == {0, 4}
