"""The output layouts of the YOLO family: which one a model has, and how its boxes are read.

Every reader drops what scores too low before it computes a single box: that is what keeps it cheap.
"""

from typing import Dict, NamedTuple, Optional, Sequence, Tuple

import numpy as np

from runtime.errors import ModelError

STRIDES = (8, 16, 32)


class Candidates(NamedTuple):
    """Boxes of one picture before suppression."""

    boxes: np.ndarray
    """(k, 4) float32 x1, y1, x2, y2 in pixels of the network's input."""
    scores: np.ndarray
    """(k,) float32."""
    classes: np.ndarray
    """(k,) int32."""


def grid_cells(side: int) -> int:
    """How many cells the three grids of a network with a square input of `side` pixels have together."""
    return sum((side // stride) ** 2 for stride in STRIDES)


def _centres_to_corners(boxes: np.ndarray) -> np.ndarray:
    """Turn rows cx, cy, w, h (4, k) into x1, y1, x2, y2, in place; the boxes, (k, 4)."""
    boxes[:2] -= boxes[2:] * np.float32(0.5)
    boxes[2:] += boxes[:2]
    return boxes.T


_NOTHING = Candidates(np.empty((0, 4), np.float32), np.empty(0, np.float32), np.empty(0, np.int32))


class Head:
    """One output layout, and what its networks expect of their input."""

    name = ""
    centred = True
    """Letterbox in the middle, or top left."""
    rgb = True
    """Colour order where the network takes floats."""
    float_scale = 1 / 255.0
    """What 0..255 is multiplied with where the network takes floats."""
    overlapping = True
    """Whether its boxes still need non-maximum suppression."""

    @staticmethod
    def classes(shape: Sequence[int]) -> Optional[int]:
        """The number of classes in an output of this shape; None where the shape does not tell."""
        raise NotImplementedError

    def read(self, output: np.ndarray, min_score: float) -> Candidates:
        """The candidates of `output` (float32, batch of one) that score at least `min_score`."""
        raise NotImplementedError


class UltralyticsHead(Head):
    """Raw output of YOLOv8, 11, 12, 26 and v5u: (1, 4 + classes, N), a column a cell: cx, cy, w, h, scores."""

    name = "ultralytics"

    @staticmethod
    def classes(shape: Sequence[int]) -> Optional[int]:
        return shape[1] - 4

    def read(self, output: np.ndarray, min_score: float) -> Candidates:
        columns = output[0]
        # As a ufunc and as methods: what numpy wraps in Python takes twice as long in this cold code.
        best = np.maximum.reduce(columns[4:])
        kept = (best >= min_score).nonzero()[0]
        if not len(kept):
            return _NOTHING
        columns = columns[:, kept]
        classes = columns[4:].argmax(axis=0).astype(np.int32)
        return Candidates(_centres_to_corners(columns[:4]), best[kept], classes)


class Yolov5Head(Head):
    """YOLOv5 and v7: (1, N, 5 + classes), three anchors a cell: cx, cy, w, h, objectness, scores."""

    name = "yolov5"

    @staticmethod
    def classes(shape: Sequence[int]) -> Optional[int]:
        return shape[2] - 5

    def _rows(self, output: np.ndarray, min_score: float) -> Tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        rows = output[0]
        likely = (rows[:, 4] >= min_score).nonzero()[0]
        rows = rows[likely]
        scores = rows[:, 5:] * rows[:, 4:5]
        classes = scores.argmax(axis=1).astype(np.int32)
        best = scores[np.arange(len(rows)), classes]
        kept = best >= min_score
        return rows[kept], best[kept], classes[kept], likely[kept]

    def read(self, output: np.ndarray, min_score: float) -> Candidates:
        rows, scores, classes, _ = self._rows(output, min_score)
        return Candidates(_centres_to_corners(rows[:, :4].T), scores, classes)


class YoloxHead(Yolov5Head):
    """YOLOX: (1, N, 5 + classes), one row a cell: offsets in cells, log sizes in cells, objectness, scores."""

    name = "yolox"
    centred = False
    rgb = False
    float_scale = 1.0

    def __init__(self, side: int) -> None:
        """`side`: of the network's square input, which fixes its grids."""
        origins, strides = [], []
        for stride in STRIDES:
            cells = side // stride
            y, x = np.divmod(np.arange(cells * cells), cells)
            origins.append(np.stack([x, y], axis=1))
            strides.append(np.full((cells * cells, 1), stride))
        self._origins = np.concatenate(origins).astype(np.float32)
        self._strides = np.concatenate(strides).astype(np.float32)

    def read(self, output: np.ndarray, min_score: float) -> Candidates:
        rows, scores, classes, cells = self._rows(output, min_score)
        rows[:, 0:2] += self._origins[cells]
        np.exp(rows[:, 2:4], out=rows[:, 2:4])
        rows[:, :4] *= self._strides[cells]
        return Candidates(_centres_to_corners(rows[:, :4].T), scores, classes)


class EndToEndHead(Head):
    """A network that suppresses by itself: (1, N, 6), rows x1, y1, x2, y2, score, class."""

    name = "end2end"
    overlapping = False

    @staticmethod
    def classes(shape: Sequence[int]) -> Optional[int]:
        return None

    def read(self, output: np.ndarray, min_score: float) -> Candidates:
        rows = output[0]
        rows = rows[rows[:, 4] >= min_score]
        return Candidates(rows[:, 0:4], rows[:, 4], rows[:, 5].astype(np.int32))


NAMES = (UltralyticsHead.name, Yolov5Head.name, YoloxHead.name, EndToEndHead.name)


def make_head(name: str, side: int) -> Head:
    """The head called `name` (one of NAMES) for a square input of `side` pixels."""
    if name == YoloxHead.name:
        return YoloxHead(side)
    return {head.name: head for head in (UltralyticsHead, Yolov5Head, EndToEndHead)}[name]()


def tell_head(shapes: Sequence[Sequence[int]], side: int, metadata: Dict[str, str]) -> str:
    """Which head has these output shapes at a square input of `side` pixels.

    Ultralytics' metadata settles what it names. Otherwise N tells: the sum of the three grids (YOLOX, one row a cell),
    three times that (YOLOv5, three anchors a cell), anything else with six columns (end to end).
    """
    task = metadata.get("task", "detect")
    if task != "detect":
        raise ModelError("this is a {!r} model: expected a detector (task 'detect')".format(task))
    found = ", ".join(str(list(shape)) for shape in shapes)
    if len(shapes) == 1 and len(shapes[0]) == 3 and shapes[0][0] == 1:
        _, rows, columns = shapes[0]
        cells = grid_cells(side)
        if columns == 6 and (metadata.get("end2end", "").lower() == "true" or rows not in (cells, 3 * cells)):
            return EndToEndHead.name
        if columns == cells and rows > 4:
            return UltralyticsHead.name
        if rows == 3 * cells and columns > 5:
            return Yolov5Head.name
        if rows == cells and columns > 5:
            return YoloxHead.name
    raise ModelError(
        "outputs of shape {} at input {} are no YOLO head that we know: expected one output [1, 4+classes, {}], "
        "[1, {}, 5+classes], [1, {}, 5+classes] or [1, N, 6]; --head {{{}}} overrides".format(
            found, side, grid_cells(side), 3 * grid_cells(side), grid_cells(side), ",".join(NAMES)
        )
    )
