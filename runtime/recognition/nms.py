"""Non-maximum suppression, class by class."""

from typing import List, Sequence

import cv2
import numpy as np

_APART_PX = 7680.0
"""Classes are moved this far apart, so that one pass over all of them never compares two classes."""


def suppress(
    boxes: Sequence[Sequence[float]], scores: Sequence[float], classes: Sequence[int], iou: float, limit: int
) -> List[int]:
    """Indices of the boxes to keep, best first, at most `limit`.

    `boxes`: x1, y1, x2, y2. Of two boxes of one class that overlap by more than `iou`, that with the lower score goes.
    """
    if len(boxes) <= 1:
        return list(range(len(boxes)))[:limit]
    rectangles = []
    for (x1, y1, x2, y2), number in zip(boxes, classes):
        away = number * _APART_PX
        rectangles.append((x1 + away, y1 + away, x2 - x1, y2 - y1))
    kept = cv2.dnn.NMSBoxes(rectangles, scores, 0.0, iou)
    return np.asarray(kept).reshape(-1)[:limit].tolist()
