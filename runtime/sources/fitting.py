"""Bring pictures from files to a resolution that was asked for, without distorting them."""

from typing import Optional, Tuple

import cv2
import numpy as np

Size = Tuple[int, int]
"""(width, height) in pixels."""


def fitted_size(size: Size, res: Size) -> Size:
    """The largest size of the aspect of `size` that fits into `res`."""
    scale = min(res[0] / size[0], res[1] / size[1])
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def res_of(image: np.ndarray) -> Size:
    """(width, height) of `image` (H, W, 3)."""
    return image.shape[1], image.shape[0]


def fitted(image: np.ndarray, res: Optional[Size]) -> np.ndarray:
    """`image` (H, W, 3) uint8 as large as fits into `res`, its aspect kept; `image` itself where nothing changes."""
    if res is None:
        return image
    own = res_of(image)
    size = fitted_size(own, res)
    if size == own:
        return image
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA if size[0] < own[0] else cv2.INTER_LINEAR)
