"""By how much an answer of stage 2 must win to be certain, product by product."""

from __future__ import annotations

import numpy as np

from runtime.bundle import Bundle
from runtime.gallery import Gallery

CERTAIN = 0.85
"""Of the way from the bundle's threshold to what its own products usually reach. Chosen in docs/search.md."""
TAUGHT = 0.4
"""The same for a product that was taught: no network was trained to bring its views together."""


def certain_margins(bundle: Bundle) -> list[float]:
    """Of each product; 0 where the bundle does not tell what is usual."""
    way = 0.0 if bundle.usual is None else bundle.usual - bundle.gallery.threshold
    own = _own(bundle.gallery)
    return [way * (CERTAIN if product in own else TAUGHT) for product in range(len(bundle.products))]


def _own(gallery: Gallery) -> set[int]:
    """Products that the bundle was trained on: what was taught has thresholds of its own."""
    if gallery.thresholds is None:
        return set(gallery.products.tolist())
    return set(gallery.products[np.isclose(gallery.thresholds, gallery.threshold, atol=1e-5)].tolist())
