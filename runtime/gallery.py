"""Names by nearest prototype, or unknown: adding a product adds a row, nothing is trained again."""

from typing import List, NamedTuple, Optional, Sequence

import numpy as np

from runtime.frame import UNKNOWN

NO_LIKENESS = -1.0
"""Of an answer that is no number: unknown."""


class Answer(NamedTuple):
    """What stage 2 says of k crops."""

    products: np.ndarray
    """(k,) int32, or UNKNOWN."""
    similarities: np.ndarray
    """(k,) float32: cosine to the nearest prototype."""
    margins: np.ndarray
    """(k,) float32: how far that lies above the next other product and the threshold, whichever is nearer; of an
    unknown crop, how far below the threshold."""
    embeddings: Optional[np.ndarray] = None
    """(k, d) float32 of length 1, what the answers come from; the caller's own. None: not told."""


NOTHING = Answer(np.empty(0, np.int32), np.empty(0, np.float32), np.empty(0, np.float32))
"""Of no crops."""


class Gallery(NamedTuple):
    """What each product looks like to stage 2."""

    prototypes: np.ndarray
    """(p, d) float32, each row of length 1: the weights of a cosine head, or the mean embedding of a few photos."""
    products: np.ndarray
    """(p,) int32: the product each prototype stands for; a product may have several."""
    threshold: float
    """Cosine similarity below which a crop is unknown, calibrated on products left out."""
    thresholds: Optional[np.ndarray] = None
    """(p,) float32: of each prototype its own; None: `threshold` for all."""

    def threshold_of(self, prototype: int) -> float:
        """What a crop that is nearest to that row must reach."""
        return self.threshold if self.thresholds is None else self.thresholds.item(prototype)

    def name(self, embeddings: np.ndarray, with_margins: bool = True, scratch: Optional[np.ndarray] = None) -> Answer:
        """Name `embeddings` (k, d) of length 1. Margins take half of the time: without, they are 0.

        `scratch`: (n, p) float32 with n >= k to write to, so that a large gallery need not ask for memory each time.
        """
        similarities = np.dot(
            embeddings, self.prototypes.T, out=None if scratch is None else scratch[: len(embeddings)]
        )
        nearest = similarities.argmax(axis=1).tolist()
        # In numbers: after an inference each further numpy function is cold and costs more than a few crops.
        best = [similarities.item(row, column) for row, column in enumerate(nearest)]
        if not all(-2.0 < likeness < 2.0 for likeness in best):  # NaN, or far from any cosine: no embedding at all
            best = [likeness if -2.0 < likeness < 2.0 else NO_LIKENESS for likeness in best]
        least = [self.threshold_of(column) for column in nearest]
        products = [
            self.products.item(column) if likeness >= limit else UNKNOWN
            for column, likeness, limit in zip(nearest, best, least)
        ]
        margins = self._margins(similarities, nearest, best, least) if with_margins else [0.0] * len(best)
        return Answer(np.array(products, np.int32), np.array(best, np.float32), np.array(margins, np.float32))

    def _margins(
        self, similarities: np.ndarray, nearest: List[int], best: List[float], least: List[float]
    ) -> List[float]:
        """See Answer. Writes to `similarities`."""
        similarities[self.products[nearest][:, None] == self.products] = -1.0
        above = zip(best, similarities.max(axis=1).tolist(), least)
        return [min(b - limit, b - n) if b >= limit else limit - b for b, n, limit in above]


class Known(NamedTuple):
    """What stage 2 names by, replaced as a whole between two frames."""

    gallery: Gallery
    products: Sequence[str]
    """What its numbers are called."""
