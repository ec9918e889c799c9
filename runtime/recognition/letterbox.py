"""Fit a picture into a network's input without distorting it, and take boxes back out."""

from typing import NamedTuple, Optional, Sequence

import cv2
import numpy as np

from runtime.sides import Sides

PADDING = 114
"""The grey that YOLO models are trained with."""


class Letterbox(NamedTuple):
    """How a picture of `width` x `height` lies in a canvas of `sides`."""

    width: int
    height: int
    sides: Sides
    scale: float
    inner_width: int
    inner_height: int
    left: int
    top: int
    scale_y: Optional[float] = None
    """Along y, where it is another than `scale`."""

    @classmethod
    def stretched(cls, width: int, height: int, sides: Sides) -> "Letterbox":
        """The whole canvas, whatever becomes of the aspect."""
        scale, scale_y = sides.width / width, sides.height / height
        return cls(width, height, sides, scale, sides.width, sides.height, 0, 0, scale_y)

    @classmethod
    def fit(cls, width: int, height: int, sides: Sides, centred: bool = True) -> "Letterbox":
        """The largest fit that keeps the aspect; centred as Ultralytics does it, or top left as YOLOX does."""
        scale = min(sides.width / width, sides.height / height)
        if not centred:
            return cls(width, height, sides, scale, max(1, int(width * scale)), max(1, int(height * scale)), 0, 0)
        inner_width, inner_height = max(1, round(width * scale)), max(1, round(height * scale))
        # The tenth decides which side gets an odd pixel: the same one as in Ultralytics' LetterBox.
        left = round((sides.width - inner_width) / 2 - 0.1)
        top = round((sides.height - inner_height) / 2 - 0.1)
        return cls(width, height, sides, scale, inner_width, inner_height, left, top)

    def inside(self, canvas: np.ndarray) -> np.ndarray:
        """The place of the picture in `canvas` (h, w, 3), a view."""
        return canvas[self.top : self.top + self.inner_height, self.left : self.left + self.inner_width]

    def draw(self, image: np.ndarray, canvas: np.ndarray) -> None:
        """Resize `image` (H, W, 3) uint8 into its place in `canvas` (h, w, 3) uint8; the rest stays as it is."""
        resize_into(self.inside(canvas), image)

    def boxes_out(self, boxes: Sequence[Sequence[float]]) -> np.ndarray:
        """Boxes x1, y1, x2, y2 in the canvas -> (k, 4) float32 in the picture, clipped to it."""
        scale_y = self.scale if self.scale_y is None else self.scale_y
        left, top, scale, width, height = self.left, self.top, self.scale, float(self.width), float(self.height)
        inside = [
            (
                min(max((x1 - left) / scale, 0.0), width),
                min(max((y1 - top) / scale_y, 0.0), height),
                min(max((x2 - left) / scale, 0.0), width),
                min(max((y2 - top) / scale_y, 0.0), height),
            )
            for x1, y1, x2, y2 in boxes
        ]
        return np.array(inside, np.float32).reshape(-1, 4)


def resize_into(place: np.ndarray, image: np.ndarray) -> None:
    """Fill `place` (h, w, 3) uint8 with `image` (H, W, 3) uint8."""
    cv2.resize(image, (place.shape[1], place.shape[0]), dst=place, interpolation=cv2.INTER_LINEAR)


class LetterboxBuffer:
    """A kept canvas that pictures are letterboxed into; pads anew only when the fit changes."""

    def __init__(self, canvas: np.ndarray, centred: bool = True, stretch: bool = False) -> None:
        """`canvas`: (h, w, 3) uint8, written in place, owned by the caller."""
        self._canvas = self._inside = canvas
        self._sides = Sides(canvas.shape[1], canvas.shape[0])
        self._centred = centred
        self._is_stretched = stretch
        self._fit: Optional[Letterbox] = None

    def draw(self, image: np.ndarray) -> Letterbox:
        """Letterbox `image` (H, W, 3) uint8 into the canvas; how it lies there."""
        height, width, _ = image.shape
        fit = self._fit
        if fit is None or fit.width != width or fit.height != height:
            if self._is_stretched:
                fit = Letterbox.stretched(width, height, self._sides)
            else:
                fit = Letterbox.fit(width, height, self._sides, self._centred)
            self._fit = fit
            self._inside = fit.inside(self._canvas)
            self._canvas[:] = PADDING
        resize_into(self._inside, image)
        return fit
