"""The heads: told apart by shape and metadata, and read to the same boxes whatever the layout."""

import numpy as np
import pytest

from runtime.errors import ModelError
from runtime.recognition.heads import STRIDES, grid_cells, make_head, tell_head

SIDE = 64
CELLS = grid_cells(SIDE)
CLASSES = 3
TRUTH = [(10.0, 12.0, 30.0, 44.0, 0.9, 2), (33.0, 5.0, 60.0, 20.0, 0.6, 0)]
"""x1, y1, x2, y2, score, class"""


def written(head):
    """An output of this head that holds TRUTH, and one candidate that scores too low."""
    if head == "end2end":
        rows = np.zeros((1, 20, 6), np.float32)
        rows[0, [4, 7]] = TRUTH
        rows[0, 9] = (1, 1, 2, 2, 0.1, 1)
        return rows
    if head == "ultralytics":
        out = np.zeros((1, 4 + CLASSES, CELLS), np.float32)
        for cell, (x1, y1, x2, y2, score, c) in zip((5, 40), TRUTH):
            out[0, :4, cell] = (x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1
            out[0, 4 + c, cell] = score
        out[0, 4, 50] = 0.1
        return out
    rows = 3 * CELLS if head == "yolov5" else CELLS
    out = np.zeros((1, rows, 5 + CLASSES), np.float32)
    for cell, (x1, y1, x2, y2, score, c) in zip((5, 40), TRUTH):
        centre, size = np.array([(x1 + x2) / 2, (y1 + y2) / 2]), np.array([x2 - x1, y2 - y1])
        if head == "yolox":
            stride = STRIDES[0] if cell < (SIDE // 8) ** 2 else STRIDES[1]
            origin = np.array([cell % (SIDE // 8), cell // (SIDE // 8)])
            centre, size = centre / stride - origin, np.log(size / stride)
        out[0, cell, :2], out[0, cell, 2:4] = centre, size
        out[0, cell, 4], out[0, cell, 5 + c] = 0.95, score / 0.95
    out[0, 50, 4:6] = 0.9, 0.1
    return out


@pytest.mark.parametrize("name", ["ultralytics", "yolov5", "yolox", "end2end"])
def test_every_layout_is_told_and_read_to_the_same_boxes(name):
    output = written(name)
    assert tell_head([output.shape], SIDE, {}) == name
    head = make_head(name, SIDE)
    found = head.read(output, 0.25)
    order = np.argsort(found.scores)[::-1]
    assert np.allclose(np.array(found.boxes)[order], [row[:4] for row in TRUTH], atol=1e-4)
    assert np.allclose(np.array(found.scores)[order], [row[4] for row in TRUTH], atol=1e-6)
    assert [found.classes[index] for index in order] == [row[5] for row in TRUTH]
    assert head.classes(output.shape) in (CLASSES, None)
    assert head.read(output, 0.99) == ([], [], [])


@pytest.mark.parametrize(
    "shape, metadata, name",
    [
        ((1, CELLS, 6), {}, "yolox"),  # one class
        ((1, 3 * CELLS, 6), {}, "yolov5"),  # one class
        ((1, 300, 6), {}, "end2end"),
        ((1, CELLS, 6), {"end2end": "True"}, "end2end"),
        ((1, 84, CELLS), {"task": "detect", "end2end": "False"}, "ultralytics"),
    ],
)
def test_six_columns_are_told_apart_by_the_number_of_rows(shape, metadata, name):
    assert tell_head([shape], SIDE, metadata) == name


@pytest.mark.parametrize(
    "shapes, metadata",
    [
        ([(1, 10, 7)], {}),
        ([(1, 1000)], {}),
        ([(1, 84, CELLS), (1, 32, 16, 16)], {}),
        ([(1, 84, CELLS)], {"task": "segment"}),
    ],
)
def test_what_is_no_detector_is_refused_with_what_was_expected(shapes, metadata):
    with pytest.raises(ModelError, match="expected"):
        tell_head(shapes, SIDE, metadata)
