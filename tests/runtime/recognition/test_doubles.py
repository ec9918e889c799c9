"""One object, one box; a neighbour of the same kind is an object of its own."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from runtime.frame import UNKNOWN, Detections, Frame, Names, Observation
from runtime.recognition.doubles import kept_of, without_doubles

WHOLE, PART, BESIDE = (10, 10, 110, 210), (20, 100, 100, 205), (90, 10, 190, 210)


def seen(boxes, products, scores=None):
    k = len(boxes)
    detections = Detections(
        np.array(boxes, np.float32).reshape(-1, 4),
        np.array(scores or np.linspace(0.9, 0.5, k), np.float32),
        np.arange(k, dtype=np.int32),
    )
    names = None if products is None else Names(np.array(products, np.int32), np.ones(k, np.float32), 2, 3)
    return Observation(Frame(np.zeros((4, 4, 3), np.uint8), 0, 0.0), detections, np.arange(10, 10 + k), names)


def test_of_two_boxes_of_one_name_one_inside_the_other_the_surer_stays():
    for boxes in ([WHOLE, PART], [PART, WHOLE]):
        left = without_doubles(seen(boxes, [4, 4]))
        assert left.detections.boxes_px.tolist() == [list(map(float, boxes[0]))]
        assert left.track_ids.tolist() == [10]
        assert left.names.products.tolist() == [4]
        assert (left.names.asked, left.names.reused) == (2, 3)
        assert len(left.detections.scores) == len(left.detections.shapes) == len(left.names.similarities) == 1


def test_across_shapes_too():
    left = without_doubles(seen([WHOLE, PART, BESIDE], [4, 4, 4]))
    assert left.detections.shapes.tolist() == [0, 2]


def test_what_has_other_names_or_none_stays_and_is_not_copied():
    for products in ([4, 5], [UNKNOWN, UNKNOWN], [4, UNKNOWN], None):
        observation = seen([WHOLE, PART], products)
        assert without_doubles(observation) is observation


def test_neighbours_of_one_kind_stay():
    observation = seen([WHOLE, BESIDE], [4, 4])
    assert without_doubles(observation) is observation


SIDES = st.tuples(*[st.integers(0, 100)] * 4).map(lambda s: (s[0], s[1], s[0] + s[2] + 1, s[1] + s[3] + 1))


@given(st.lists(st.tuples(SIDES, st.integers(-2, 2)), max_size=8))
def test_the_best_of_each_name_and_all_without_a_name_stay(found):
    boxes, products = [box for box, _ in found], [product for _, product in found]
    kept = kept_of(boxes, products)
    assert kept == sorted(set(kept))
    assert {products[number] for number in kept} == set(products)
    assert all(number in kept for number, product in enumerate(products) if product < 0)
    assert all(products.index(product) in kept for product in set(products))
    assert kept_of([boxes[n] for n in kept], [products[n] for n in kept]) == list(range(len(kept)))


def test_embeddings_stay_with_their_boxes():
    observation = seen([WHOLE, PART, BESIDE], [4, 4, 5])
    rows = [np.full(2, number, np.float32) for number in range(3)]
    left = without_doubles(observation._replace(names=observation.names._replace(embeddings=rows)))
    assert [row is rows[number] for row, number in zip(left.names.embeddings, (0, 2))] == [True, True]
