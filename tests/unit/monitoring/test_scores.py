"""Recovery scores: what is a whole score, and what vital signs say of a component."""

import pytest

from services.monitoring import tables
from services.monitoring.rules.scores import ScaleId, ScoreTable, faults, suggest

TABLE = tables.scores()
BASE = {"8480-6": 100.0, "8462-4": 80.0, "8867-4": 50.0}
ALDRETE = {"activity": 2, "respiration": 2, "circulation": 2, "consciousness": 2, "saturation": 1}
IN_MMHG = TABLE.model_copy(update={"circulation": TABLE.circulation.model_copy(update={"unit": "mmHg"})})


def test_both_scales_have_five_components_and_fit_from_nine() -> None:
    for scale in TABLE.scale:
        assert (len(TABLE.components(scale.id)), scale.fit) == (5, 9)


@pytest.mark.parametrize(
    ("scale", "given", "wrong"),
    [
        ("aldrete", ALDRETE, []),
        ("aldrete", {}, list(ALDRETE)),
        ("aldrete", ALDRETE | {"activity": 3}, ["activity"]),
        ("aldrete", ALDRETE | {"activity": -1}, ["activity"]),
        ("aldrete", ALDRETE | {"mood": 2}, ["mood"]),
        ("padss", ALDRETE, [*ALDRETE, "vital_signs", "ambulation", "nausea", "pain", "bleeding"]),
    ],
)
def test_what_is_no_score_is_told_by_component(scale: ScaleId, given: dict[str, int], wrong: list[str]) -> None:
    assert [name for name, _ in faults(TABLE, scale, given)] == wrong


def vitals(systolic: float, diastolic: float = 80, rate: float = 50) -> dict[str, float]:
    return {"8480-6": systolic, "8462-4": diastolic, "8867-4": rate}


@pytest.mark.parametrize(
    ("table", "systolic", "diastolic", "score"),
    [
        (TABLE, 120, 80, 2), (TABLE, 121, 80, 1), (TABLE, 80, 80, 2), (TABLE, 149, 80, 1), (TABLE, 150, 80, 0),
        (TABLE, 100, 97, 1), (TABLE, 100, 96, 2), (TABLE, 100, 120, 0),
        (IN_MMHG, 100, 100, 2), (IN_MMHG, 100, 101, 1), (IN_MMHG, 100, 129, 1), (IN_MMHG, 100, 130, 0),
    ],
)  # fmt: skip
def test_circulation_from_pressure(table: ScoreTable, systolic: float, diastolic: float, score: int) -> None:
    assert suggest(table, "aldrete", BASE, vitals(systolic, diastolic)) == {"circulation": score}


@pytest.mark.parametrize(
    ("values", "score"),
    [
        (vitals(120), 2), (vitals(121), 1), (vitals(140), 1), (vitals(141), 0),
        (vitals(100, rate=60), 2), (vitals(100, rate=61), 1), (vitals(100, rate=71), 0), (vitals(100, 47), 0),
    ],
)  # fmt: skip
def test_padss_vital_signs(values: dict[str, float], score: int) -> None:
    assert suggest(TABLE, "padss", BASE, values) == {"vital_signs": score}


@pytest.mark.parametrize(
    ("saturation", "oxygen", "score"),
    [(93, 0, 2), (92, 0, None), (91, 1, 1), (90, 1, None), (89, 1, 0), (98, None, None)],
)
def test_saturation_counts_only_where_oxygen_is_known(saturation: float, oxygen: float | None, score: int | None) -> None:
    values = {"59408-5": saturation} | ({} if oxygen is None else {"oxygen": oxygen})
    assert suggest(TABLE, "aldrete", BASE, values).get("saturation") == score


def test_without_a_baseline_or_a_value_nothing_is_said() -> None:
    assert suggest(TABLE, "aldrete", {}, vitals(120)) == {}
    assert suggest(TABLE, "aldrete", BASE | {"8480-6": 0.0}, vitals(120)) == {}
    assert suggest(TABLE, "padss", BASE, {"8480-6": 120.0}) == {}


def test_a_scale_that_cannot_fit_is_refused() -> None:
    raw = TABLE.model_dump()
    raw["component"] = [row for row in raw["component"] if row["id"] != "pain"]
    with pytest.raises(ValueError, match="padss cannot reach 9"):
        ScoreTable.model_validate(raw)
