"""A bundle of two products on axes of their own, and embeddings near an axis."""

import numpy as np

from runtime.gallery import Gallery

AXES = np.eye(8, dtype=np.float32)
BUNDLE = Gallery(AXES[:2], np.array([0, 1], np.int32), 0.6)
PRODUCTS = ["tea", "rice"]


def around(axis, towards, shares):
    rows = np.array([AXES[axis] * (1 - share) + AXES[towards] * share for share in shares], np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)
