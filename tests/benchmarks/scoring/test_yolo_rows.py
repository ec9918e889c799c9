"""Labels as the ecosystem writes them: boxes, polygons, scores."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.scoring.yolo_rows import WrongRow, row_of

SHARE = st.floats(0.0, 1.0)


def test_a_box_and_its_score():
    assert row_of("2 0.5 0.4 0.2 0.1", 3) == (2, (0.5, 0.4, 0.2, 0.1), False, None)
    assert row_of("2 0.5 0.4 0.2 0.1 0.87", 3) == (2, (0.5, 0.4, 0.2, 0.1), False, 0.87)


def test_a_polygon_is_read_as_its_box():
    row = row_of("0 0.1 0.2 0.5 0.1 0.4 0.8", 1)
    assert row.box == pytest.approx((0.3, 0.45, 0.4, 0.7))
    assert row.is_polygon
    assert row.score is None
    scored = row_of("0 0.1 0.2 0.5 0.1 0.4 0.8 0.25", 1)
    assert scored == row._replace(score=0.25)


@given(st.lists(st.tuples(SHARE, SHARE), min_size=3, max_size=40), st.one_of(st.none(), SHARE))
def test_the_box_of_any_polygon_holds_all_its_corners_and_no_more(corners, score):
    xs, ys = zip(*corners)
    line = " ".join(["1"] + ["{!r} {!r}".format(x, y) for x, y in corners] + ([] if score is None else [repr(score)]))
    if min(max(xs) - min(xs), max(ys) - min(ys)) < 1e-9:
        return
    row = row_of(line, 2)
    x, y, width, height = row.box
    assert (x - width / 2, x + width / 2) == pytest.approx((min(xs), max(xs)), abs=1e-9)
    assert (y - height / 2, y + height / 2) == pytest.approx((min(ys), max(ys)), abs=1e-9)
    assert (row.is_polygon, row.score) == (True, score)


@pytest.mark.parametrize(
    "line, kind",
    [
        ("0 0.5 0.5 0.2", "no box"),
        ("0 0.5 0.5", "no box"),
        ("tea 0.5 0.5 0.2 0.2", "no box"),
        ("0.5 0.5 0.5 0.2 0.2", "no box"),
        ("0 0.1 0.1 0.2 0.2 inf 0.3", "outside"),
        ("3 0.5 0.5 0.2 0.2", "class out of range"),
        ("-1 0.5 0.5 0.2 0.2", "class out of range"),
        ("0 0.5 0.5 0.2 0", "no area"),
        ("0 0.1 0.1 0.2 0.1 0.3 0.1", "no area"),
        ("0 0.1 0.1 0.2 0.2 0.3 2.5", "outside"),
        ("0 0.5 0.5 0.2 0.2 -0.1", "no score"),
    ],
)
def test_what_makes_no_sense_is_named(line, kind):
    with pytest.raises(WrongRow) as raised:
        row_of(line, 3)
    assert raised.value.kind in (kind, "no box")
    assert raised.value.kind == kind or "inf" in line
