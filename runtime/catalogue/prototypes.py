"""What stands for a product that was taught: few prototypes of its views, off those of the bundle."""

import numpy as np

MOST = 10
"""Prototypes of one product."""
SAME = 0.97
"""Cosine from which on another prototype tells nothing new."""
TO_MEAN = 0.5
"""A view's own share of its prototype, the rest is the mean's: a view has its own light and background."""
AWAY = 0.5
"""How far prototypes are pushed from those of the bundle; with TO_MEAN chosen on 24 drawn products, and
measured on others (docs/teaching.md). 0.4 and 0.6 do as well."""
NEAREST = 0.05
"""Softness, as a cosine, of which are the nearest."""


def prototypes_of(embeddings: np.ndarray, most: int = MOST) -> np.ndarray:
    """(p, d) of length 1, p <= `most`: the mean of `embeddings` (k, d), then views drawn halfway to it.

    Those that are least like all before: farthest point first (Gonzalez, 1985).
    """
    mean = embeddings.mean(axis=0)
    length = float(np.linalg.norm(mean))
    chosen = [mean / length if length > 1e-6 else embeddings[0]]
    likeness = embeddings.dot(chosen[0])
    while len(chosen) < min(most, len(embeddings) + 1) and likeness.min() < SAME:
        farthest = int(likeness.argmin())
        chosen.append(embeddings[farthest])
        likeness = np.maximum(likeness, embeddings.dot(embeddings[farthest]))
    return _of_length_1(np.array(chosen) * TO_MEAN + chosen[0] * (1 - TO_MEAN))


def pushed_away(rows: np.ndarray, others: np.ndarray) -> np.ndarray:
    """`rows` (p, d) of length 1, away from those of `others` (q, d) that they are most like, as training would do it.

    The bundle's prototypes are weights of a head that was trained so: its own products' views are 0.76 like theirs, and
    a mean of views, which is more like everything, would take some of them over.
    """
    if not len(others):
        return rows
    likeness = rows.dot(others.T)
    weights = np.exp((likeness - likeness.max(axis=1, keepdims=True)) / NEAREST)
    return _of_length_1(rows - AWAY * (weights / weights.sum(axis=1, keepdims=True)).dot(others))


def _of_length_1(rows: np.ndarray) -> np.ndarray:
    return (rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-6)).astype(np.float32)
