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


def known_of(gallery: Gallery, products: Sequence[str], taught: Sequence[Taught]) -> Known:
    """The bundle's `gallery` of `products` with what was taught; a name that the bundle has gets more prototypes.

    What is not to be named is in it too, as UNKNOWN: who looks most like that stays without a name.
    """
    names: List[str] = list(products)
    numbers = {name: number for number, name in enumerate(names)}
    prototypes, owners = [gallery.prototypes], [gallery.products]
    for one in taught:
        number = UNKNOWN
        if one.kind == PRODUCT:
            number = numbers.setdefault(one.name, len(names))
            if number == len(names):
                names.append(one.name)
        rows = prototypes_of(one.embeddings)
        prototypes.append(rows)
        owners.append(np.full(len(rows), number, np.int32))
    return Known(Gallery(np.concatenate(prototypes), np.concatenate(owners), gallery.threshold), names)


def prototypes_of(embeddings: np.ndarray, most: int = MOST) -> np.ndarray:
    """(p, d) of length 1, p <= `most`: the mean of `embeddings` (k, d), then the views that are least like all before.

    Farthest point first (Gonzalez, 1985).
    """
    mean = embeddings.mean(axis=0)
    length = float(np.linalg.norm(mean))
    chosen = [mean / length if length > 1e-6 else embeddings[0]]
    likeness = embeddings.dot(chosen[0])
    while len(chosen) < min(most, len(embeddings) + 1) and likeness.min() < SAME:
        farthest = int(likeness.argmin())
        chosen.append(embeddings[farthest])
        likeness = np.maximum(likeness, embeddings.dot(embeddings[farthest]))
    return np.array(chosen, np.float32)
