"""Names by nearest prototype, or unknown: adding a product adds a row, nothing is trained again."""

from typing import NamedTuple, Tuple

import numpy as np

from runtime.frame import UNKNOWN


class Gallery(NamedTuple):
    """What each product looks like to stage 2."""

    prototypes: np.ndarray
    """(p, d) float32, each row of length 1: the weights of a cosine head, or the mean embedding of a few photos."""
    products: np.ndarray
    """(p,) int32: the product each prototype stands for; a product may have several."""
    threshold: float
    """Cosine similarity below which a crop is unknown, calibrated on products left out."""

    def name(self, embeddings: np.ndarray) -> Tuple[np.ndarray, np.ndarray]:
        """Products (k,) int32 or UNKNOWN, and similarities (k,) float32, of `embeddings` (k, d) of length 1."""
        similarities = embeddings @ self.prototypes.T
        nearest = similarities.argmax(axis=1)
        best = similarities[np.arange(len(nearest)), nearest]
        products = np.where(best >= self.threshold, self.products[nearest], UNKNOWN).astype(np.int32, copy=False)
        return products, best
