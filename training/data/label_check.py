"""What is wrong with the boxes of one label file."""

from pathlib import Path
from typing import List, NamedTuple, Optional, Sequence, Tuple

import numpy as np

from benchmarks.scoring.yolo_names import read_lines
from benchmarks.scoring.yolo_rows import OUTSIDE, Row, WrongRow, row_of
from runtime.errors import SourceError

MIN_SIDE_PX = 8
"""Boxes with a shorter side are too small to name: training and composing leave them out."""
WHOLE = 0.95
"""Share of the picture from which on a box says nothing about where the product is."""
SAME = 0.95
"""Boxes that overlap more are one box."""


class Finding(NamedTuple):
    """One thing that is wrong."""

    kind: str
    must_mend: bool
    where: str
    """file or file:line."""
    what: str


class Labels(NamedTuple):
    """The boxes that can be used."""

    boxes: np.ndarray
    """(n, 4) float64: centre x, centre y, width, height as shares of the picture."""
    classes: np.ndarray
    """(n,) int64."""
    lines: List[int]
    """Where each stands."""
    polygons: int = 0
    """How many of them were polygons."""
    scored: int = 0
    """How many have a score, as predictions have and labels drawn by hand have not."""


def check_label(path: Path, classes: int, size: Tuple[int, int]) -> Tuple[Labels, List[Finding]]:
    """The usable boxes of the file, and what is wrong. `size`: (width, height) of the picture."""
    findings: List[Finding] = []
    rows: List[Row] = []
    numbers: List[int] = []
    try:
        lines = read_lines(str(path))
    except SourceError as error:
        return _labels([], []), [Finding("unreadable label", True, str(path), str(error))]
    for number, line in enumerate(lines, 1):
        if line.strip():
            where = f"{path}:{number}"
            row, wrong = _row(line, where, classes)
            findings += wrong
            if row is not None:
                rows.append(row)
                numbers.append(number)
                findings += _size_findings(row.box, where, size)
    labels = _labels(rows, numbers)
    return labels, findings + _doubles(labels, path)


def _labels(rows: List[Row], numbers: List[int]) -> Labels:
    return Labels(
        np.array([row.box for row in rows], np.float64).reshape(-1, 4),
        np.array([row.number for row in rows], np.int64),
        numbers,
        sum(row.is_polygon for row in rows),
        sum(row.score is not None for row in rows),
    )


def _row(line: str, where: str, classes: int) -> Tuple[Optional[Row], List[Finding]]:
    """What a line says, or nothing and why."""
    try:
        row = row_of(line, classes, outside=float("inf"))
    except WrongRow as wrong:
        return None, [Finding(wrong.kind, True, where, str(wrong))]
    x, y, width, height = row.box
    reach = max(width / 2 - x, height / 2 - y, x + width / 2 - 1, y + height / 2 - 1)
    if reach > OUTSIDE:
        return row, [Finding("outside", True, where, f"reaches {reach:.1%} beyond the picture")]
    return row, []


def _size_findings(box: Sequence[float], where: str, size: Tuple[int, int]) -> List[Finding]:
    width, height = box[2] * size[0], box[3] * size[1]
    if min(width, height) < MIN_SIDE_PX:
        return [Finding("tiny", False, where, f"{width:.1f}x{height:.1f} pixels: the training leaves it out")]
    if box[2] * box[3] >= WHOLE:
        return [Finding("whole picture", False, where, f"{box[2] * box[3]:.0%} of the picture")]
    return []


def _doubles(labels: Labels, path: Path) -> List[Finding]:
    findings = []
    for second in range(1, len(labels.lines)):
        overlaps = iou(labels.boxes[second], labels.boxes[:second])
        first = int(overlaps.argmax())
        if overlaps[first] >= SAME:
            is_same = labels.classes[first] == labels.classes[second]
            what = f"as line {labels.lines[first]}" + ("" if is_same else ", with another class")
            where = f"{path}:{labels.lines[second]}"
            findings.append(Finding("same box twice" if is_same else "one box, two classes", True, where, what))
    return findings


def iou(box: np.ndarray, others: np.ndarray) -> np.ndarray:
    """(n,): of one box with n others, all as centre x, centre y, width, height."""
    low = np.maximum(box[:2] - box[2:] / 2, others[:, :2] - others[:, 2:] / 2)
    high = np.minimum(box[:2] + box[2:] / 2, others[:, :2] + others[:, 2:] / 2)
    both = np.clip(high - low, 0, None).prod(1)
    return both / (box[2:].prod() + others[:, 2:].prod(1) - both)
