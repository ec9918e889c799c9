"""Labelled pictures in a YOLO-format folder: images/, labels/ with a .txt for each, and the names of the classes."""

import os
from typing import List, NamedTuple

import numpy as np

from benchmarks.scoring.yolo_names import read_lines, read_names
from runtime.errors import SourceError
from runtime.sources.folder import EXTENSIONS, natural_order

OUTSIDE = 0.01
"""How far beyond 0..1 a value may lie: labels are rounded."""


class LabelledPicture(NamedTuple):
    """One picture and its true boxes, side by side. m may be 0."""

    path: str
    boxes: np.ndarray
    """(m, 4) float64: centre x, centre y, width, height as a share of the picture's width and height, 0..1."""
    classes: np.ndarray
    """(m,) int64, index into the folder's names."""

    def boxes_px(self, width: int, height: int) -> np.ndarray:
        """(m, 4) float32: x1, y1, x2, y2 in a picture of this size."""
        centres, halves = self.boxes[:, :2], self.boxes[:, 2:] / 2
        corners = np.concatenate([centres - halves, centres + halves], axis=1)
        return (corners * [width, height, width, height]).astype(np.float32)


class LabelledFolder(NamedTuple):
    """A set of labelled pictures."""

    path: str
    names: List[str]
    """Class 0 first."""
    pictures: List[LabelledPicture]
    """In the natural order of their names, the order of a folder source."""

    @property
    def images(self) -> str:
        """The folder of the pictures."""
        return os.path.join(self.path, "images")


def read_labelled_folder(path: str) -> LabelledFolder:
    """Read all labels; a picture without a label file has no true box, as Ultralytics has it.

    Raises SourceError, with file and line, for what is missing or wrong, and where no picture has a box.
    """
    images, labels = os.path.join(path, "images"), os.path.join(path, "labels")
    for folder in (path, images, labels):
        if not os.path.isdir(folder):
            raise SourceError(
                "no folder {}: expected images/, labels/ and the names of the classes in {}".format(folder, path)
            )
    names = read_names(path)
    files = sorted((name for name in os.listdir(images) if name.lower().endswith(EXTENSIONS)), key=natural_order)
    if not files:
        raise SourceError("no images in {}: expected files that end in {}".format(images, ", ".join(EXTENSIONS)))
    pictures = [read_labelled_picture(os.path.join(images, file), labels, len(names)) for file in files]
    if not any(len(picture.classes) for picture in pictures):
        raise SourceError(
            "no labels in {} for the {} images in {}: expected NAME.txt beside NAME.jpg, with lines "
            "'class centre-x centre-y width height'".format(labels, len(files), images)
        )
    return LabelledFolder(path, names, pictures)


def read_labelled_picture(image: str, labels: str, classes: int) -> LabelledPicture:
    """The picture at `image` with its label file from the folder `labels`; SourceError names a line that is wrong.

    `classes`: how many names there are.
    """
    path = os.path.join(labels, os.path.splitext(os.path.basename(image))[0] + ".txt")
    lines = read_lines(path) if os.path.exists(path) else []
    rows = [
        _read_line(line, "{}:{}".format(path, number), classes) for number, line in enumerate(lines, 1) if line.strip()
    ]
    table = np.array(rows, np.float64).reshape(-1, 5)
    return LabelledPicture(image, table[:, 1:], table[:, 0].astype(np.int64))


def _read_line(line: str, where: str, classes: int) -> List[float]:
    try:
        number, *box = [float(field) for field in line.split()]
    except ValueError:
        number, box = -1.0, []
    if len(box) != 4 or number % 1 != 0:  # nan and infinity too
        raise SourceError("{}: {!r}: expected 'class centre-x centre-y width height'".format(where, line.strip()[:60]))
    if not 0 <= number < classes:
        raise SourceError(
            "{}: class {:.0f}: expected 0 to {}, as many as there are names".format(where, number, classes - 1)
        )
    if not all(-OUTSIDE <= value <= 1 + OUTSIDE for value in box) or min(box[2:]) <= 0:
        raise SourceError(
            "{}: {!r}: expected shares of the picture, 0 to 1, with a width and a height".format(
                where, line.strip()[:60]
            )
        )
    return [number] + box
