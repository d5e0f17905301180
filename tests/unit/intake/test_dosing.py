"""Doses, as a table a clinician can read: clinical 3.1."""

import pytest

from services.intake import tables
from services.intake.rules.dosing import Body, DoseRefused, Policy, bmi, dose, ideal_weight

MALE, FEMALE = "male", "female"
TABLE = [
    # gender  cm  kg   bmi  actual  IBW   ADJ   mg
    (MALE, 178, 82, 25.9, 41.0, 41.0, 41.0),
    (FEMALE, 160, 110, 43.0, 55.0, 26.2, 37.7),
    (MALE, 175, 125, 40.8, 62.5, 35.2, 46.1),
    (FEMALE, 150, 45, 20.0, 22.5, 22.5, 22.5),
]


@pytest.mark.parametrize(("gender", "cm", "kg", "index", "actual", "ideal", "adjusted"), TABLE)
def test_dose_by_weight_policy(
    gender: str, cm: float, kg: float, index: float, actual: float, ideal: float, adjusted: float
) -> None:
    body = Body(kg, cm, gender)
    assert bmi(body) == pytest.approx(index, abs=0.06)
    policies: tuple[Policy, ...] = ("ACTUAL", "IBW", "ADJ")
    given = [dose(body, tables.protocols(), mg_per_kg=None, minutes=None, policy=p, checked=False).mg for p in policies]
    assert given == pytest.approx([actual, ideal, adjusted], abs=0.06)


def test_ideal_weights_of_the_vectors() -> None:
    assert [round(ideal_weight(cm, g), 1) for g, cm in ((MALE, 178), (FEMALE, 160), (MALE, 175))] == [73.2, 52.4, 70.5]


def test_seventy_kilograms_get_thirty_five_milligrams_over_forty_minutes() -> None:
    given = dose(Body(70, 175, MALE), tables.protocols(), mg_per_kg=None, minutes=None, policy=None, checked=False)
    assert (given.mg, given.minutes, given.mg / given.minutes) == (35.0, 40, 0.875)


@pytest.mark.parametrize(
    ("body", "mg_per_kg", "minutes", "checked", "field"),
    [
        (Body(34, 175, MALE), None, None, False, "weight"),
        (Body(251, 175, MALE), None, None, False, "weight"),
        (Body(70, 175, MALE), 0.2, None, False, "dose_mg_per_kg"),
        (Body(70, 175, MALE), 1.1, None, True, "dose_mg_per_kg"),
        (Body(70, 175, MALE), 0.8, None, False, "second_check_by"),
        (Body(70, 175, MALE), None, 29, False, "duration_minutes"),
        (Body(120, None, FEMALE), None, None, False, "height"),
    ],
)
def test_refusals_name_the_field(body: Body, mg_per_kg: float | None, minutes: int | None, checked: bool, field: str) -> None:
    with pytest.raises(DoseRefused) as refused:
        dose(body, tables.protocols(), mg_per_kg=mg_per_kg, minutes=minutes, policy=None, checked=checked)
    assert refused.value.field == field
