"""Names by nearest prototype, or unknown: adding a product adds a row, nothing is trained again."""

from typing import NamedTuple

import numpy as np

from runtime.frame import UNKNOWN


class Answer(NamedTuple):
    """What stage 2 says of k crops."""

    products: np.ndarray
    """(k,) int32, or UNKNOWN."""
    similarities: np.ndarray
    """(k,) float32: cosine to the nearest prototype."""
    margins: np.ndarray
    """(k,) float32: how far that lies above the next other product and the threshold, whichever is nearer; of an
    unknown crop, how far below the threshold."""


class Gallery(NamedTuple):
    """What each product looks like to stage 2."""

    prototypes: np.ndarray
    """(p, d) float32, each row of length 1: the weights of a cosine head, or the mean embedding of a few photos."""
    products: np.ndarray
    """(p,) int32: the product each prototype stands for; a product may have several."""
    threshold: float
    """Cosine similarity below which a crop is unknown, calibrated on products left out."""

    def name(self, embeddings: np.ndarray) -> Answer:
        """Name `embeddings` (k, d) of length 1."""
        similarities = embeddings @ self.prototypes.T
        nearest = similarities.argmax(axis=1)
        rows = np.arange(len(nearest))
        best = similarities[rows, nearest]
        products = self.products[nearest]
        similarities[products[:, None] == self.products] = -1.0
        above = best - self.threshold
        margins = np.where(above >= 0, np.minimum(above, best - similarities.max(axis=1)), -above)
        products = np.where(above >= 0, products, UNKNOWN).astype(np.int32, copy=False)
        return Answer(products, best, margins)
