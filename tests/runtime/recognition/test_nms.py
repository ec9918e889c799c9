"""Suppression against the definition, written out."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from runtime.recognition.iou import iou_matrix
from runtime.recognition.nms import suppress

BOX = st.tuples(st.integers(0, 60), st.integers(0, 60), st.integers(1, 40), st.integers(1, 40))
ITEMS = st.lists(st.tuples(BOX, st.integers(1, 1000), st.integers(0, 2)), max_size=25, unique_by=lambda item: item[1])


def arrays(items):
    boxes = np.array([[x, y, x + w, y + h] for (x, y, w, h), _, _ in items], np.float32).reshape(-1, 4)
    scores = np.array([score / 1000 for _, score, _ in items], np.float32)
    classes = np.array([c for _, _, c in items], np.int32)
    return boxes, scores, classes


def suppressed(items, iou, limit=300):
    return suppress(*[values.tolist() for values in arrays(items)], iou, limit)


def by_definition(boxes, scores, classes, iou):
    kept = []
    for index in np.argsort(-scores):
        if all(classes[index] != classes[k] or iou_matrix(boxes[[index]], boxes[[k]])[0, 0] <= iou for k in kept):
            kept.append(int(index))
    return kept


@given(ITEMS, st.sampled_from([0.303, 0.507, 0.701]))
def test_it_keeps_what_the_definition_keeps(items, iou):
    assert suppressed(items, iou) == by_definition(*arrays(items), iou)


@given(ITEMS, st.integers(0, 5))
def test_the_limit_keeps_the_best(items, limit):
    assert suppressed(items, 0.507, limit) == suppressed(items, 0.507)[:limit]
