"""The tracker: ids that stay with their object."""

import numpy as np
import pytest

from runtime.frame import Detections
from runtime.recognition.iou import iou_matrix
from runtime.recognition.tracker import Tracker


def detections(*boxes, shapes=None):
    k = len(boxes)
    shapes = np.zeros(k, np.int32) if shapes is None else np.array(shapes, np.int32)
    return Detections(np.array(boxes, np.float32).reshape(-1, 4), np.ones(k, np.float32), shapes)


def moved(box, by):
    return [box[0] + by, box[1], box[2] + by, box[3]]


A, B = [0, 0, 20, 20], [100, 0, 130, 30]


def test_overlap_by_hand():
    assert iou_matrix(np.array([[0, 0, 2, 2.0]]), np.array([[1, 1, 3, 3.0], [5, 5, 6, 6]])).tolist() == [
        [pytest.approx(1 / 7), 0.0]
    ]


def test_moving_objects_keep_their_ids_in_any_order():
    tracker = Tracker()
    first = tracker.update(detections(A, B)).tolist()
    assert len(set(first)) == 2
    for step in range(1, 20):
        ids = tracker.update(detections(moved(B, 3 * step), moved(A, 3 * step))).tolist()
        assert ids == first[::-1]


def test_an_object_out_of_sight_for_a_while_comes_back_as_itself():
    tracker = Tracker(max_missed=3)
    (first,) = tracker.update(detections(A))
    for _ in range(3):
        tracker.update(detections())
    assert tracker.update(detections(A)).tolist() == [first]
    for _ in range(5):
        tracker.update(detections())
    assert tracker.update(detections(A)).tolist() != [first]


@pytest.mark.parametrize("by, is_same", [(0, True), (3, True), (5, False)])
def test_what_looks_like_another_shape_at_the_very_same_place_is_the_same_object(by, is_same):
    tracker = Tracker()
    (first,) = tracker.update(detections(A, shapes=[0]))
    assert (tracker.update(detections(moved(A, by), shapes=[1])).tolist() == [first]) is is_same
    assert tracker.update(detections(moved(A, by), shapes=[1])).tolist() == [first if is_same else first + 1]


def test_two_shapes_at_one_place_are_two_objects():
    tracker = Tracker()
    both = tracker.update(detections(A, A, shapes=[0, 1])).tolist()
    assert len(set(both)) == 2
    assert tracker.update(detections(A, A, shapes=[1, 0])).tolist() == both[::-1]


def test_one_track_is_given_once():
    tracker = Tracker()
    tracker.update(detections(A))
    ids = tracker.update(detections(A, moved(A, 1))).tolist()
    assert ids[0] == 0
    assert len(set(ids)) == 2
