"""Labels beside points: none over another or over a point, as long as there is room."""

from hypothesis import given
from hypothesis import strategies as st

from benchmarks.sweep.labels import Box, placed

AREA = Box(0, 0, 900, 400)
PLACES = st.lists(st.tuples(st.floats(0, 900), st.floats(0, 400)), min_size=1, max_size=8)


def points_in(points, boxes):
    return [(x, y) for x, y in points for box in boxes if box.x1 < x < box.x2 and box.y1 < y < box.y2]


@given(PLACES, PLACES)
def test_there_is_a_place_for_each_of_a_few(points, others):
    boxes = placed(points, [(100.0, 26.0)] * len(points), AREA, others)
    assert all(box.is_within(AREA) for box in boxes)
    assert not any(a.overlap(b) for number, a in enumerate(boxes) for b in boxes[:number])
    assert points_in(points + others, boxes) == []


def test_the_nearest_place_is_taken():
    (box,) = placed([(450, 200)], [(100.0, 26.0)], AREA)
    assert box == Box(464, 187, 564, 213), "right of it, at its height"


def test_points_at_one_place_share_the_room_around_it():
    boxes = placed([(890, 390)] * 6, [(100.0, 26.0)] * 6, AREA)
    assert all(box.is_within(AREA) for box in boxes)
    assert not any(a.overlap(b) for number, a in enumerate(boxes) for b in boxes[:number])


def test_without_room_they_still_come_out():
    small = Box(0, 0, 50, 20)
    assert len(placed([(25, 10)] * 3, [(40.0, 12.0)] * 3, small)) == 3
    assert len(placed([(25, 10)], [(400.0, 12.0)], small)) == 1
