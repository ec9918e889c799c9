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

    def name(self, embeddings: np.ndarray, with_margins: bool = True) -> Answer:
        """Name `embeddings` (k, d) of length 1. Margins take half of the time: without, they are 0."""
        similarities = embeddings @ self.prototypes.T
        nearest = similarities.argmax(axis=1)
        best = similarities.max(axis=1)
        products = self.products[nearest]
        is_known = best >= self.threshold
        if with_margins:
            similarities[products[:, None] == self.products] = -1.0
            margins = np.minimum(np.abs(best - self.threshold), best - similarities.max(axis=1))
            margins = np.where(is_known, margins, self.threshold - best)
        else:
            margins = np.zeros_like(best)
        return Answer(np.where(is_known, products, np.int32(UNKNOWN)), best, margins)
