"""From the bundle's gallery and what was taught beside it to the gallery in use."""

from typing import List, Sequence

import numpy as np

from runtime.catalogue.schema import PRODUCT
from runtime.catalogue.store import Taught
from runtime.frame import UNKNOWN
from runtime.gallery import Gallery, Known

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


LOWER = 0.15
"""How far below the bundle's the threshold of a product lies that was taught from one view; from k views, over their
root: the mean of a few says as little of where the others lie. Nothing was trained to bring its views together."""


def known_of(gallery: Gallery, products: Sequence[str], taught: Sequence[Taught]) -> Known:
    """The bundle's `gallery` of `products` with what was taught; a name that the bundle has gets more prototypes.

    What is not to be named is in it too, as UNKNOWN: who looks most like that stays without a name. A view that
    somebody corrected stands for itself, neither drawn to the mean nor pushed, so that it outranks the wrong name.
    """
    names: List[str] = list(products)
    numbers = {name: number for number, name in enumerate(names)}
    prototypes, owners = [gallery.prototypes], [gallery.products]
    thresholds = [np.array([gallery.threshold_of(row) for row in range(len(gallery.products))], np.float32)]
    for one in taught:
        number = UNKNOWN
        if one.kind == PRODUCT:
            number = numbers.setdefault(one.name, len(names))
            if number == len(names):
                names.append(one.name)
        rows = prototypes_of(one.embeddings)
        if one.kind == PRODUCT:
            rows = pushed_away(rows, gallery.prototypes[gallery.products != number])
        rows = np.concatenate([rows, one.embeddings[list(one.corrections[-MOST:])]])
        prototypes.append(rows)
        owners.append(np.full(len(rows), number, np.int32))
        thresholds.append(np.full(len(rows), gallery.threshold - LOWER / len(one.embeddings) ** 0.5, np.float32))
    # by columns: 8 crops against 10,000 prototypes take 0.2 ms so, and 0.5 to 1 by rows (desk)
    rows = np.asfortranarray(np.concatenate(prototypes))
    own = np.concatenate(thresholds) if taught else gallery.thresholds
    return Known(Gallery(rows, np.concatenate(owners), gallery.threshold, own), names)


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
