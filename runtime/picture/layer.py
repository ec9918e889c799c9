"""What is the same on many pictures: drawn once, then only copied."""

from typing import Optional, Sequence, Tuple

import cv2
import numpy as np

from runtime.picture.overlay import Overlay


class Layer:
    """All overlays of a camera, ready to be put on a picture: of 40 slots and 8 places 0.08 ms so, drawn anew 0.5."""

    def __init__(self, overlays: Sequence[Overlay]) -> None:
        self._overlays = overlays
        self._drawn_for: Optional[Tuple] = None
        """The shape of the picture, and the versions of the overlays."""
        self._drawn: np.ndarray = np.empty(0)
        self._mask: Optional[np.ndarray] = None
        """(H, W) uint8, 255 where something is drawn; None where that is nowhere."""

    def put_on(self, picture: np.ndarray) -> None:
        """On a picture, (H, W, 3) uint8 BGR, in place."""
        wanted = picture.shape, [overlay.version for overlay in self._overlays]
        if wanted != self._drawn_for:
            self._drawn_for = wanted
            self._draw(picture.shape)
        if self._mask is not None:
            cv2.copyTo(self._drawn, self._mask, picture)

    def _draw(self, shape: Tuple[int, ...]) -> None:
        """On black and on white: what is the same on both was drawn."""
        on_black, on_white = np.zeros(shape, np.uint8), np.full(shape, 255, np.uint8)
        for overlay in self._overlays:
            overlay.draw(on_black)
            overlay.draw(on_white)
        mask = cv2.inRange(cv2.absdiff(on_black, on_white), (0, 0, 0), (0, 0, 0))
        self._drawn, self._mask = on_black, mask if mask.any() else None
