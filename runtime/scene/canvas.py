"""Painting with soft masks: the canvas that every sprite starts on."""

from typing import Sequence, Tuple, Union

import cv2
import numpy as np

Colour = Tuple[float, float, float]
"""Blue, green, red, each 0..255."""

OVERSAMPLE = 2
"""Canvas pixels per design pixel: shapes are drawn hard-edged at twice the size, and averaging gives clean edges."""


def rgb(code: int) -> Colour:
    """The colour written 0xRRGGBB."""
    return (float(code & 255), float(code >> 8 & 255), float(code >> 16 & 255))


def mix(first: Colour, second: Colour, share: float) -> Colour:
    """`first` with `share` (0..1) of `second` in it."""
    blue, green, red = (a + (b - a) * share for a, b in zip(first, second))
    return blue, green, red


class Canvas:
    """A picture being painted. Coordinates are design pixels; masks are (H, W) float32 in 0..1 at canvas size."""

    def __init__(self, width_px: int, height_px: int, oversample: int = OVERSAMPLE) -> None:
        self.oversample = oversample
        self.shape = (height_px * oversample, width_px * oversample)
        self.bgr = np.zeros(self.shape + (3,), np.float32)
        self.alpha = np.zeros(self.shape, np.float32)
        self.y_px = _middles(self.shape[0])[:, None] / oversample
        self.x_px = _middles(self.shape[1]) / oversample
        """Of a column and of a row of pixels: together they broadcast to the canvas."""

    # Masks -----------------------------------------------------------------

    def polygon(self, points: Sequence[Tuple[float, float]]) -> np.ndarray:
        """The inside of a polygon."""
        mask = np.zeros(self.shape, np.uint8)
        cv2.fillPoly(mask, [np.round(np.array(points) * self.oversample).astype(np.int32)], 1)
        return mask.astype(np.float32)

    def box(self, left: float, top: float, right: float, bottom: float, radius: float = 0.0) -> np.ndarray:
        """A rectangle with rounded corners."""
        centre_x, centre_y = (left + right) / 2, (top + bottom) / 2
        dx = np.maximum(np.abs(self.x_px - centre_x) - ((right - left) / 2 - radius), 0)
        dy = np.maximum(np.abs(self.y_px - centre_y) - ((bottom - top) / 2 - radius), 0)
        return (dx * dx + dy * dy <= max(radius, 1e-3) ** 2).astype(np.float32)

    def ellipse(self, x: float, y: float, radius_x: float, radius_y: float) -> np.ndarray:
        """An upright ellipse."""
        return (((self.x_px - x) / radius_x) ** 2 + ((self.y_px - y) / radius_y) ** 2 <= 1).astype(np.float32)

    def stroke(self, points: Sequence[Tuple[float, float]], thickness: float) -> np.ndarray:
        """A line with round ends through `points`."""
        mask = np.zeros(self.shape, np.uint8)
        path = [np.round(np.array(points) * self.oversample).astype(np.int32)]
        cv2.polylines(mask, path, False, 1, max(1, int(round(thickness * self.oversample))))
        return mask.astype(np.float32)

    def soft(self, mask: np.ndarray, sigma: float) -> np.ndarray:
        """The mask blurred by `sigma` design pixels."""
        return cv2.GaussianBlur(mask, (0, 0), sigma * self.oversample)

    # Paint -----------------------------------------------------------------

    def fill(self, mask: np.ndarray, colour: Colour) -> None:
        """Opaque paint."""
        self.tint(mask, colour)
        self.alpha = np.maximum(self.alpha, mask)

    def tint(self, mask: np.ndarray, colour: Colour) -> None:
        """Paint as thick as the mask, on what is there; the outline stays."""
        part = extent(mask)
        self.bgr[part] += mask[part][..., None] * (np.array(colour, np.float32) - self.bgr[part])

    def shade(self, mask: np.ndarray, gain: Union[float, np.ndarray]) -> None:
        """Multiply by `gain` (broadcast to canvas size) inside the mask."""
        part = extent(mask)
        self.bgr[part] *= (1 + mask[part] * (np.broadcast_to(gain, self.shape)[part] - 1))[..., None]

    def round_across(self, mask: np.ndarray, left: float, right: float, profile: Sequence[float]) -> None:
        """Shade as an upright cylinder from `left` to `right`: gains evenly spaced across it."""
        stops = np.linspace(left, right, len(profile))
        self.shade(mask, np.interp(self.x_px, stops, profile).astype(np.float32)[None])

    def finished(self) -> np.ndarray:
        """(height, width, 4) uint8 at design size: premultiplied BGR, and alpha."""
        picture = np.empty(self.shape + (4,), np.float32)
        picture[..., :3] = np.clip(self.bgr, 0, 255) * self.alpha[..., None]
        picture[..., 3] = self.alpha * 255
        size = (self.shape[1] // self.oversample, self.shape[0] // self.oversample)
        return np.round(cv2.resize(picture, size, interpolation=cv2.INTER_AREA)).astype(np.uint8)


def _middles(count: int) -> np.ndarray:
    """(count,) float32: 0.5, 1.5 and so on."""
    return (np.arange(count) + 0.5).astype(np.float32)


def extent(mask: np.ndarray) -> Tuple[slice, slice]:
    """The rows and columns that hold all of the mask: painting only those is several times faster."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    if not len(rows):
        return slice(0), slice(0)
    return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)


SATIN = (0.60, 0.86, 1.12, 1.04, 0.98, 0.92, 0.80, 0.58)
"""Painted plastic or card, light from the upper left."""
GLOSS = (0.50, 0.80, 1.30, 0.98, 0.94, 0.90, 0.82, 0.66, 1.02, 0.52)
"""Glass and lacquer: a hard highlight on the left, a rim light on the right."""
METAL = (0.45, 0.80, 1.45, 1.05, 0.70, 0.95, 1.25, 0.85, 0.45)
"""Polished metal: several bright bands."""
