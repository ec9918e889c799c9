"""Sides, passages and polygons."""

from hypothesis import given
from hypothesis import strategies as st

from runtime.counting.geometry import Polygon, Segment, crossing_edges

SQUARE = [(0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (0.0, 10.0)]


def test_right_and_left_of_one_who_goes_down_the_picture():
    line = Segment((5, 0), (5, 10))
    assert line.side_px((2, 5)) == 3
    assert line.side_px((9, 5)) == -4
    assert line.passed((9, 5), (2, 5)) == 1
    assert line.passed((2, 5), (9, 5)) == -1
    assert line.passed((9, 50), (2, 50)) == 0


@given(st.lists(st.tuples(st.floats(0, 10), st.floats(0, 10)), min_size=2, max_size=20))
def test_a_way_in_steps_passes_as_often_as_its_ends_say(points):
    """A line from beyond one border to beyond the other: what is added up is on which sides it began and ended."""
    line = Segment((5, -100), (5, 100))
    total = sum(line.passed(a, b) for a, b in zip(points, points[1:]))
    assert total == (line.side_px(points[-1]) >= 0) - (line.side_px(points[0]) >= 0)


def test_distance_from_a_border():
    square = Polygon(SQUARE)
    assert square.area_px == 100
    assert square.inside_px((5, 5)) == 5
    assert square.inside_px((9, 5)) == 1
    assert square.inside_px((13, 14)) == -5


@given(st.tuples(st.floats(-30, 40), st.floats(-30, 40)), st.floats(0, 30))
def test_only_what_is_far_outside_is_told_nearer_than_it_is(point, far_px):
    square = Polygon(SQUARE)
    told, exact = square.inside_px(point, far_px), square.inside_px(point)
    assert told == exact or exact - 1e-9 <= told <= -far_px


def test_a_corner_that_points_inwards_is_outside():
    arrow = Polygon([(0.0, 0.0), (10.0, 0.0), (5.0, 4.0), (10.0, 10.0), (0.0, 10.0)])
    assert arrow.inside_px((9, 5)) < 0 < arrow.inside_px((2, 5))


def test_polygons_that_cross_themselves():
    assert crossing_edges(SQUARE) is None
    assert crossing_edges([(0, 0), (10, 10), (10, 0), (0, 10)]) == (1, 3)
    assert crossing_edges([(0, 0), (10, 0), (10, 10), (5, 0), (0, 10)]) is not None  # touches its first side
    assert crossing_edges([(0, 0), (10, 0), (5, 5)]) is None
