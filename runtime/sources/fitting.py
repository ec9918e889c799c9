"""Bring pictures from files to a resolution that was asked for, without distorting them."""

from typing import Optional, Tuple

import cv2
import numpy as np

Size = Tuple[int, int]
"""(width, height) in pixels."""


def fitted(image: np.ndarray, res: Optional[Size]) -> np.ndarray:
    """`image` (H, W, 3) uint8 as large as fits into `res`, its aspect kept; `image` itself where nothing changes."""
    if res is None:
        return image
    height, width = image.shape[:2]
    scale = min(res[0] / width, res[1] / height)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    if size == (width, height):
        return image
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
