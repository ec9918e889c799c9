"""Crops as stage 2 sees them: cut from the frame exactly as recognition.classifier cuts them."""

from typing import NamedTuple

import numpy as np

from runtime.recognition.letterbox import PADDING, Letterbox
from runtime.sides import Sides

CONTEXT = 1.0
"""How much wider than its box, in all, a kept region is: room for the margin and for jitter."""

USUAL = ("tilt", "coarse", "light", "shadow", "blur", "cover", "noise")
"""Spoilings that are on unless others are named."""
SPOILINGS = (*USUAL, "zoom", "flip")
"""Turned a little, from far away, other light, shaded, out of focus, half hidden, noisy; a part of it, mirrored."""


class Region(NamedTuple):
    """A product and its surroundings, cut from a frame."""

    image: np.ndarray
    """(h, w, 3) uint8 BGR."""
    box_px: np.ndarray
    """(4,) float32 x1, y1, x2, y2 in `image`."""
    product: int


def cut(image: np.ndarray, box_px: np.ndarray, margin: float, side: int) -> np.ndarray:
    """(side, side, 3) uint8 BGR: what stage 2 gets for `box_px` in `image`.

    Whole pixels outward, inside the image, letterboxed on grey: a test holds this equal to recognition.classifier.
    """
    height, width = image.shape[:2]
    grow = (box_px[2:] - box_px[:2]) * (margin / 2)
    limit = np.array([width, height], np.float32)
    top_left = np.clip(np.floor(box_px[:2] - grow), 0, limit - 1)
    bottom_right = np.minimum(np.maximum(np.ceil(box_px[2:] + grow), top_left + 1), limit)
    (x1, y1), (x2, y2) = top_left.astype(int), bottom_right.astype(int)
    square = np.full((side, side, 3), PADDING, np.uint8)
    Letterbox.fit(x2 - x1, y2 - y1, Sides(side, side)).draw(image[y1:y2, x1:x2], square)
    return square


def region_of(image: np.ndarray, box_px: np.ndarray, product: int) -> Region:
    """The box with CONTEXT around it, copied, so that the frame can go."""
    height, width = image.shape[:2]
    grow = (box_px[2:] - box_px[:2]) * (CONTEXT / 2)
    x1, y1 = np.maximum(np.floor(box_px[:2] - grow), 0).astype(int)
    x2, y2 = np.minimum(np.ceil(box_px[2:] + grow), [width, height]).astype(int)
    return Region(image[y1:y2, x1:x2].copy(), (box_px - [x1, y1, x1, y1]).astype(np.float32), product)
