"""The heads: told apart by shape and metadata, and read to the same boxes whatever the layout."""

import numpy as np
import pytest

from runtime.errors import ModelError
from runtime.recognition.heads import GRIDS, STRIDES, columns_beside, grid_cells, make_head, strides_of, tell_head
from runtime.sides import Sides, square

SIDES = Sides(96, 64)
CELLS = grid_cells(SIDES)
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
            stride = STRIDES[0]
            across = SIDES.width // stride
            origin = np.array([cell % across, cell // across])
            centre, size = centre / stride - origin, np.log(size / stride)
        out[0, cell, :2], out[0, cell, 2:4] = centre, size
        out[0, cell, 4], out[0, cell, 5 + c] = 0.95, score / 0.95
    out[0, 50, 4:6] = 0.9, 0.1
    return out


@pytest.mark.parametrize("name", ["ultralytics", "yolov5", "yolox", "end2end"])
def test_every_layout_is_told_and_read_to_the_same_boxes(name):
    output = written(name)
    assert tell_head([output.shape], SIDES, {}) == name
    head = make_head(name, SIDES, output.shape)
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
    assert tell_head([shape], SIDES, metadata) == name


@pytest.mark.parametrize(
    "shapes, metadata",
    [
        ([(1, 10, 7)], {}),
        ([(1, 1000)], {}),
        ([(1, 84, CELLS), (1, 32, 16)], {}),
        ([(1, 84, CELLS)], {"task": "segment"}),
        ([(1, 84, CELLS)], {"task": "pose"}),
        ([(1, 20, CELLS)], {"task": "obb"}),
        ([(2, 84, CELLS)], {}),
        ([(1, 300, 97)], {}),
    ],
)
def test_what_is_no_detector_is_refused_with_what_was_expected(shapes, metadata):
    with pytest.raises(ModelError, match="expected"):
        tell_head(shapes, SIDES, metadata)


def test_the_refusal_names_the_flag():
    with pytest.raises(ModelError, match="--head {ultralytics,yolov5,yolox,end2end,rtdetr} says which it is"):
        tell_head([(1, 300, 97)], SIDES, {})


@pytest.mark.parametrize("strides", GRIDS)
@pytest.mark.parametrize("sides", [square(160), square(640), Sides(160, 96), Sides(640, 384), Sides(480, 640)], ids=str)
def test_other_grids_are_told(sides, strides):
    cells = grid_cells(sides, strides)
    assert tell_head([(1, 84, cells)], sides, {}) == "ultralytics"
    assert tell_head([(1, 3 * cells, 85)], sides, {}) == "yolov5"
    assert tell_head([(1, cells, 85)], sides, {}) == "yolox"
    assert strides_of(cells, sides) == strides


def test_no_two_grids_have_as_many_cells():
    for sides in (Sides(wide, high) for wide in range(64, 1313, 32) for high in range(64, wide + 1, 32)):
        counts = [n * grid_cells(sides, strides) for strides in GRIDS for n in (1, 3)]
        assert len(set(counts)) == len(counts), sides


def test_yolov3_tiny_at_320():
    assert tell_head([(1, 84, 500)], square(320), {"task": "detect"}) == "ultralytics"


@pytest.mark.parametrize("strides", [(16, 32), (4, 8, 16, 32), (8, 16, 32, 64)])
def test_yolox_reads_boxes_from_every_grid(strides):
    sides, rows, truth = Sides(192, 128), [], []
    for stride in strides:
        for y in range(sides.height // stride):
            for x in range(sides.width // stride):
                row = np.zeros(8, np.float32)
                if (x, y) == (1, 1):
                    row[:] = 0.5, 0.25, np.log(1.5), np.log(0.5), 1.0, 0.0, 0.8, 0.0
                    truth.append((0.75 * stride, stride, 2.25 * stride, 1.5 * stride))
                rows.append(row)
    found = make_head("yolox", sides, (1, len(rows), 8)).read(np.array([rows]), 0.25)
    assert np.allclose(found.boxes, truth, atol=1e-4)
    assert found.classes == [1] * len(strides)


def with_more(name, count):
    """TRUTH written with `count` values more a cell, all of which would score if they were read."""
    output = written(name)
    axis = 1 if name == "ultralytics" else 2
    shape = list(output.shape)
    shape[axis] = count
    return np.concatenate([output, np.full(shape, 7.0, np.float32)], axis)


@pytest.mark.parametrize(
    "name, shapes_beside, metadata, count",
    [
        ("ultralytics", [(1, 32, 16, 16)], {"task": "segment"}, 32),
        ("ultralytics", [(1, 32, 16, 16)], {}, 32),
        ("ultralytics", [], {"task": "pose", "kpt_shape": "[17, 3]"}, 51),
        ("yolov5", [(1, 32, 16, 16)], {}, 32),
        ("end2end", [(1, 32, 16, 16)], {"task": "segment", "end2end": "True"}, 32),
        ("end2end", [], {"task": "pose", "kpt_shape": "[4, 2]", "end2end": "True"}, 8),
    ],
)
def test_masks_and_key_points_are_left_unread(name, shapes_beside, metadata, count):
    output = with_more(name, count)
    shapes = [output.shape] + shapes_beside
    assert columns_beside(shapes, metadata) == count
    assert tell_head(shapes, SIDES, metadata) == name
    head = make_head(name, SIDES, output.shape, count)
    assert head.classes(output.shape) in (CLASSES, None)
    found = head.read(output, 0.25)
    order = np.argsort(found.scores)[::-1]
    assert np.allclose(np.array(found.boxes)[order], [row[:4] for row in TRUTH], atol=1e-4)
    assert np.allclose(np.array(found.scores)[order], [row[4] for row in TRUTH], atol=1e-6)
    assert [found.classes[index] for index in order] == [row[5] for row in TRUTH]


def test_rtdetr_gives_shares_of_the_picture_and_is_told_by_its_names():
    output = np.zeros((1, 300, 4 + CLASSES), np.float32)
    for row, (x1, y1, x2, y2, score, c) in zip((3, 200), TRUTH):
        output[0, row, :4] = (
            np.array([x1 + x2, y1 + y2, 2 * (x2 - x1), 2 * (y2 - y1)]) / 2 / np.repeat([SIDES], 2, axis=0).ravel()
        )
        output[0, row, 4 + c] = score
    assert tell_head([output.shape], SIDES, {}, names=CLASSES) == "rtdetr"
    found = make_head("rtdetr", SIDES, output.shape, names=CLASSES).read(output, 0.25)
    assert np.allclose(found.boxes, [row[:4] for row in TRUTH], atol=1e-4)
    assert found.classes == [row[5] for row in TRUTH]
    assert not make_head("rtdetr", SIDES, output.shape).overlapping


def test_six_columns_for_two_classes_are_end_to_end_unless_the_description_says_otherwise():
    assert tell_head([(1, 300, 6)], SIDES, {}, names=2) == "end2end"
    metadata = {"description": "Ultralytics RT-DETR-x model"}
    assert tell_head([(1, 300, 6)], SIDES, metadata, names=2) == "rtdetr"
    assert make_head("rtdetr", SIDES, (1, 300, 6), names=2).classes((1, 300, 6)) == 2


def test_rtdetr_as_ultralytics_writes_it_now():
    """(1, 300, 6) like an end-to-end YOLO, but shares of the picture around centres; its description tells."""
    output = np.zeros((1, 300, 6), np.float32)
    for row, (x1, y1, x2, y2, score, c) in zip((0, 1), TRUTH):
        output[0, row, :4] = (
            np.array([x1 + x2, y1 + y2, 2 * (x2 - x1), 2 * (y2 - y1)]) / 2 / np.repeat([SIDES], 2, axis=0).ravel()
        )
        output[0, row, 4:] = score, c
    metadata = {"description": "Ultralytics RT-DETR-l model", "task": "detect", "end2end": "False"}
    assert tell_head([output.shape], SIDES, metadata, names=80) == "rtdetr"
    found = make_head("rtdetr", SIDES, output.shape, names=80).read(output, 0.25)
    assert np.allclose(found.boxes, [row[:4] for row in TRUTH], atol=1e-4)
    assert found.classes == [row[5] for row in TRUTH]
