"""Labelled pictures in a YOLO-format folder: images/, labels/ with a .txt for each, and the names of the classes."""

import os
from typing import List, NamedTuple

import numpy as np

from benchmarks.scoring.yolo_names import read_lines, read_names
from benchmarks.scoring.yolo_rows import WrongRow, row_of
from runtime.errors import SourceError
from runtime.sources.folder import EXTENSIONS, natural_order, no_images


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
    names, files = read_names(path), picture_files(images)
    pictures = [read_labelled_picture(os.path.join(images, file), labels, len(names)) for file in files]
    if not any(len(picture.classes) for picture in pictures):
        raise SourceError(
            "no labels in {} for the {} images in {}: expected NAME.txt beside NAME.jpg, with lines "
            "'class centre-x centre-y width height'".format(labels, len(files), images)
        )
    return LabelledFolder(path, names, pictures)


def picture_files(images: str) -> List[str]:
    """The names of the pictures in a folder, in their natural order; SourceError where there is none."""
    if not os.path.isdir(images):
        raise SourceError("no folder {}: expected pictures there".format(images))
    files = sorted((name for name in os.listdir(images) if name.lower().endswith(EXTENSIONS)), key=natural_order)
    if not files:
        raise SourceError(no_images("images", images, os.listdir(images)))
    return files


def read_labelled_picture(image: str, labels: str, classes: int) -> LabelledPicture:
    """The picture at `image` with its label file from the folder `labels`; SourceError names a line that is wrong.

    `classes`: how many names there are.
    """
    path = os.path.join(labels, os.path.splitext(os.path.basename(image))[0] + ".txt")
    lines = read_lines(path) if os.path.exists(path) else []
    rows = []
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                rows.append(row_of(line, classes))
            except WrongRow as wrong:
                raise SourceError("{}:{}: {}".format(path, number, wrong)) from wrong
    boxes = np.array([row.box for row in rows], np.float64).reshape(-1, 4)
    return LabelledPicture(image, boxes, np.array([row.number for row in rows], np.int64))
