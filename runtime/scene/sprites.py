"""Sprites: finished pictures with alpha and a drop shadow, kept in several sizes so that they shrink cleanly."""

from functools import lru_cache
from typing import Callable, Dict, NamedTuple, Tuple

import cv2
import numpy as np

from runtime.scene import bottles, boxes, brushes, rounds
from runtime.scene.canvas import Canvas
from runtime.scene.products import Product

BODIES: Dict[str, Callable[[Product], Canvas]] = {
    "carton": boxes.carton,
    "slim": boxes.slim,
    "tube": boxes.tube,
    "palette": boxes.palette,
    "jar": rounds.jar,
    "compact": rounds.compact,
    "tin": rounds.tin,
    "pump": bottles.pump,
    "spray": bottles.spray,
    "snout": bottles.snout,
    "powder": brushes.powder,
    "flat": brushes.flat,
}

SIZES = {"jar": 0.80, "compact": 0.78, "tin": 0.70, "palette": 0.90}
"""Bodies that are smaller, next to a bottle, than they are drawn."""
MARGIN_PX = 24
"""Room around the picture for its shadow, in design pixels."""
SHADOW_SHIFT_PX = (9, 7)
SHADOW = 0.42
"""Opacity of the shadow: under one half, so that the silhouette is where alpha >= SOLID."""
SOLID = 128
LEVELS = 4
"""Full size, half, quarter, eighth: the next larger one is warped, so that bilinear sampling never skips pixels."""


class Sprite(NamedTuple):
    """A picture ready to be warped into a frame."""

    levels: Tuple[np.ndarray, ...]
    """Each (h, w, 4) uint8: premultiplied BGR and alpha, level n at 2^-n of design size, margin included."""
    size_px: Tuple[int, int]
    """(width, height) at design size, without the margin."""
    fill: float
    """Share of that rectangle that the silhouette covers."""


def sprite_from_picture(picture: np.ndarray) -> Sprite:
    """A (h, w, 4) uint8 premultiplied picture, with margin, shadow and smaller copies added."""
    height, width = picture.shape[:2]
    fill = float(np.count_nonzero(picture[..., 3] >= SOLID)) / (height * width)
    padded = np.zeros((height + 2 * MARGIN_PX, width + 2 * MARGIN_PX, 4), np.uint8)
    padded[MARGIN_PX:-MARGIN_PX, MARGIN_PX:-MARGIN_PX] = picture
    shift = np.array([[1.0, 0.0, SHADOW_SHIFT_PX[0]], [0.0, 1.0, SHADOW_SHIFT_PX[1]]])
    alpha = padded[..., 3].astype(np.float32) / 255
    cast = cv2.warpAffine(cv2.GaussianBlur(alpha, (0, 0), 7), shift, (padded.shape[1], padded.shape[0])) * SHADOW
    padded[..., 3] = np.round(255 * (alpha + (1 - alpha) * cast))
    levels = [padded]
    for _ in range(LEVELS - 1):
        size = ((levels[-1].shape[1] + 1) // 2, (levels[-1].shape[0] + 1) // 2)
        levels.append(cv2.resize(levels[-1], size, interpolation=cv2.INTER_AREA))
    return Sprite(tuple(levels), (width, height), fill)


@lru_cache(maxsize=64)
def product_sprite(product: Product) -> Sprite:
    """The product's sprite, drawn on first use (some 20 ms on a desk machine) and kept."""
    picture, size = BODIES[product.body](product).finished(), SIZES.get(product.body, 1.0)
    return sprite_from_picture(cv2.resize(picture, None, fx=size, fy=size, interpolation=cv2.INTER_AREA))
