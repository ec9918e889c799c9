"""The bundle's two networks in the form that others run them in, and planted outputs, so that all find the same.

Float32 pictures (n, 3, side, side), RGB, scaled outside, sides fixed: the bundle's own graphs from `normalized` on. The
detector besides in its usual form, as `yolo export format=onnx` writes it (see benchmarks.peer_loops.ultralytics):
ours went through export.graph.rewriting.
"""

import os
from typing import List, NamedTuple

import numpy as np
import onnx

from export.building.model import engine_model
from export.checking.verdict import read_model
from runtime.bundle import Bundle
from runtime.recognition.heads import STRIDES, grid_cells
from runtime.sides import square

MAX_BATCH = 16
CANDIDATES = 8
"""Cells that see the same object, as a YOLO network without suppression of its own has them."""
DETECTIONS = 300
"""Rows of a detector that suppresses by itself."""
FAINT = 0.02
"""Scores of all other cells, at most."""


class PeerNetworks(NamedTuple):
    """ONNX files and what their outputs mean."""

    detector: str
    usual_detector: str
    """As others have it; the same file as `detector` where Ultralytics is not there to write it."""
    classifier: str
    size: int
    """Side of the detector's input in pixels."""
    bundle: Bundle
    end2end: bool
    """Whether the detector suppresses by itself."""


def peer_networks(bundle: Bundle, size: int, folder: str) -> PeerNetworks:
    """Write both networks of `bundle` into `folder` in the usual form. Raises ModelError."""
    paths, end2end = [], []
    for path, side, batch in ((bundle.detector, size, 1), (bundle.classifier, bundle.crop_size, MAX_BATCH)):
        original = read_model(path)
        model = engine_model(original, square(side), batch, takes_uint8=False, in_half=False).model
        told = {entry.key: entry.value for entry in original.metadata_props}
        end2end.append(told.get("end2end") == "True")
        told.update(imgsz=str([side, side]), batch=str(1))
        del model.metadata_props[:]
        onnx.helper.set_model_props(model, told)
        paths.append(os.path.join(folder, "{}-{}".format(side, os.path.basename(path))))
        onnx.save(model, paths[-1])
    return PeerNetworks(paths[0], paths[0], paths[1], size, bundle, end2end[0])


class Planted(NamedTuple):
    """What a detector is made to say."""

    boxes: int
    """How many objects are left after suppression."""
    output: np.ndarray
    """(1, 4 + classes, cells) float32, raw."""


def planted(size: int, classes: int, boxes: int, end2end: bool = False) -> Planted:
    """An output in which `boxes` objects stand in a grid; without `end2end` each is seen by CANDIDATES cells.

    The picture is taken for 4:3, letterboxed in the middle: no object lies in the bars above and below.
    """
    random = np.random.RandomState(boxes)
    if end2end:
        return Planted(boxes, _suppressed(random, size, classes, boxes))
    cells = grid_cells(square(size))
    output = np.zeros((1, 4 + classes, cells), np.float32)
    output[0, :2] = random.uniform(0, size, (2, cells))
    output[0, 2:4] = random.uniform(4, size / 4, (2, cells))
    output[0, 4:] = random.uniform(0, FAINT, (classes, cells))
    fine = (size // STRIDES[0]) ** 2
    for number, (x, y) in enumerate(_grid(boxes, size)):
        for candidate in range(CANDIDATES):
            cell = random.randint(fine)
            shift = random.uniform(-0.005, 0.005, 2) * size if candidate else (0, 0)
            output[0, :4, cell] = x + shift[0], y + shift[1], 0.16 * size, 0.2 * size
            output[0, 4:, cell] = FAINT
            output[0, 4 + number % classes, cell] = 0.9 - 0.02 * candidate
    return Planted(boxes, output)


def _suppressed(random: np.random.RandomState, size: int, classes: int, boxes: int) -> np.ndarray:
    """What a network without need of suppression says, (1, DETECTIONS, 6): x1, y1, x2, y2, score, class; best first."""
    output = np.zeros((1, DETECTIONS, 6), np.float32)
    output[0, :, :4] = np.sort(random.uniform(0, size, (DETECTIONS, 2, 2)), axis=1).reshape(-1, 4)
    output[0, :, 4] = np.sort(random.uniform(0, FAINT, DETECTIONS))[::-1]
    for number, (x, y) in enumerate(_grid(boxes, size)):
        half = size * np.array([0.08, 0.1])
        output[0, number] = [*((x, y) - half), *((x, y) + half), 0.9 - 0.02 * number, number % classes]
    return output


def _grid(count: int, size: int) -> List[np.ndarray]:
    """Centres of `count` objects, four in a row, in pixels of the square."""
    return [size * np.array([0.16 + 0.22 * (index % 4), 0.32 + 0.32 * (index // 4)]) for index in range(count)]
