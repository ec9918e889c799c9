"""How much boxes overlap."""

import numpy as np


def iou_matrix(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Intersection over union of every box of `a` (m, 4) with every box of `b` (n, 4): (m, n) float32."""
    sides = np.minimum(a[:, None, 2:], b[None, :, 2:]) - np.maximum(a[:, None, :2], b[None, :, :2])
    np.maximum(sides, 0, out=sides)
    shared = sides[:, :, 0] * sides[:, :, 1]
    union = _areas(a)[:, None] + _areas(b) - shared
    return (shared / np.maximum(union, 1e-9)).astype(np.float32, copy=False)


def _areas(boxes: np.ndarray) -> np.ndarray:
    return (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
