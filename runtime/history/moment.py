"""The best moment of a sighting: a crop, cut on the loop's thread, and made small on the one that writes."""

from typing import Optional, Sequence

import cv2
import numpy as np

from runtime.history.sighting import Sighting

CROP_PX = 160
"""Longer side of what is kept: 4 kB, enough to tell one product from another by eye."""
QUALITY = 80
MARGIN = 0.1
"""Of the box's size, added on each side."""


def cut(image: np.ndarray, box: Sequence[float]) -> np.ndarray:
    """A copy of `box` (x1, y1, x2, y2 in pixels) with a margin, out of `image` (H, W, 3) uint8 BGR; never empty."""
    height, width = image.shape[:2]
    x1, y1, x2, y2 = box
    more_x, more_y = MARGIN * (x2 - x1), MARGIN * (y2 - y1)
    left, top = min(max(int(x1 - more_x), 0), width - 1), min(max(int(y1 - more_y), 0), height - 1)
    right, bottom = max(min(int(x2 + more_x) + 1, width), left + 1), max(min(int(y2 + more_y) + 1, height), top + 1)
    return image[top:bottom, left:right].copy()


def with_jpeg(sighting: Sighting) -> Sighting:
    """With its cut as a JPEG, no longer than CROP_PX; itself where there is none."""
    if sighting.cut is None:
        return sighting
    return sighting._replace(cut=None, crop=_jpeg(sighting.cut))


def _jpeg(picture: np.ndarray) -> Optional[bytes]:
    height, width = picture.shape[:2]
    scale = CROP_PX / max(height, width)
    if scale < 1:
        sides = max(1, round(width * scale)), max(1, round(height * scale))
        picture = cv2.resize(picture, sides, interpolation=cv2.INTER_AREA)
    is_done, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return data.tobytes() if is_done else None
