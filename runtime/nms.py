"""Non-maximum suppression, class by class."""

import cv2
import numpy as np

_APART_PX = 7680.0
"""Classes are moved this far apart, so that one pass over all of them never compares two classes."""


def suppress(boxes: np.ndarray, scores: np.ndarray, classes: np.ndarray, iou: float, limit: int) -> np.ndarray:
    """Indices of the boxes to keep, best first, at most `limit`.

    boxes (k, 4) float x1, y1, x2, y2; scores (k,); classes (k,) int. Of two boxes of one class that overlap by more
    than `iou`, the one with the lower score goes.
    """
    if len(boxes) == 0:
        return np.empty(0, np.int64)
    if len(boxes) == 1:
        return np.zeros(min(1, limit), np.int64)
    rectangles = []
    for (x1, y1, x2, y2), number in zip(boxes.tolist(), classes.tolist()):
        away = number * _APART_PX
        rectangles.append((x1 + away, y1 + away, x2 - x1, y2 - y1))
    kept = cv2.dnn.NMSBoxes(rectangles, scores.tolist(), 0.0, iou)
    return np.asarray(kept, np.int64).reshape(-1)[:limit]
