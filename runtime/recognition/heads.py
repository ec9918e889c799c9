"""The output layouts of the YOLO family: which one a model has, and how its boxes are read.

Every reader drops what scores too low before it computes a single box: that is what keeps it cheap.
"""

from typing import Dict, List, NamedTuple, Optional, Sequence, Tuple

import numpy as np

from runtime.errors import ModelError

STRIDES = (8, 16, 32)


Box = Tuple[float, float, float, float]
"""x1, y1, x2, y2."""


class Candidates(NamedTuple):
    """Boxes of one picture before suppression, side by side.

    Numbers, not arrays: after an inference all code is cold, and for the few candidates of a frame numpy's functions
    cost more to fetch than to run.
    """

    boxes: List[Box]
    """In pixels of the network's input."""
    scores: List[float]
    classes: List[int]


def grid_cells(side: int) -> int:
    """How many cells the three grids of a network with a square input of `side` pixels have together."""
    return sum((side // stride) ** 2 for stride in STRIDES)


def _corners(centred: Sequence[Sequence[float]]) -> List[Box]:
    """Of boxes given as four rows: cx, cy, w, h."""
    return [(x - w / 2, y - h / 2, x + w / 2, y + h / 2) for x, y, w, h in zip(*centred)]


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
            return Candidates([], [], [])
        columns = columns[:, kept]
        return Candidates(_corners(columns[:4].tolist()), best[kept].tolist(), columns[4:].argmax(axis=0).tolist())


class Yolov5Head(Head):
    """YOLOv5 and v7: (1, N, 5 + classes), three anchors a cell: cx, cy, w, h, objectness, scores."""

    name = "yolov5"

    @staticmethod
    def classes(shape: Sequence[int]) -> Optional[int]:
        return shape[2] - 5

    def read(self, output: np.ndarray, min_score: float) -> Candidates:
        rows = output[0]
        likely = (rows[:, 4] >= min_score).nonzero()[0]
        rows = rows[likely]
        scores = rows[:, 5:] * rows[:, 4:5]
        best = np.maximum.reduce(scores, axis=1)
        kept = (best >= min_score).nonzero()[0]
        centred = self._centred(rows[kept, :4], likely[kept])
        return Candidates(_corners(centred.T.tolist()), best[kept].tolist(), scores[kept].argmax(axis=1).tolist())

    def _centred(self, rows: np.ndarray, cells: np.ndarray) -> np.ndarray:
        """cx, cy, w, h in pixels (k, 4) from the first four columns of these `cells`; may change `rows`."""
        return rows


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

    def _centred(self, rows: np.ndarray, cells: np.ndarray) -> np.ndarray:
        rows[:, 0:2] += self._origins[cells]
        np.exp(rows[:, 2:4], out=rows[:, 2:4])
        rows *= self._strides[cells]
        return rows


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
        boxes = [(x1, y1, x2, y2) for x1, y1, x2, y2 in rows[:, 0:4].tolist()]
        return Candidates(boxes, rows[:, 4].tolist(), rows[:, 5].astype(int).tolist())


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
