"""Labels that do not cover each other, and a panel that keeps away from what is seen."""

import random

from hypothesis import given
from hypothesis import strategies as st

from runtime.picture.placing import HOLD_FRAMES, LabelPlaces, PanelPlace, overlaps

PICTURE = (640, 480)
LABEL = (80, 18)


def overlapping(placed):
    return [(a, b) for i, a in enumerate(placed) for b in placed[:i] if overlaps(a, b)]


def test_a_label_alone_is_above_its_box_at_its_left():
    assert LabelPlaces().place([(100, 100, 200, 200)], [LABEL], [1], PICTURE) == [(100, 82, 180, 100)]


def test_labels_of_boxes_side_by_side_move_apart():
    boxes = [(100, 100, 200, 200), (130, 102, 230, 210), (160, 98, 260, 190)]
    corners = LabelPlaces().place(boxes, [LABEL] * 3, [1, 2, 3], PICTURE)
    assert overlapping(corners) == []
    assert corners[0][:2] == (100, 82)


def test_a_label_stays_where_it_is_while_that_is_free():
    places = LabelPlaces()
    two = [(100, 100, 200, 200), (110, 102, 210, 205)]
    first = places.place(two, [LABEL] * 2, [1, 2], PICTURE)
    # The other object goes: the label that had to move does not jump back.
    assert places.place(two[1:], [LABEL], [2], PICTURE) == first[1:]
    # Another object with another track begins above its box again.
    assert places.place(two[1:], [LABEL], [9], PICTURE) == [(110, 84, 190, 102)]


@given(st.lists(st.tuples(*[st.integers(-50, 700)] * 4), max_size=12))
def test_every_label_stays_inside_the_picture(boxes):
    corners = LabelPlaces().place(boxes, [LABEL] * len(boxes), list(range(len(boxes))), PICTURE)
    assert len(corners) == len(boxes)
    assert all(x1 >= 0 and x2 <= 640 and y1 >= 0 and y2 <= 480 for x1, y1, x2, y2 in corners)


def test_far_fewer_labels_overlap_than_without_moving():
    rng, moved, unmoved = random.Random(0), 0, 0
    for _ in range(50):
        boxes = []
        for _ in range(12):
            x, y = rng.randrange(560), rng.randrange(60, 400)
            boxes.append((x, y, x + 70, y + 70))
        moved += len(overlapping(LabelPlaces().place(boxes, [LABEL] * 12, list(range(12)), PICTURE)))
        unmoved += len(overlapping([(box[0], box[1] - 18, box[0] + 80, box[1]) for box in boxes]))
    assert moved < 0.1 * unmoved


PANEL = (250, 100)
TOP_LEFT = (20, 20, 120, 120)


def test_the_panel_goes_where_no_box_is():
    place = PanelPlace()
    place.choose([], PANEL, PICTURE)
    assert (place.corner, place.is_small) == (0, False)
    place.choose([TOP_LEFT], PANEL, PICTURE)
    assert (place.corner, place.is_small) == (1, False)
    assert place.position(place.corner, PANEL, PICTURE) == (390, 0)


def test_it_shrinks_rather_than_hop():
    place = PanelPlace()
    place.choose([TOP_LEFT], PANEL, PICTURE)
    everywhere = [TOP_LEFT, (500, 20, 600, 120)]
    place.choose(everywhere, PANEL, PICTURE)
    assert (place.corner, place.is_small) == (1, True)
    for _ in range(HOLD_FRAMES):
        place.choose(everywhere, PANEL, PICTURE)
    assert (place.corner, place.is_small) == (2, False)


def test_it_shrinks_where_every_corner_is_taken_and_grows_again():
    place, corners = PanelPlace(), [(0, 0, 60, 60), (600, 0, 640, 60), (0, 420, 60, 480), (600, 420, 640, 480)]
    place.choose(corners, PANEL, PICTURE)
    assert (place.corner, place.is_small) == (0, True)
    place.choose([], PANEL, PICTURE)
    assert not place.is_small
