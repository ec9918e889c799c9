"""The ground truth that comes with a rendered frame."""

from typing import NamedTuple, Tuple

import numpy as np

MIN_VISIBLE = 0.25
"""An object of which less can be seen is left out of the truth: nobody could be asked to find it."""


class Truth(NamedTuple):
    """What is to be seen in one frame, side by side, nearest object last. k may be 0."""

    boxes_px: np.ndarray
    """(k, 4) float32: x1, y1, x2, y2, tight on the part that can be seen, clipped to the frame."""
    shapes: np.ndarray
    """(k,) int32, index into `products.SHAPES`."""
    products: np.ndarray
    """(k,) int32, index into `products.PRODUCTS`; -1 for an outsider."""
    track_ids: np.ndarray
    """(k,) int64: one number from an object's entrance to its exit."""
    visible: np.ndarray
    """(k,) float32, MIN_VISIBLE..1: the share of the object's whole silhouette inside the frame and uncovered."""


class Place(NamedTuple):
    """Where one object is, whether or not it can be seen."""

    product: int
    """Index into `products.PRODUCTS`; -1 for an outsider."""
    track_id: int
    centre_px: Tuple[float, float]
    size_px: float
    """Root of the area of its upright box."""


class Rendered(NamedTuple):
    """A picture and its truth."""

    image: np.ndarray
    """(H, W, 3) uint8 BGR, contiguous; the caller's own."""
    truth: Truth
