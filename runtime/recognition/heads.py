"""The output layouts of the YOLO family: which one a model has, and how its boxes are read.

Every reader drops what scores too low before it computes a single box: that is what keeps it cheap.
"""

import re
from typing import Dict, List, NamedTuple, Optional, Sequence, Tuple

import numpy as np

from runtime.errors import ModelError
from runtime.sides import Sides

STRIDES = (8, 16, 32)
"""Of the usual three grids."""
GRIDS = (STRIDES, (16, 32), (4, 8, 16, 32), (8, 16, 32, 64), (4, 8, 16, 32, 64))
"""Those, of small networks (YOLOv3-tiny), with one for small objects (P2), for large pictures (P6), and with both."""

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


def grid_cells(sides: Sides, strides: Sequence[int] = STRIDES) -> int:
    """How many cells the grids of a network with an input of `sides` have together."""
    return sum((sides.width // stride) * (sides.height // stride) for stride in strides)


def strides_of(rows: int, sides: Sides, anchors: int = 1) -> Optional[Tuple[int, ...]]:
    """The grids that have `rows` rows, `anchors` a cell; None where none of GRIDS has."""
    for strides in GRIDS:
        if anchors * grid_cells(sides, strides) == rows:
            return strides
    return None


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

    def classes(self, shape: Sequence[int]) -> Optional[int]:
        """The number of classes in an output of this shape; None where the shape does not tell."""
        raise NotImplementedError

    def read(self, output: np.ndarray, min_score: float) -> Candidates:
        """The candidates of `output` (float32, batch of one) that score at least `min_score`."""
        raise NotImplementedError


class UltralyticsHead(Head):
    """Raw output of YOLOv8, 11, 12, 26: (1, 4 + classes + more, N), a column a cell: cx, cy, w, h, scores, more.

    More: the masks' coefficients of a segment model, the key points of a pose model, which are left unread.
    """

    name = "ultralytics"

    def __init__(self, more: int = 0) -> None:
        self._more = more
        self._scores = slice(4, -more if more else None)

    def classes(self, shape: Sequence[int]) -> Optional[int]:
        return shape[1] - 4 - self._more

    def read(self, output: np.ndarray, min_score: float) -> Candidates:
        columns = output[0]
        # As a ufunc and as methods: what numpy wraps in Python takes twice as long in this cold code.
        best = np.maximum.reduce(columns[self._scores])
        kept = (best >= min_score).nonzero()[0]
        if not len(kept):
            return Candidates([], [], [])
        columns = columns[:, kept]
        return Candidates(
            _corners(columns[:4].tolist()), best[kept].tolist(), columns[self._scores].argmax(axis=0).tolist()
        )


class Yolov5Head(Head):
    """YOLOv5 and v7: (1, N, 5 + classes + more), three anchors a cell: cx, cy, w, h, objectness, scores, more."""

    name = "yolov5"

    def __init__(self, more: int = 0) -> None:
        """`more`: columns behind the scores that are left unread, see UltralyticsHead."""
        self._more = more
        self._scores = slice(5, -more if more else None)

    def classes(self, shape: Sequence[int]) -> Optional[int]:
        return shape[2] - 5 - self._more

    def read(self, output: np.ndarray, min_score: float) -> Candidates:
        rows = output[0]
        likely = (rows[:, 4] >= min_score).nonzero()[0]
        rows = rows[likely]
        scores = rows[:, self._scores] * rows[:, 4:5]
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

    def __init__(self, sides: Sides, strides: Sequence[int] = STRIDES) -> None:
        """`sides`: of the network's input, which fix its grids."""
        super().__init__()
        origins, scales = [], []
        for stride in strides:
            across, down = sides.width // stride, sides.height // stride
            y, x = np.divmod(np.arange(across * down), across)
            origins.append(np.stack([x, y], axis=1))
            scales.append(np.full((across * down, 1), stride))
        self._origins = np.concatenate(origins).astype(np.float32)
        self._strides = np.concatenate(scales).astype(np.float32)

    def _centred(self, rows: np.ndarray, cells: np.ndarray) -> np.ndarray:
        rows[:, 0:2] += self._origins[cells]
        np.exp(rows[:, 2:4], out=rows[:, 2:4])
        rows *= self._strides[cells]
        return rows


NO_CLASS, MOST = -1, 1 << 30
"""What a network that gives the class as a number may answer: anything."""


class EndToEndHead(Head):
    """A network that suppresses by itself: (1, N, 6 or more), rows x1, y1, x2, y2, score, class, and what is unread."""

    name = "end2end"
    overlapping = False

    def classes(self, shape: Sequence[int]) -> Optional[int]:
        return None

    def read(self, output: np.ndarray, min_score: float) -> Candidates:
        rows = output[0]
        rows = rows[rows[:, 4] >= min_score]
        boxes = [(x1, y1, x2, y2) for x1, y1, x2, y2 in rows[:, 0:4].tolist()]
        classes = [int(number) if number == number else NO_CLASS for number in rows[:, 5].clip(NO_CLASS, MOST).tolist()]
        return Candidates(boxes, rows[:, 4].tolist(), classes)


class RtdetrHead(Head):
    """RT-DETR: a row an object: cx, cy, w, h as shares of the input, and a score for each class. Nothing overlaps.

    (1, N, 4 + classes) by most exporters; by Ultralytics from 8.4 on (1, N, 6), with the best score and its class.
    """

    name = "rtdetr"
    overlapping = False

    def __init__(self, sides: Sides, is_chosen: bool) -> None:
        """`sides`: of the network's input. `is_chosen`: rows end in a score and its class."""
        self._sides = np.array(sides + sides, np.float32)
        self._is_chosen = is_chosen

    def classes(self, shape: Sequence[int]) -> Optional[int]:
        return None if self._is_chosen else shape[2] - 4

    def read(self, output: np.ndarray, min_score: float) -> Candidates:
        rows = output[0]
        best = rows[:, 4] if self._is_chosen else np.maximum.reduce(rows[:, 4:], axis=1)
        kept = (best >= min_score).nonzero()[0]
        rows = rows[kept]
        classes = rows[:, 5].astype(int) if self._is_chosen else rows[:, 4:].argmax(axis=1)
        return Candidates(_corners((rows[:, :4] * self._sides).T.tolist()), best[kept].tolist(), classes.tolist())


NAMES = (UltralyticsHead.name, Yolov5Head.name, YoloxHead.name, EndToEndHead.name, RtdetrHead.name)
TASKS = ("detect", "segment", "pose")
"""Of Ultralytics' models those that find upright boxes."""


def make_head(name: str, sides: Sides, shape: Sequence[int], more: int = 0, names: int = 0) -> Head:
    """The head called `name` (one of NAMES) for an input of `sides` and an output of this shape.

    `more`: columns behind the scores, see `columns_beside`. `names`: how many classes are known by name.
    """
    if name == YoloxHead.name:
        return YoloxHead(sides, strides_of(shape[1], sides) or STRIDES)
    if name == RtdetrHead.name:
        return RtdetrHead(sides, is_chosen=shape[2] == 6 and names != 2)
    if name == EndToEndHead.name:
        return EndToEndHead()
    return {head.name: head for head in (UltralyticsHead, Yolov5Head)}[name](more)


def columns_beside(shapes: Sequence[Sequence[int]], metadata: Dict[str, str]) -> int:
    """How many values beside box and scores each cell of these outputs has.

    A segment model's second output, (1, m, h, w), holds the m masks that m coefficients a cell are for; a pose model's
    metadata say how many key points of how many numbers there are.
    """
    if len(shapes) == 2 and len(shapes[1]) == 4:
        return shapes[1][1]
    points = re.findall(r"\d+", metadata.get("kpt_shape", ""))
    return int(points[0]) * int(points[1]) if len(points) == 2 else 0


def tell_head(
    shapes: Sequence[Sequence[int]], sides: Sides, metadata: Dict[str, str], names: int = 0, batch: int = 1
) -> str:
    """Which head has these output shapes at an input of `sides`.

    Ultralytics' metadata settles what it names. Otherwise N tells: the sum of the grids (YOLOX, one row a cell), three
    times that (YOLOv5, three anchors a cell), anything else with six columns (end to end), or with four more than there
    are `names` (RT-DETR). ModelError for what none of that tells. `batch`: pictures that the network takes.
    """
    task = metadata.get("task", "detect")
    if task not in TASKS:
        raise ModelError("this is a {!r} model: expected one that finds boxes ({})".format(task, ", ".join(TASKS)))
    more = columns_beside(shapes, metadata)
    if task != "detect" and not more:
        raise ModelError("a {!r} model: expected a second output of masks, or kpt_shape in its metadata".format(task))
    if len(shapes) <= 1 + (more > 0) and len(shapes[0]) == 3 and shapes[0][0] == batch:
        told = _told_by_shape(shapes[0], sides, metadata, more, names)
        if told is not None:
            return told
    raise ModelError(
        "outputs of shape {} at input {} are no head that we can tell: expected [{b}, 4+classes, {cells}], [{b}, "
        "{anchors}, 5+classes], [{b}, {cells}, 5+classes] or [{b}, N, 6] (grids of {strides}); --head {{{heads}}} says "
        "which it is".format(
            ", ".join(str(list(shape)) for shape in shapes),
            sides,
            b=batch,
            cells=grid_cells(sides),
            anchors=3 * grid_cells(sides),
            strides=" or ".join("/".join(map(str, strides)) for strides in GRIDS),
            heads=",".join(NAMES),
        )
    )


def _told_by_shape(
    shape: Sequence[int], sides: Sides, metadata: Dict[str, str], more: int, names: int
) -> Optional[str]:
    _, rows, columns = shape
    is_end2end = metadata.get("end2end", "").lower() == "true"
    is_rtdetr = "rtdetr" in re.sub("[^a-z]", "", metadata.get("description", "").lower())
    if is_end2end and columns == 6 + more:
        return EndToEndHead.name
    if is_rtdetr:
        return RtdetrHead.name
    if strides_of(columns, sides) and rows > 4 + more:
        return UltralyticsHead.name
    # With six columns unusual grids count for nothing: a network that ends with 300 rows is the likelier one.
    is_usual = columns > 6 + more or rows in (grid_cells(sides), 3 * grid_cells(sides))
    if is_usual and strides_of(rows, sides, anchors=3) and columns > 5 + more:
        return Yolov5Head.name
    if is_usual and strides_of(rows, sides) and columns > 5 and not more:
        return YoloxHead.name
    if columns == 6 + more:
        return EndToEndHead.name
    if names and columns == 4 + names:
        return RtdetrHead.name
    return None
