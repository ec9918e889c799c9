"""One line of a YOLO label: a box, a polygon read as its box, and perhaps a score, as the ecosystem's tools write them.

    class  centre-x centre-y width height              a box
    class  centre-x centre-y width height  score       what `yolo predict save_txt save_conf` writes
    class  x1 y1 x2 y2 x3 y3 ...                        a polygon, three corners or more (segmentation)
    class  x1 y1 x2 y2 x3 y3 ...  score                 the same with a score

All but class are shares of the picture's sides, 0 to 1. Key points of poses are not told from polygons: leave them out.
"""

import math
from typing import List, NamedTuple, Optional, Tuple

OUTSIDE = 0.01
"""How far beyond 0..1 a value may lie: labels are rounded."""
EXPECTED = (
    "expected 'class centre-x centre-y width height', a score behind them or not, or 'class x1 y1 x2 y2 x3 y3 ...'"
)


class WrongRow(ValueError):
    """The line is none of these; the message says why."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind
        """In a word or two, for a table of findings."""


class Row(NamedTuple):
    """What a line says."""

    number: int
    """The class."""
    box: Tuple[float, float, float, float]
    """Centre x, centre y, width, height."""
    is_polygon: bool
    score: Optional[float]


def row_of(line: str, classes: int, outside: float = OUTSIDE) -> Row:
    """Read `line`; `classes`: how many names there are. WrongRow where it makes no sense.

    `outside`: how far beyond 0..1 a box's values may lie; corners of a polygon OUTSIDE.
    """
    shown = repr(line.strip()[:60])
    try:
        number, *values = [float(field) for field in line.split()]
    except ValueError:
        number, values = -1.0, []
    score = values.pop() if len(values) % 2 and len(values) >= 5 else None
    if len(values) < 4 or len(values) % 2 or number % 1 != 0:  # nan and infinity too
        raise WrongRow("no box", "{}: {}".format(shown, EXPECTED))
    if not 0 <= number < classes:
        raise WrongRow(
            "class out of range",
            "class {:.0f}: expected 0 to {}, as many as there are names".format(number, classes - 1),
        )
    if score is not None and not 0 <= score <= 1:
        raise WrongRow("no score", "{}: the score {:g} is not within 0 to 1".format(shown, score))
    shares = "{}: expected shares of the picture, 0 to 1, with a width and a height".format(shown)
    if not all(map(math.isfinite, values)):
        raise WrongRow("no box", shares)
    is_polygon = len(values) > 4
    if is_polygon and not all(-OUTSIDE <= value <= 1 + OUTSIDE for value in values):
        raise WrongRow("outside", "{}: expected corners as shares of the picture, 0 to 1".format(shown))
    box = box_around(values) if is_polygon else (values[0], values[1], values[2], values[3])
    if min(box[2:]) <= 0 or not all(-outside <= value <= 1 + outside for value in box):
        kind = "no area" if min(box[2:]) <= 0 else "outside"
        raise WrongRow(kind, shares)
    return Row(int(number), box, is_polygon, score)


def box_around(corners: List[float]) -> Tuple[float, float, float, float]:
    """The box of a polygon x1 y1 x2 y2 ..., cut to the picture."""
    xs = [min(max(value, 0.0), 1.0) for value in corners[0::2]]
    ys = [min(max(value, 0.0), 1.0) for value in corners[1::2]]
    left, right, top, bottom = min(xs), max(xs), min(ys), max(ys)
    return (left + right) / 2, (top + bottom) / 2, right - left, bottom - top
