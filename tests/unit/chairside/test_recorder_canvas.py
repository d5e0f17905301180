"""The picture's arithmetic: scales that hold their values, lines that break where nothing was measured."""

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chairside.recorder.canvas import MOST_MARKS, Canvas, decimated, marks, runs, scale

values = st.integers(-500, 4000).map(lambda tenths: tenths / 10)


@given(values, values)
def test_a_scale_holds_its_values_between_round_lines(one: float, other: float) -> None:
    least, most = sorted((one, other))
    low, high, step = scale(least, most)
    assert low <= least
    assert most <= high
    assert low < high
    assert 1 <= round((high - low) / step) <= 5


@given(st.floats(0, 2e9), st.floats(60, 200_000))
def test_marks_are_between_begin_and_end_and_not_too_many(begin: float, span: float) -> None:
    found = marks(begin, begin + span)
    assert len(found) <= MOST_MARKS + 1
    near = 1e-6 * (1 + begin + span)
    assert all(begin - near <= at <= begin + span + near for at in found)


def test_a_probe_that_is_off_and_a_long_silence_divide_a_line() -> None:
    stream = [(float(at), 98.0) for at in range(10)]
    assert [len(run) for run in runs(stream)] == [10]
    assert [len(run) for run in runs([*stream, (10.0, None), (11.0, 97.0)])] == [10, 1]
    assert [len(run) for run in runs([*stream, (400.0, 97.0)])] == [10, 1]
    cuff = [(at * 300.0, 120.0) for at in range(5)]
    assert [len(run) for run in runs(cuff)] == [5], "a cuff measures now and then"
    assert runs([]) == runs([(1.0, None)]) == []


def test_what_the_eye_sees_of_many_points_is_kept() -> None:
    points = [(at / 1000, float(at % 7)) for at in range(5000)]
    points[2500] = (2.5, 99.0)
    thin = decimated(points)
    assert len(thin) <= 4 * 5
    assert (2.5, 99.0) in thin
    assert thin[0] == points[0]
    assert thin[-1] == points[-1]


@pytest.mark.parametrize("points", [[], [(0.0, None)], [(0.0, 90.0)], [(0.0, 90.0), (30.0, 95.0)]])
def test_the_picture_is_xml_whatever_is_in_it(points: list[tuple[float, float | None]]) -> None:
    canvas = Canvas(0.0, 0.0)
    canvas.panel("A & B", "<%>", 50, [("x", "red", points)])
    canvas.bar(0, 10, canvas.y, 8, "blue", hint="it's <over>")
    canvas.tick(5, canvas.y, "black", hint="&")
    canvas.axis((at, "t") for at in marks(canvas.begin, canvas.end))
    assert ET.fromstring(canvas.text("a < b")).tag.endswith("svg")
