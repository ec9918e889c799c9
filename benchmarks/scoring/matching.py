"""Detection quality: which detections find a true box, and average precision at IoU 0.5 (AP50) from that.

A detection, best score first, takes the free true box that it overlaps most, if by IoU >= 0.5; what takes none is a
false positive (the greedy matching of COCO and of Ultralytics). From the precision and recall after each detection
follows the average precision: see `area_as_coco` and `area_as_ultralytics`, which differ.
"""

from typing import Callable, Dict, NamedTuple, Sequence, Tuple

import numpy as np

from runtime.recognition.iou import iou_matrix

MIN_IOU = 0.5
RECALLS = np.linspace(0, 1, 101)


class Found(NamedTuple):
    """The detections of one picture, side by side, in any order."""

    boxes_px: np.ndarray
    """(k, 4) float: x1, y1, x2, y2."""
    scores: np.ndarray
    """(k,) float in 0..1."""
    classes: np.ndarray
    """(k,) int."""


class Truth(NamedTuple):
    """The true boxes of one picture, side by side."""

    boxes_px: np.ndarray
    """(m, 4) float: x1, y1, x2, y2."""
    classes: np.ndarray
    """(m,) int."""


Area = Callable[[np.ndarray, np.ndarray], float]
"""From recall and precision, (n,) each, after each detection from the best on, n >= 1, to average precision in 0..1."""


def area_as_coco(recall: np.ndarray, precision: np.ndarray) -> float:
    """Mean over the recalls 0, 0.01 .. 1 of the best precision at that recall or a higher one; 0 where none is.

    Source: `COCOeval.accumulate` of pycocotools. A perfect detector has 1.0.
    """
    envelope = np.append(np.maximum.accumulate(precision[::-1])[::-1], 0.0)
    return float(envelope[np.searchsorted(recall, RECALLS, side="left")].mean())


def area_as_ultralytics(recall: np.ndarray, precision: np.ndarray) -> float:
    """The trapezoids under that envelope at the recalls 0, 0.01 .. 1, drawn straight from detection to detection.

    Source: `compute_ap` in ultralytics/utils/metrics.py (8.4). Straight lines instead of steps flatter a class with few
    true boxes, and the last point counts as 0, so that a perfect detector has 0.995.
    """
    recall = np.concatenate([[0.0], recall, [recall[-1], 1.0]])
    precision = np.concatenate([[1.0], precision, [0.0, 0.0]])
    heights = np.interp(RECALLS, recall, np.maximum.accumulate(precision[::-1])[::-1])
    return float(((heights[1:] + heights[:-1]) / 2).mean())


def hits(found: Found, truth: Truth, by_class: bool = True, min_iou: float = MIN_IOU) -> np.ndarray:
    """The index of the true box that each detection takes, or -1: (k,) int.

    `by_class`: a detection may only take a box of its own class.
    """
    taken = np.full(len(found.scores), -1)
    if not len(truth.classes):
        return taken
    overlap = iou_matrix(np.asarray(found.boxes_px, np.float32), np.asarray(truth.boxes_px, np.float32))
    if by_class:
        overlap[found.classes[:, None] != truth.classes[None, :]] = 0
    for index in np.argsort(-found.scores, kind="stable"):
        best = overlap[index].argmax()
        if overlap[index, best] >= min_iou:
            taken[index] = best
            overlap[:, best] = 0
    return taken


def average_precision(is_hit: np.ndarray, scores: np.ndarray, boxes: int, area: Area = area_as_coco) -> float:
    """Of detections (n,) bool and (n,) float in any order, where `boxes` true ones were to be found, at least one.

    Equal scores keep their order, as in COCO's evaluation.
    """
    if not len(scores):
        return 0.0
    right = np.cumsum(is_hit[np.argsort(-scores, kind="stable")])
    return area(right / boxes, right / np.arange(1, len(right) + 1))


def ap50_by_class(found: Sequence[Found], truth: Sequence[Truth], area: Area = area_as_coco) -> Dict[int, float]:
    """AP50 of each class that has a true box; the pictures stand in the same order in both."""
    is_hit, scores, classes = _all_hits(found, truth, by_class=True)
    present, counts = np.unique(_joined([each.classes for each in truth], np.int64), return_counts=True)
    return {
        int(number): average_precision(is_hit[classes == number], scores[classes == number], int(count), area)
        for number, count in zip(present, counts)
    }


def ap50(found: Sequence[Found], truth: Sequence[Truth], area: Area = area_as_coco) -> float:
    """The mean of `ap50_by_class`; nan where there is no true box at all."""
    by_class = ap50_by_class(found, truth, area)
    return sum(by_class.values()) / len(by_class) if by_class else float("nan")


def ap50_ignoring_class(found: Sequence[Found], truth: Sequence[Truth], area: Area = area_as_coco) -> float:
    """AP50 as if all were of one class: has anything been found where something is. nan where there is no true box."""
    is_hit, scores, _ = _all_hits(found, truth, by_class=False)
    boxes = sum(len(each.classes) for each in truth)
    return average_precision(is_hit, scores, boxes, area) if boxes else float("nan")


def _all_hits(
    found: Sequence[Found], truth: Sequence[Truth], by_class: bool
) -> Tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Whether each detection of all pictures is right, its score and its class: (n,) bool, float64, int64."""
    if len(found) != len(truth):
        raise ValueError(
            "{} pictures with detections, {} with true boxes: expected the same".format(*map(len, (found, truth)))
        )
    taken = [hits(each, true, by_class) for each, true in zip(found, truth)]
    return (
        _joined(taken, np.int64) >= 0,
        _joined([each.scores for each in found], np.float64),
        _joined([each.classes for each in found], np.int64),
    )


def _joined(arrays: Sequence[np.ndarray], dtype: type) -> np.ndarray:
    return np.concatenate(list(arrays) + [np.empty(0, dtype)]).astype(dtype)
