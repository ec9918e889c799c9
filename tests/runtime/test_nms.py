"""Suppression against the definition, written out."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from runtime.nms import suppress
from runtime.overlap import iou_matrix

BOX = st.tuples(st.integers(0, 60), st.integers(0, 60), st.integers(1, 40), st.integers(1, 40))
ITEMS = st.lists(st.tuples(BOX, st.integers(1, 1000), st.integers(0, 2)), max_size=25, unique_by=lambda item: item[1])


def arrays(items):
    boxes = np.array([[x, y, x + w, y + h] for (x, y, w, h), _, _ in items], np.float32).reshape(-1, 4)
    scores = np.array([score / 1000 for _, score, _ in items], np.float32)
    classes = np.array([c for _, _, c in items], np.int32)
    return boxes, scores, classes


def by_definition(boxes, scores, classes, iou):
    kept = []
    for index in np.argsort(-scores):
        if all(classes[index] != classes[k] or iou_matrix(boxes[[index]], boxes[[k]])[0, 0] <= iou for k in kept):
            kept.append(int(index))
    return kept


@given(ITEMS, st.sampled_from([0.303, 0.507, 0.701]))
def test_it_keeps_what_the_definition_keeps(items, iou):
    boxes, scores, classes = arrays(items)
    assert suppress(boxes, scores, classes, iou, 300).tolist() == by_definition(boxes, scores, classes, iou)


@given(ITEMS, st.integers(0, 5))
def test_the_limit_keeps_the_best(items, limit):
    boxes, scores, classes = arrays(items)
    everything = suppress(boxes, scores, classes, 0.507, 300)
    assert suppress(boxes, scores, classes, 0.507, limit).tolist() == everything[:limit].tolist()
