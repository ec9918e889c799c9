"""A sensor's noise: one tile, drawn once, and cut at another place for each frame."""

from typing import Tuple

import cv2
import numpy as np

SHIFTS = 64
"""By how much the tile is larger than a frame."""
ROWS = 32
"""Drawn at a time: as float64 the whole tile would take eight times its room."""


class Noise:
    """Of frames of one size."""

    def __init__(self, rng: np.random.RandomState, size: Tuple[int, int], deviation: float) -> None:
        """`size`: (width, height) of the frames; `deviation`: standard deviation, grey levels."""
        self._size = width, height = size
        shape = (height + SHIFTS, width + SHIFTS, 3)
        self._lighter, self._darker = np.empty(shape, np.uint8), np.empty(shape, np.uint8)
        for top in range(0, shape[0], ROWS):
            rows = slice(top, min(top + ROWS, shape[0]))
            noise = np.round(rng.standard_normal((rows.stop - top,) + shape[1:]) * deviation)
            self._lighter[rows] = np.clip(noise, 0, 255)
            self._darker[rows] = np.clip(-noise, 0, 255)

    def add_to(self, image: np.ndarray, left: int, top: int) -> np.ndarray:
        """`image`, (H, W, 3) uint8, with the noise from there, 0..SHIFTS - 1 each, in place; returns it."""
        width, height = self._size
        cut = (slice(top, top + height), slice(left, left + width))
        cv2.add(image, self._lighter[cut], dst=image)
        return cv2.subtract(image, self._darker[cut], dst=image)
